import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/hooks/delivery.ts';
import { brokenSentence, CURL, dial, failed, KUBELET, openHookPort, parse, received, succeeded } from './hook-port.ts';

const GET = `GET /prestop/app HTTP/1.1\r\nHost: pod\r\n${CURL}\r\n`;

describe('what is no request', () => {
  it.each([
    [
      'a raw space in the path',
      `GET /prestop/a b HTTP/1.1\r\nHost: pod\r\n${CURL}\r\n`,
      /not valid HTTP.*check the hook's path for spaces/,
    ],
    ['a character that no URL has', `GET /prestop/\xe4pp HTTP/1.1\r\nHost: pod\r\n${CURL}\r\n`, /not valid HTTP/],
    ['a method that does not exist', `FETCH /prestop/app HTTP/1.1\r\nHost: pod\r\n${CURL}\r\n`, /not valid HTTP/],
    ['a header without a name', 'GET /prestop/app HTTP/1.1\r\n: x\r\n\r\n', /not valid HTTP/],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /not valid HTTP/],
    ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex'), /is TLS and this port speaks plain HTTP/],
    [
      'headers beyond 16 KiB',
      `GET /prestop/app HTTP/1.1\r\nHost: pod\r\nX-Long: ${'x'.repeat(200_000)}\r\n\r\n`,
      /its headers have more than 16384 bytes/,
    ],
    ['CONNECT', `CONNECT pod:9740 HTTP/1.1\r\nHost: pod\r\n${CURL}\r\n`, /it asks for connect/],
    [
      'an upgrade',
      `GET /prestop/app HTTP/1.1\r\nHost: pod\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${CURL}\r\n`,
      /it asks for upgrade/,
    ],
  ])('has its connection broken with the reason: %s', async (_what, bytes, sentence) => {
    await using port = await openHookPort();
    expect(brokenSentence(await port.call(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes))).toMatch(
      sentence,
    );
    expect(port.held).toEqual([]);
    expect(port.refusals).toHaveLength(1);
    expect(port.lines).toEqual([
      expect.objectContaining({ level: 'warn', address: '127.0.0.1', refused: expect.stringMatching(/./) }),
    ]);
  });

  it('is told that it ended in the middle', async () => {
    await using port = await openHookPort();
    const socket = await dial(port.port);
    const answer = received(socket);
    socket.end('GET /prestop/app HTTP/1.1\r\nHost: po');
    expect(brokenSentence(await answer)).toMatch(/the request ended in the middle/);
  });

  it('is neither counted nor logged where the caller only looked whether the port is open', async () => {
    await using port = await openHookPort();
    const socket = await dial(port.port);
    const closed = received(socket);
    socket.end();
    await closed;
    const reset = await dial(port.port);
    reset.resetAndDestroy();
    await port.get('/prestp');
    expect(port.refusals.map(({ kind }) => kind)).toEqual(['unknownPath']);
    expect(port.lines).toHaveLength(1);
  });
});

describe('what Node would answer by itself', () => {
  it.each([
    ['a request without Host', 'GET /prestop/app HTTP/1.1\r\n\r\n'],
    ['an expectation that nobody knows', 'GET /prestop/app HTTP/1.1\r\nHost: pod\r\nExpect: wonders\r\n\r\n'],
  ])('runs the hook instead: %s', async (_what, bytes) => {
    await using port = await openHookPort({ result: succeeded });
    expect(parse(await port.call(bytes)).status).toBe(200);
    expect(port.held).toHaveLength(1);
  });
});

