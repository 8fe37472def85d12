import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { limitConnections } from '../../src/server/connection-limit.ts';
import { listen } from '../../src/server/listen.ts';
import { createOpsServer } from '../../src/server/ops-server.ts';
import { brokenSentence, CURL, dial, KUBELET, openHookPort, parse, received, succeeded } from './hook-port.ts';

const GET = `GET /prestop/app HTTP/1.1\r\nHost: pod\r\n${CURL}\r\n`;
const STRANGER = '127.0.0.2';
const CLOSED = /^(\[.*\])?$/;

/** Connections, opened one after the other and left. */
async function left(port: number, count: number, from: (index: number) => string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let index = 0; index < count; index += 1) sockets.push(await dial(port, from(index)));
  return sockets;
}

describe('a hook port with as many connections as it takes', () => {
  it('serves who comes and sends a request, and closes who has waited the longest, counted and logged with its address', async () => {
    await using port = await openHookPort({ result: succeeded, mostConnections: 3 });
    const [oldest, ...others] = await left(port.port, 3, () => STRANGER);
    const closed = received(oldest ?? expect.unreachable());
    expect(parse(await port.get('/prestop/app')).status).toBe(200);
    expect(await closed).toMatch(CLOSED);
    expect(port.refusals.map(({ kind }) => kind)).toEqual(['tooManyConnections']);
    expect(port.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', address: STRANGER, refused: 'there are more than 3 connections' }),
    );
    for (const socket of others) expect(socket.closed).toBe(false);
    for (const socket of others) socket.destroy();
  });

  it('takes none from who has a request in work while another waits, also from the same address', async () => {
    await using port = await openHookPort({ mostConnections: 2 });
    const next = port.nextDelivery();
    const answer = port.call(GET);
    const held = await next;
    const silent = await left(port.port, 1, () => '127.0.0.1');
    const shed = Promise.all(silent.map(received));
    const refused = port.get('/prestp', KUBELET);
    expect(brokenSentence(await refused)).toMatch(/the path \/prestp is unknown/);
    expect(await shed).toEqual([expect.stringMatching(CLOSED)]);
    held.end(succeeded);
    expect(parse(await answer).status).toBe(200);
  });

  it('judges none before what it sent is read, in a rush of silent ones behind it', async () => {
    await using port = await openHookPort({ result: succeeded, mostConnections: 1 });
    const answer = port.call(GET);
    const rush = await Promise.all(Array.from({ length: 5 }, () => dial(port.port)));
    expect(parse(await answer).status).toBe(200);
    for (const socket of rush) socket.destroy();
  });

  it('lets nobody keep a place who was refused and does not go', async () => {
    await using port = await openHookPort({ mostConnections: 1 });
    const stays = connect({ port: port.port, host: '127.0.0.1', allowHalfOpen: true });
    stays.on('error', () => {});
    stays.write(`GET /prestp HTTP/1.1\r\n${KUBELET}\r\n`);
    await once(stays, 'data');
    const next = port.nextDelivery();
    const answer = port.call(GET);
    const held = await next;
    // By then, two too many have been judged.
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    held.end(succeeded);
    expect(parse(await answer).status).toBe(200);
    expect(port.refusals.map(({ kind }) => kind)).toEqual(['unknownPath', 'tooManyConnections']);
    stays.destroy();
  });

  it('closes the newest of an address that has filled it with deliveries, whose run goes on, for another address', async () => {
    await using port = await openHookPort({ mostConnections: 3 });
    const crowd: Promise<string>[] = [];
    for (let index = 0; index < 3; index += 1) {
      const next = port.nextDelivery();
      const socket = await dial(port.port, STRANGER);
      crowd.push(received(socket));
      socket.write(GET);
      await next;
    }
    const next = port.nextDelivery();
    const answer = port.call(GET);
    const honest = await next;
    expect(await crowd[2]).toMatch(CLOSED);
    for (const { end } of port.held) end(succeeded);
    honest.end(succeeded);
    expect(parse(await answer).status).toBe(200);
    for (const kept of await Promise.all(crowd.slice(0, 2))) expect(parse(kept).status).toBe(200);
  });

  it('turns away who comes from the address that has filled it', async () => {
    await using port = await openHookPort({ mostConnections: 1 });
    const next = port.nextDelivery();
    const answer = port.call(GET);
    const held = await next;
    expect(await received(await dial(port.port))).toMatch(CLOSED);
    held.end(succeeded);
    expect(parse(await answer).status).toBe(200);
  });

  it('closes who has waited the longest where many addresses have a few each', async () => {
    await using port = await openHookPort({ result: succeeded, mostConnections: 20 });
    const sockets = await left(port.port, 20, (index) => `127.0.0.${2 + index}`);
    const [first = expect.unreachable(), ...others] = sockets;
    const closed = received(first);
    expect(parse(await port.get('/prestop/app')).status).toBe(200);
    expect(await closed).toMatch(CLOSED);
    expect(others.filter((socket) => socket.closed)).toEqual([]);
    for (const socket of others) socket.destroy();
  });
});

describe('an ops port', () => {
  const app: RequestListener = (_request, response) => response.end('live');

  it('answers a probe though strangers have opened all the connections that it takes', async () => {
    const listening = await listen(createOpsServer(app, 5), { host: '127.0.0.1', port: 0, onError: () => {} });
    if (listening.state === 'failed') throw new Error(listening.reason);
    const crowd = await left(listening.port, 5, () => STRANGER);
    const probe = await dial(listening.port);
    const answer = received(probe);
    probe.write('GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await answer).toContain('live');
    for (const socket of crowd) socket.destroy();
    await listening.close(AbortSignal.abort());
  });

  it('takes a connection that a scraper keeps, between two requests, for one that waits', async () => {
    const server = createServer(app);
    const shed: (string | undefined)[] = [];
    limitConnections(server, { most: 1, onShed: (address) => shed.push(address) });
    const listening = await listen(server, { host: '127.0.0.1', port: 0, onError: () => {} });
    if (listening.state === 'failed') throw new Error(listening.reason);
    const scraper = await dial(listening.port);
    scraper.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(scraper, 'data');
    const gone = once(scraper, 'close');
    const probe = await dial(listening.port);
    const answer = received(probe);
    probe.write('GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await answer).toContain('live');
    await gone;
    expect(shed).toEqual(['127.0.0.1']);
    await listening.close(AbortSignal.abort());
  });
});
