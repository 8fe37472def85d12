import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/hooks/clock.ts';
import { type Child, startChild } from '../../src/rehearse/child.ts';
import { freePort } from '../../src/rehearse/free-port.ts';
import { untilReady } from '../../src/rehearse/sidecar.ts';
import { within } from '../helpers/within.ts';

function node(script: string, env: NodeJS.ProcessEnv = {}): Child {
  const child = startChild(process.execPath, ['-e', script], env);
  onTestFinished(() => child.kill('SIGKILL'));
  return child;
}

const never = new AbortController().signal;

describe('a child process', () => {
  it('has the lines of stdout and stderr, and ends with its code', async () => {
    const child = node("console.log('one\\ntwo'); console.error('three'); process.exitCode = 7");
    expect(await within('the end', child.exited)).toEqual({ code: 7, signal: null });
    expect(child.lines().toSorted()).toEqual(['one', 'three', 'two']);
  });

  it('tells each line from now on, until nobody wants to hear it', async () => {
    const child = node(
      "process.once('SIGTERM', () => console.log('second')); console.log('first'); setInterval(() => {}, 1e6)",
    );
    const heard: string[] = [];
    const first = Promise.withResolvers<string>();
    const forget = child.onLine((line) => {
      heard.push(line);
      first.resolve(line);
    });
    await within('the first line', first.promise);
    forget();
    const second = Promise.withResolvers<string>();
    child.onLine(second.resolve);
    child.kill('SIGTERM');
    expect(await within('the second line', second.promise)).toBe('second');
    expect(heard).toEqual(['first']);
  });

  it('gets the environment that it is given, and nothing else', async () => {
    const child = node('console.log(JSON.stringify(process.env))', { ONLY: 'this' });
    await within('the end', child.exited);
    expect(JSON.parse(child.lines()[0] ?? '')).toEqual({ ONLY: 'this' });
  });

  it('that cannot be started has ended, and says why', async () => {
    const child = startChild('/no/such/program', [], {});
    expect(await within('the end', child.exited)).toEqual({ code: -1, signal: null });
    expect(child.lines()).toEqual(['spawn /no/such/program ENOENT']);
  });
});

describe('waiting for a sidecar', () => {
  it('ends when /readyz succeeds, however often it failed before', async () => {
    const opsPort = await freePort(Math.random);
    const statuses = [503, 503, 200];
    const server = createServer((_request, response) => {
      response.writeHead(statuses.shift() ?? 200).end();
    }).listen(opsPort, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const child = node('setInterval(() => {}, 1e6)');
    const why = untilReady(child, { opsPort, clock: systemClock, boundMs: 20_000, signal: never });
    expect(await within('readiness', why)).toBeUndefined();
    expect(statuses).toEqual([]);
  });

  it('ends as soon as the sidecar does', async () => {
    const opsPort = await freePort(Math.random);
    const why = untilReady(node('process.exit(2)'), { opsPort, clock: systemClock, boundMs: 20_000, signal: never });
    expect(await within('the reason', why)).toBe('it ended (exit code 2) before it was ready');
  });

  it('ends after its bound, with what the last probe said', async () => {
    const opsPort = await freePort(Math.random);
    const child = node('setInterval(() => {}, 1e6)');
    const why = untilReady(child, { opsPort, clock: systemClock, boundMs: 100, signal: never });
    expect(await within('the reason', why)).toMatch(
      /^it was not ready after 100 ms: Get "http:.*\/readyz": dial tcp .*: connection refused$/,
    );
  });

  it('ends when nobody waits any more', async () => {
    const opsPort = await freePort(Math.random);
    const child = node('setInterval(() => {}, 1e6)');
    const given = new AbortController();
    const why = untilReady(child, { opsPort, clock: systemClock, boundMs: 600_000, signal: given.signal });
    given.abort();
    expect(await within('the reason', why)).toContain('it was not ready');
  });
});
