import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { holdRequests } from '../../src/cli/held-requests.ts';
import type { HookApp } from '../../src/server/hook-app.ts';

it('what comes before there is anything to serve it waits, and it is said how long', async () => {
  const app = { onRequest: vi.fn<HookApp['onRequest']>(), onNoRequest: vi.fn<HookApp['onNoRequest']>() };
  const { promise, resolve } = Promise.withResolvers<HookApp>();
  let nowMs = 1000;
  const held = holdRequests(promise, { monotonicMs: () => nowMs });
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  const refusal = { kind: 'malformed', status: 400, reason: 'it is none', remedy: 'send one' } as const;

  held.onRequest(request, response);
  nowMs = 3500;
  held.onRequest(request, response);
  held.onNoRequest(refusal, { address: '10.0.0.1' });
  nowMs = 4000;
  await Promise.resolve();
  expect(app.onRequest).not.toHaveBeenCalled();
  resolve(app);
  await promise;
  expect(app.onRequest.mock.calls).toEqual([
    [request, response, 3000],
    [request, response, 500],
  ]);
  expect(app.onNoRequest.mock.calls).toEqual([[refusal, { address: '10.0.0.1' }]]);

  held.onRequest(request, response);
  await promise;
  expect(app.onRequest).toHaveBeenLastCalledWith(request, response, 0);
});
