import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createEventStreams } from '../../src/server/event-stream.ts';
import { statusPages } from '../../src/server/status-page.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { exchange, request } from '../helpers/request.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { statusView } from '../observe/status-records.ts';

const PATHS = ['/', '/timeline', '/events'];

async function serving(where: string | undefined): Promise<Server> {
  const streams = createEventStreams({ view: statusView, encode: JSON.stringify, clock: manualClock() });
  const app = express();
  for (const [path, page] of Object.entries(statusPages(() => '{}', streams))) app.get(path, page);
  const server = createServer(app);
  if (where === undefined) server.listen(0, '127.0.0.1');
  else server.listen(where);
  await once(server, 'listening');
  onTestFinished(() => {
    streams.close();
    server.close();
    server.closeAllConnections();
  });
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('the status page and its feed', () => {
  it.each(PATHS)('say to whoever is not known to be on loopback how to get there, and no more: %s', async (path) => {
    const socketPath = join(await temporaryFolder(), 'ops.sock');
    await serving(socketPath);
    const [response] = await once(get({ socketPath, path, headers: { Host: 'localhost' } }), 'response');
    expect(response.statusCode).toBe(403);
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(await text(response)).toMatch(/^this page is for callers on loopback alone: use kubectl port-forward .*\n$/);
  });

  it.each(PATHS)('refuse a browser that was led here under another name: %s', async (path) => {
    const port = portOf(await serving(undefined));
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.88.0.12:9741']) {
      const reply = await request({ port, path, headers: { Host: host } });
      expect(reply).toMatchObject({ kind: 'answered', status: 403 });
    }
    expect(await exchange(port, `GET ${path} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1.1 403 /);
  });

  it.each([
    ['X-Forwarded-For', '10.88.0.12'],
    ['Forwarded', 'for=10.88.0.12'],
    ['Via', '1.1 proxy'],
    ['X-Real-IP', '10.88.0.12'],
    ['x-forwarded-client-cert', 'By=spiffe://mesh'],
  ])('refuse what a proxy in the pod hands on, as its %s shows', async (name, value) => {
    const port = portOf(await serving(undefined));
    const reply = await request({ port, path: '/timeline', headers: { Host: 'localhost', [name]: value } });
    expect(reply).toMatchObject({ kind: 'answered', status: 403 });
  });

  it.each(['localhost', 'localhost:19741', '127.0.0.1:9741', '127.0.0.1', '[::1]:9741', 'LOCALHOST:1'])(
    'are for who asks for %s',
    async (host) => {
      const reply = await request({
        port: portOf(await serving(undefined)),
        path: '/timeline',
        headers: { Host: host },
      });
      expect(reply).toMatchObject({ kind: 'answered', status: 200, body: '{}' });
    },
  );
});
