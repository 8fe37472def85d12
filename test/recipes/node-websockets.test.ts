import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { within } from '../helpers/within.ts';
import { play } from './recipe.ts';
import { freePort, startServer } from './server.ts';

const APP = join(import.meta.dirname, 'fixtures', 'websocket-app.ts');
const CLIENTS = 50;

/** A handshake; the key is the example of RFC 6455. */
const HANDSHAKE = `GET / HTTP/1.1\r\nHost: app\r\nUpgrade: websocket\r\nConnection: Upgrade\r
Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

/** A close frame of a client, masked with zeros: 1001, "going away". */
const GOODBYE = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 1001 >> 8, 1001 & 0xff]);

async function startApp() {
  const port = await freePort();
  const server = await startServer([process.execPath, APP, String(port)], port);
  const otherwise = { 'sleep: 5s': 'sleep: 10ms', ':8080/': `:${port}/`, '[8080]': `[${port}]` };
  return { port, server, otherwise };
}

/** A client that leaves when it is asked to. */
async function politeClient(port: number) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve, { once: true }));
  onTestFinished(() => socket.close());
  await within('the handshake', once(socket, 'open'));
  return { left: () => within('the goodbye', closed) };
}

/** A client that leaves when the test says so. */
async function slowClient(port: number) {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  onTestFinished(() => void socket.destroy());
  socket.write(HANDSHAKE);
  await within('the handshake', once(socket, 'data'));
  const asked = once(socket, 'data');
  return { asked: () => within('the goodbye', asked), leave: () => void socket.end(GOODBYE) };
}

describe('the recipe for a Node.js app with WebSockets', () => {
  it(`has ${CLIENTS} clients say goodbye, and holds the hook for one that takes its time`, async () => {
    const { port, server, otherwise } = await startApp();
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => politeClient(port)));
    const slow = await slowClient(port);
    const recipe = await play('node-websockets', otherwise);

    const answer = recipe.preStop();
    for (const { code, wasClean } of await Promise.all(clients.map(({ left }) => left()))) {
      expect([code, wasClean]).toEqual([1001, true]);
    }
    await slow.asked();
    await recipe.begun('connections');
    expect(recipe.hasEnded('connections')).toBe(false);
    slow.leave();
    expect(await answer).toMatchObject({ outcome: 'succeeded', tasks: [{}, {}, { outcome: 'succeeded' }] });
    expect(server.isGone()).toBe(false);
  });

  it('ends in time, and says who is left, where a client stays', async () => {
    const { port, otherwise } = await startApp();
    await slowClient(port);
    const recipe = await play('node-websockets', { ...otherwise, 'timeout: 35s': 'timeout: 200ms' });
    const reason = expect.stringContaining('1 connection');
    const tasks = [{}, {}, { name: 'connections', outcome: 'timedOut', reason }];
    expect(await recipe.preStop()).toMatchObject({ outcome: 'succeeded', tasks });
  });
});