describe('a connection', () => {
  it.each([
    ['HTTP/1.1', GET.repeat(5)],
    ['HTTP/1.1 and then rubbish', `${GET}\x00\x01\x02 rubbish\r\n\r\n`],
    ['HTTP/1.1 that says close', GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n').repeat(2)],
    ['HTTP/1.1 and then CONNECT', `${GET}CONNECT pod:9740 HTTP/1.1\r\nHost: pod\r\n\r\n`],
    ['HTTP/1.0 that wants to be kept', 'GET /prestop/app HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'.repeat(5)],
  ])('serves its first request, and nothing that comes after it: %s', async (_what, bytes) => {
    const outcomes: [Result, (answer: string) => unknown][] = [
      [succeeded, (answer) => expect(parse(answer)).toMatchObject({ status: 200, body: { outcome: 'succeeded' } })],
      [failed, (answer) => expect(parse(answer)).toMatchObject({ status: 500, body: { outcome: 'failed' } })],
    ];
    for (const [result, check] of outcomes) {
      await using port = await openHookPort();
      const next = port.nextDelivery();
      const answer = port.call(bytes);
      const first = await next;
      // Another connection's whole exchange: by then, what was pipelined has been looked at.
      await port.get('/prestp');
      first.end(result);
      check(await answer);
      expect(port.held).toHaveLength(1);
    }
  });

  it('is not read any further for what was pipelined, so that it fills no memory', async () => {
    await using port = await openHookPort();
    const next = port.nextDelivery();
    const accepted = new Promise<Socket>((resolve) => {
      port.server.once('connection', resolve);
    });
    const socket = await dial(port.port);
    const answer = received(socket);
    const flood = GET.repeat(100_000);
    socket.write(flood);
    const ours = await accepted;
    const first = await next;
    for (let i = 0; i < 5; i += 1) await port.get('/prestp');
    expect(ours.bytesRead).toBeLessThan(flood.length / 4);
    first.end(succeeded);
    await answer;
    expect(port.held).toHaveLength(1);
  });

  it('that its caller closes says so to the deliveries', async () => {
    await using port = await openHookPort();
    const next = port.nextDelivery();
    const socket = await dial(port.port);
    socket.write(GET);
    const { delivery, end } = await next;
    const gone = delivery.gone ?? expect.unreachable();
    expect(gone.aborted).toBe(false);
    const told = once(gone, 'abort');
    socket.destroy();
    await told;
    end({ kind: 'refused', reason: 'its caller went away' });
    await new Promise(setImmediate);
    expect(port.lines.at(-1)?.['msg']).toMatch(/the caller went away .*, which cancels nothing/);
  });

  it('whose answer is broken holds nothing else', async () => {
    await using port = await openHookPort({ result: failed });
    brokenSentence(await port.call(GET.replace(CURL, KUBELET).repeat(3)));
    expect(port.held).toHaveLength(1);
  });

  it('may take as long as its run: only the arrival of requests is timed', async () => {
    await using port = await openHookPort();
    port.server.headersTimeout = 50;
    port.server.requestTimeout = 50;
    const next = port.nextDelivery();
    const answer = port.call(GET);
    const held = await next;
    // This one is cut by the same look at all connections that leaves the first alone.
    brokenSentence(await received(await dial(port.port)));
    expect(port.server.timeout).toBe(0);
    held.end(succeeded);
    expect(parse(await answer).status).toBe(200);
  });

  it('that never sends its body loses nothing when the time for it is over', async () => {
    await using port = await openHookPort();
    port.server.headersTimeout = 50;
    port.server.requestTimeout = 50;
    const next = port.nextDelivery();
    const late = new Promise((resolve) => {
      port.server.once('clientError', resolve);
    });
    const answer = port.call(`POST /prestop/app HTTP/1.1\r\nHost: pod\r\n${CURL}Content-Length: 10\r\n\r\nfew`);
    const held = await next;
    await late;
    held.end(succeeded);
    expect(parse(await answer).status).toBe(200);
  });

  it('that sends nothing is broken with the reason when its time is over', async () => {
    await using port = await openHookPort();
    port.server.headersTimeout = 50;
    expect(brokenSentence(await received(await dial(port.port)))).toMatch(/no request arrived within 10 s/);
  });
});

describe('a request that came in time', () => {
  it('is answered, though the process hardly got to run and sees first that the time is over', async () => {
    await using port = await openHookPort({ result: succeeded });
    const accepted = once(port.server, 'connection');
    const socket = await dial(port.port);
    await accepted;
    const answer = received(socket);
    // Behind this comes the look at what takes too long, and only then the reading.
    setImmediate(() => {
      socket.write(GET);
      port.server.headersTimeout = 500;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    });
    expect(parse(await answer)).toMatchObject({ status: 200 });
    expect(port.refusals).toEqual([]);
  });
});
