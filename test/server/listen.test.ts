import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type Listening, listen } from '../../src/server/listen.ts';
import { dial, received } from './hook-port.ts';

const opened: Listening[] = [];
const onError = () => {};

async function open(server: Server, host = '127.0.0.1', port = 0): Promise<Listening> {
  const result = await listen(server, { host, port, onError });
  if (result.state === 'failed') throw new Error(result.reason);
  opened.push(result);
  return result;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close(AbortSignal.abort())));
});

describe('listening', () => {
  it('tells that the port is taken, where, and lives on', async () => {
    const first = await open(createServer());
    const second = await listen(createServer(), { host: '127.0.0.1', port: first.port, onError });
    expect(second).toEqual({
      state: 'failed',
      reason: `cannot listen on port ${first.port} of host 127.0.0.1: another process has it`,
    });
  });

  it('tells that the host is none of this machine', async () => {
    expect(await listen(createServer(), { host: '192.0.2.1', port: 0, onError })).toEqual({
      state: 'failed',
      reason: 'cannot listen on port 0 of host 192.0.2.1: the host is no address of this machine',
    });
  });

  it('takes IPv4 too on the default host', async () => {
    const server = createServer((_request, response) => response.end('here'));
    const { port } = await open(server, '::');
    const socket = await dial(port);
    const answer = received(socket);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await answer).toContain('here');
  });

  it('reports later faults instead of ending the process', async () => {
    const server = createServer();
    const faults: Error[] = [];
    const result = await listen(server, { host: '127.0.0.1', port: 0, onError: (error) => faults.push(error) });
    if (result.state === 'listening') opened.push(result);
    server.emit('error', new Error('accept EMFILE'));
    expect(faults.map(String)).toEqual(['Error: accept EMFILE']);
  });
});

describe('closing', () => {
  it('lets an answer that is under way end', async () => {
    const server = createServer();
    const asked = once(server, 'request');
    const listening = await open(server);
    const socket = await dial(listening.port);
    const answer = received(socket);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [, response] = await asked;
    const closed = listening.close(new AbortController().signal);
    response.end('the whole of it');
    expect(await answer).toContain('the whole of it');
    await closed;
  });

  it('cuts what is left when it is told to: silent connections, and answers that never come', async () => {
    const server = createServer();
    const asked = once(server, 'request');
    const listening = await open(server);
    const silent = received(await dial(listening.port));
    const waiting = await dial(listening.port);
    const unanswered = received(waiting);
    waiting.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await asked;
    const cut = new AbortController();
    let over = false;
    const closed = listening.close(cut.signal).then(() => {
      over = true;
    });
    const again = listening.close(cut.signal);
    await new Promise(setImmediate);
    expect(over).toBe(false);
    cut.abort();
    await Promise.all([closed, again]);
    expect(await silent).toMatch(/^(\[.*\])?$/);
    expect(await unanswered).toMatch(/^(\[.*\])?$/);
  });

  it('cuts at once with a signal that has aborted before', async () => {
    const listening = await open(createServer());
    const silent = received(await dial(listening.port));
    await listening.close(AbortSignal.abort());
    expect(await silent).toMatch(/^(\[.*\])?$/);
  });
});
