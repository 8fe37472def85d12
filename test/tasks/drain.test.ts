import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDrainTask } from '../../src/tasks/drain.ts';
import type { Order } from '../fixtures/tasks/app-with-clients.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { within } from '../helpers/within.ts';
import { actionOf, begin } from './attempt.ts';

const FIXTURE = join(import.meta.dirname, '..', 'fixtures', 'tasks', 'app-with-clients.ts');

/** An app that listens, and its clients. */
async function startApp(host = '127.0.0.1') {
  const child = fork(FIXTURE, { stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const carryOut = async (order: Order): Promise<number> => {
    const answer = once(child, 'message');
    child.send(order);
    return Number((await within(`an app that carries out ${order.do}`, answer))[0]);
  };
  const port = await carryOut({ do: 'listen', host });
  return { port, carryOut };
}

const SUCCEEDED = { outcome: 'succeeded' };

/** Begins to drain; gives the attempt when it has told what it waits for, or has ended. */
async function drain(settings: { readonly ports: readonly number[] } & Readonly<Record<string, unknown>>) {
  const attempt = begin(actionOf('drain', settings));
  let ended = false;
  void attempt.result.then(() => {
    ended = true;
  });
  await within(
    'a word of the drain',
    (async () => {
      while (!ended && attempt.told.length === 0) await pause(5);
    })(),
  );
  return attempt;
}

describe('drain', () => {
  it('waits until the last connection has ended', async () => {
    const { port, carryOut } = await startApp();
    await carryOut({ do: 'connect', host: '127.0.0.1', count: 5 });
    const { told, result } = await drain({ ports: [port] });
    expect(told).toEqual(['waits: 5 connections']);
    await carryOut({ do: 'close', count: 5 });
    expect(await result).toEqual(SUCCEEDED);
  });

  it('ends at once where nothing is connected, and counts no other port', async () => {
    const [app, other] = [await startApp(), await startApp()];
    await other.carryOut({ do: 'connect', host: '127.0.0.1', count: 2 });
    const { told, result } = await drain({ ports: [app.port] });
    expect([await result, told]).toEqual([SUCCEEDED, []]);
  });

  it('says how many were left when its time is over', async () => {
    const { port, carryOut } = await startApp();
    await carryOut({ do: 'connect', host: '127.0.0.1', count: 3 });
    const { result, stop } = await drain({ ports: [port] });
    stop();
    expect(await result).toEqual({ outcome: 'failed', reason: 'was still waiting: 3 connections', retryable: false });
  });

  it('leaves as many as it is allowed to', async () => {
    const { port, carryOut } = await startApp();
    await carryOut({ do: 'connect', host: '127.0.0.1', count: 4 });
    const { result, measured } = await drain({ ports: [port], below: 3 });
    await carryOut({ do: 'close', count: 2 });
    expect(await result).toEqual(SUCCEEDED);
    expect(measured).toEqual([
      ['hookkeeper_drained_connections_total', 2],
      ['hookkeeper_drain_connections_left', 2],
    ]);
  });

  it('counts over IPv6, and over IPv4 to a socket of IPv6', async () => {
    const { port, carryOut } = await startApp('::');
    await carryOut({ do: 'connect', host: '::1', count: 1 });
    await carryOut({ do: 'connect', host: '127.0.0.1', count: 2 });
    const { told, result } = await drain({ ports: [port] });
    expect(told).toEqual(['waits: 3 connections']);
    await carryOut({ do: 'close', count: 3 });
    expect(await result).toEqual(SUCCEEDED);
  });

  it('counts where the client sends no more, as the app may still answer', async () => {
    const { port, carryOut } = await startApp();
    await carryOut({ do: 'connect', host: '127.0.0.1', count: 2 });
    await carryOut({ do: 'halfClose', side: 'clients' });
    const { told, result } = await drain({ ports: [port] });
    expect(told).toEqual(['waits: 2 connections']);
    await carryOut({ do: 'close', count: 2 });
    expect(await result).toEqual(SUCCEEDED);
  });

  it('counts those the app has closed only where it is told to, as the client has everything', async () => {
    const { port, carryOut } = await startApp();
    await carryOut({ do: 'connect', host: '127.0.0.1', count: 2 });
    await carryOut({ do: 'halfClose', side: 'app' });
    expect(await (await drain({ ports: [port] })).result).toEqual(SUCCEEDED);
    const { told, stop, result } = await drain({ ports: [port], states: ['FIN_WAIT2'] });
    expect(told).toEqual(['waits: 2 connections']);
    stop();
    await result;
  });

  it.each([
    ['127.0.0.1', ['127.0.0.2'], ['waits: 1 connection']],
    ['127.0.0.1', ['127.0.0.3/32', '127.0.0.2'], ['waits: 1 connection']],
    ['127.0.0.1', ['127.0.0.0/8'], []],
    ['::', ['127.0.0.2'], ['waits: 1 connection']],
    ['::', ['loopback'], []],
  ])('leaves out who is to be left out: an app at %s, without %j', async (host, exclude, expected) => {
    const { port, carryOut } = await startApp(host);
    await carryOut({ do: 'connect', host: '127.0.0.1', count: 1 });
    await carryOut({ do: 'connect', host: '127.0.0.1', from: '127.0.0.2', count: 2 });
    const { told, stop, result } = await drain({ ports: [port], exclude });
    stop();
    await result;
    expect(told).toEqual(expected);
  });

  it.each(['127.0.0.1', '::'])('counts nothing of its own: a connection to an app at %s', async (host) => {
    const { port } = await startApp(host);
    const own = connect(port, '127.0.0.1');
    onTestFinished(() => void own.destroy());
    await once(own, 'connect');
    const { told, result } = await drain({ ports: [port] });
    expect([await result, told]).toEqual([SUCCEEDED, []]);
  });

  it('counts nothing of its own: what others have open to it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = addressOf(server.address());
    const accepted = once(server, 'connection');
    const own = connect(port, '127.0.0.1');
    onTestFinished(() => void own.destroy());
    await accepted;
    const { told, result } = await drain({ ports: [port] });
    expect(await result).toEqual(SUCCEEDED);
    expect(told).toEqual([]);
  });

  it('waits until no connection was new for a while', async () => {
    const { port, carryOut } = await startApp();
    const clock = manualClock();
    const { result, told } = begin(actionOf('drain', { ports: [port], quietFor: '2s' }), { clock });
    let ended = false;
    void result.then(() => {
      ended = true;
    });
    // A look takes real time, at the end of which there is a timer again.
    const advance = async (ms: number) => {
      for (let passedMs = 0; passedMs < ms; passedMs += 40) {
        await within(
          'a timer',
          (async () => {
            while (!ended && clock.pending() === 0) await pause(1);
          })(),
        );
        clock.advance(40);
      }
    };
    await advance(1600);
    await carryOut({ do: 'connect', host: '127.0.0.1', count: 1 });
    await advance(400);
    await carryOut({ do: 'close', count: 1 });
    await advance(1600);
    expect([ended, told]).toEqual([false, ['waits: no connections, and waits until none is new for 2s']]);
    await advance(2000);
    expect(await result).toEqual(SUCCEEDED);
  });

  it('says when nobody listens on its ports: they may be mistyped', async () => {
    const { told, result } = await drain({ ports: [1, 2] });
    expect(await result).toEqual(SUCCEEDED);
    expect(told).toEqual(['found neither a listener nor a connection on ports 1, 2: nothing was waited for']);
  });

  it('fails at once, and warns before, where the system does not tell', async () => {
    const action = createDrainTask('/nowhere')
      .schema()
      .parse({ ports: [80] });
    const missing = expect.stringContaining('/nowhere/tcp');
    expect(action.check()).toMatchObject([{ severity: 'warning', path: [], rule: missing, value: missing }]);
    expect(await begin(action).result).toEqual({ outcome: 'failed', reason: missing, retryable: false });
  });

  it('tells what it does', () => {
    expect(actionOf('drain', { ports: [80] })).toMatchObject({
      summary: 'drain port 80 to fewer than 1 connection',
      ownMs: undefined,
      stopMs: 0,
    });
    expect(actionOf('drain', { ports: [80, 443], below: 5, quietFor: '2s' }).summary).toBe(
      'drain ports 80, 443 to fewer than 5 connections, and none new for 2s',
    );
  });

  it('waits for what must be seen first, and tells what is wrong with it', async () => {
    const { port } = await startApp();
    const folder = await temporaryFolder();
    const ready = join(folder, 'ready');
    const { told, result } = await drain({ ports: [port], seenFirst: { file: ready } });
    expect(told).toEqual([`waits: no connections, and it was not seen yet that file ${ready} exists`]);
    await writeFile(ready, '');
    expect(await result).toEqual(SUCCEEDED);
    const wrong = actionOf('drain', {
      ports: [80],
      seenFirst: { http: { url: 'https://app/$(id)', ca: '/nowhere' } },
    });
    expect(wrong.uses).toEqual([{ name: 'id', path: ['seenFirst', 'http', 'url'] }]);
    expect(wrong.check()).toMatchObject([{ path: ['seenFirst', 'http', 'ca'] }]);
  });

  it.each([
    [{}],
    [{ ports: [] }],
    [{ ports: [0] }],
    [{ ports: [65_536] }],
    [{ ports: [80.5] }],
    [{ ports: ['80'] }],
    [{ ports: Array.from({ length: 51 }, (_, index) => index + 1) }],
    [{ ports: [80], below: 0 }],
    [{ ports: [80], states: [] }],
    [{ ports: [80], states: ['LISTEN'] }],
    [{ ports: [80], states: ['TIME_WAIT'] }],
    [{ ports: [80], exclude: ['10.0.0.0/33'] }],
    [{ ports: [80], every: '1ms' }],
    [{ ports: [80], quietFor: '5s', stall: '5s' }],
    [{ ports: [80], gone: 'fail' }],
  ])('refuses settings that cannot be meant: %j', (settings) => {
    expect(() => actionOf('drain', settings)).toThrow();
  });
});

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('not listening on a TCP port');
  return address;
}
