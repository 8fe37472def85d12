import { writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { manualClock } from '../helpers/manual-clock.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { within } from '../helpers/within.ts';
import { actionOf, begin } from './attempt.ts';
import { closedPort, listen, serve, stop } from './look.ts';

const SUCCEEDED = { outcome: 'succeeded' };

/** Waits with so short an interval that a test need not wait for it. */
function waitFor(settings: object) {
  return begin(actionOf('waitFor', { every: '10ms', ...settings }));
}

/** Resolves once the wait has told something that begins so. */
function tells(told: readonly string[], beginning: string): Promise<void> {
  return vi.waitFor(() => expect(told).toContainEqual(expect.stringContaining(beginning)), 20_000);
}

describe('waitFor', () => {
  it('waits until a port opens, and until it closes', async () => {
    const port = await closedPort();
    const tcp = `127.0.0.1:${port}`;
    const opening = waitFor({ tcp });
    await tells(opening.told, `waits: tcp ${tcp} is closed`);
    const server = createServer();
    await listen(server, { host: '127.0.0.1', port });
    expect(await opening.result).toEqual(SUCCEEDED);

    const closing = waitFor({ tcp: { address: tcp, is: 'closed' } });
    await tells(closing.told, `waits: tcp ${tcp} is open`);
    await stop(server);
    expect(await closing.result).toEqual(SUCCEEDED);
  });

  it('takes a drain for done only when it was seen under way, as Redpanda tells of it', async () => {
    // It says the same before it has begun as when it is done.
    const answers = [false, false, true, true, false];
    const asked: boolean[] = [];
    const url = await serve((_request, answer) => {
      const draining = answers[Math.min(asked.length, answers.length - 1)] === true;
      asked.push(draining);
      answer.end(JSON.stringify({ maintenance_status: { draining } }));
    });
    const draining = (equals: boolean) => ({ http: { url, json: { path: '$.maintenance_status.draining', equals } } });
    const { result } = waitFor({ ...draining(false), seenFirst: draining(true) });
    expect(await result).toEqual(SUCCEEDED);
    expect(asked).toEqual(answers);
  });

  it.each([
    ['fail', { outcome: 'failed', retryable: false }],
    ['skip', { outcome: 'skipped' }],
    ['succeed', SUCCEEDED],
  ])('ends when its target dies: %s', async (gone, expected) => {
    const server = createHttpServer((_request, answer) => answer.end('active 3\n'));
    const port = await listen(server);
    const metric = { url: `http://127.0.0.1:${port}/metrics`, name: 'active', below: 1 };
    const { result, told } = waitFor({ metric, gone });
    await tells(told, 'waits: active is 3');
    await stop(server);
    const reason = `found its target gone, connection refused by 127.0.0.1:${port}, 3 times in a row`;
    expect(await result).toEqual(gone === 'succeed' ? expected : { ...expected, reason });
  });

  it('tells the number that it waits for, and fails when that stalls', async () => {
    const url = await serve((_request, answer) => answer.end('active 3\n'));
    const { result, told } = waitFor({ metric: { url, name: 'active', below: 1 }, stall: '50ms' });
    expect(await result).toEqual({
      outcome: 'failed',
      reason: expect.stringMatching(/^made no progress for \d+ ms: active is 3$/),
      retryable: true,
    });
    expect(told).toEqual(['waits: active is 3']);
  });

  it('gives a look that hangs no more than its time, and looks again', async () => {
    const clock = manualClock();
    const sockets: Socket[] = [];
    const port = await listen(createServer((socket) => void sockets.push(socket.resume())));
    const settings = { http: { url: `http://127.0.0.1:${port}` }, lookTimeout: '3s' };
    const { told, result, stop: tell } = begin(actionOf('waitFor', settings), { clock });
    for (const count of [1, 2]) {
      await vi.waitFor(() => expect(sockets).toHaveLength(count), 20_000);
      clock.advance(3000);
      await vi.waitFor(() => expect(clock.pending()).toBe(1), 20_000);
      clock.advance(1000);
    }
    expect(told).toEqual(['waits: there was no answer within 3 s']);
    tell();
    expect(await result).toMatchObject({ reason: 'was still waiting: there was no answer within 3 s' });
    expect(clock.pending()).toBe(0);
  });

  it('ends at once when it is told to in the midst of a look, and leaves no connection', async () => {
    const { promise: connected, resolve } = Promise.withResolvers<Socket>();
    const port = await listen(createServer((socket) => resolve(socket.resume())));
    const { result, stop: tell } = waitFor({ http: { url: `http://127.0.0.1:${port}` } });
    const socket = await within('a look', connected);
    const closed = new Promise((done) => socket.once('close', done));
    tell();
    expect(await result).toMatchObject({ outcome: 'failed', reason: 'was still waiting: nothing was seen yet' });
    await within('the end of the connection', closed);
  });

  it.each([
    [undefined, 250],
    ['2s', 2000],
  ])('looks as often as it is told, files every 250 ms otherwise: %s', async (every, ms) => {
    const clock = manualClock();
    const file = join(await temporaryFolder(), 'ready');
    const { result } = begin(actionOf('waitFor', { file, ...(every !== undefined && { every }) }), { clock });
    // The bound of a look has a timer, too.
    await vi.waitFor(() => expect(clock.nextMs()).toBe(ms), 20_000);
    await writeFile(file, '');
    clock.advance(ms - 1);
    expect(clock.pending()).toBe(1);
    clock.advance(1);
    expect(await result).toEqual(SUCCEEDED);
  });

  it('says what it waits for', () => {
    const { summary, ownMs, stopMs } = actionOf('waitFor', { tcp: '127.0.0.1:80' });
    expect({ summary, ownMs, stopMs }).toEqual({
      summary: 'waitFor tcp 127.0.0.1:80 is open',
      ownMs: undefined,
      stopMs: 0,
    });
  });
});
