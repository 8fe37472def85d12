import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/hooks/delivery.ts';
import type { ConfiguredHooks } from '../../src/server/admission.ts';
import {
  brokenSentence,
  CURL,
  dial,
  endedRun,
  endedTask,
  FAILURE,
  failed,
  KUBELET,
  OLD_KUBELET,
  openHookPort,
  parse,
  received,
  succeeded,
} from './hook-port.ts';

const twoContainers: ConfiguredHooks = new Map([
  ['app', { postStart: {}, preStop: {} }],
  ['proxy', { postStart: undefined, preStop: {} }],
]);

const wrongToken = () => ({ allowed: false, reason: 'its token is wrong' }) as const;

describe('a delivery', () => {
  it.each([
    ['/prestop/app', 'preStop'],
    ['/poststart/app', 'postStart'],
    ['//prestop/app', 'preStop'],
    ['//poststart/app', 'postStart'],
    ['/prestop', 'preStop'],
    ['//poststart', 'postStart'],
    ['/prestop/app?a=1&b=two', 'preStop'],
    ['/prestop?', 'preStop'],
  ])('is admitted from GET and POST %s', async (path, hook) => {
    await using port = await openHookPort({ result: succeeded });
    for (const method of ['GET', 'POST']) {
      const answer = await port.call(`${method} ${path} HTTP/1.1\r\nHost: pod\r\n${KUBELET}\r\n`);
      expect(parse(answer).status).toBe(200);
    }
    const delivered = { hook, container: 'app', caller: 'kubelet', key: undefined };
    expect(port.held.map(({ delivery }) => delivery)).toEqual([
      expect.objectContaining(delivered),
      expect.objectContaining(delivered),
    ]);
  });

  it('came when it arrived, however long it was held until it could be served', async () => {
    await using port = await openHookPort({ result: succeeded, waitedMs: 60_000 });
    const beforeMs = Date.now();
    await port.get('/prestop/app');
    const [{ delivery } = {}] = port.held;
    expect(delivery).toMatchObject({ waitedMs: 60_000 });
    expect(delivery?.atMs).toBeGreaterThanOrEqual(beforeMs - 60_000);
    expect(delivery?.atMs).toBeLessThanOrEqual(Date.now() - 60_000);
  });

  it('goes on with the trace of its caller, but for a kubelet, which has none', async () => {
    await using port = await openHookPort({ result: succeeded });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await port.get('/prestop/app', `Traceparent: ${traceparent}\r\n`);
    await port.get('/prestop/app', `Traceparent: ${traceparent}\r\n${KUBELET}`);
    expect(port.held.map(({ delivery }) => delivery.traceparent)).toEqual([traceparent, undefined]);
  });

  it('is answered with what was run', async () => {
    await using port = await openHookPort({
      result: {
        kind: 'ended',
        delivery: 'resumed',
        run: endedRun({
          tasks: [
            endedTask('stop-intake'),
            endedTask('flush', { outcome: 'skipped', attempts: 0, durationMs: 0, reason: 'no time was left' }),
          ],
        }),
        notes: ['the journal is kept in memory only, ENOSPC'],
      },
    });
    const { status, headers, body } = parse(await port.get('/prestop/app'));
    expect(status).toBe(200);
    expect(headers.get('connection')).toBe('close');
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('x-hookkeeper-run')).toBe('k3f9-7');
    expect(headers.get('x-hookkeeper-delivery')).toBe('resumed');
    expect(headers.has('x-powered-by')).toBe(false);
    expect(body).toEqual({
      hook: 'preStop',
      container: 'app',
      run: 'k3f9-7',
      delivery: 'resumed',
      outcome: 'succeeded',
      durationMs: 2400,
      deadline: { source: 'config', graceMs: 45_000, reserveMs: 10_000, remainingMs: 32_600 },
      tasks: [
        { name: 'stop-intake', outcome: 'succeeded', attempts: 1, durationMs: 2400, reason: null },
        { name: 'flush', outcome: 'skipped', attempts: 0, durationMs: 0, reason: 'no time was left' },
      ],
      notes: ['the journal is kept in memory only, ENOSPC'],
    });
  });

  it('is answered whole and with its length, also to conditional and old requests', async () => {
    await using port = await openHookPort({ result: succeeded });
    const conditional = parse(await port.get('/prestop/app', 'If-None-Match: *\r\n'));
    expect(conditional.status).toBe(200);
    expect(conditional.headers.get('content-length')).toBe(String(JSON.stringify(conditional.body).length));
    expect(conditional.headers.has('transfer-encoding')).toBe(false);
    const old = parse(await port.call('GET /prestop/app HTTP/1.0\r\n\r\n'));
    expect(old.status).toBe(200);
    expect(old.headers.get('connection')).toBe('close');
  });

  it('is answered when its run has ended, and not before', async () => {
    await using port = await openHookPort();
    const next = port.nextDelivery();
    const socket = await dial(port.port);
    const answer = received(socket);
    socket.write(`GET /prestop/app HTTP/1.1\r\nHost: pod\r\n${KUBELET}\r\n`);
    const held = await next;
    await port.get('/prestp');
    expect(socket.bytesRead).toBe(0);
    held.end(succeeded);
    expect(parse(await answer).status).toBe(200);
  });

  it.each([
    ['succeeded', succeeded],
    ['failed', failed],
  ])('whose caller has gone away goes on, and its end disturbs nobody: %s', async (_how, result) => {
    await using port = await openHookPort();
    const next = port.nextDelivery();
    const closed = new Promise((resolve) => {
      port.server.once('connection', (served) => served.once('close', resolve));
    });
    const socket = await dial(port.port);
    socket.write(`GET /prestop/app HTTP/1.1\r\nHost: pod\r\n${KUBELET}\r\n`);
    const held = await next;
    socket.destroy();
    await closed;
    held.end(result);
    await port.get('/prestp');
    expect(port.bugs).toEqual([]);
    expect(port.lines[0]).toMatchObject({ level: 'warn', path: '/prestop/app', status: 'none', callerGone: true });
    expect(port.lines).toHaveLength(2);
  });

  it('brings its Idempotency-Key', async () => {
    await using port = await openHookPort({ result: succeeded });
    await port.get('/prestop/app', `${CURL}Idempotency-Key: deploy-42/a\r\n`);
    expect(port.held[0]?.delivery).toMatchObject({ key: 'deploy-42/a', caller: 'other' });
  });

  it('takes no notice of a body, which the caller can send in full while the run goes on', async () => {
    await using port = await openHookPort();
    const next = port.nextDelivery();
    const body = 'x'.repeat(30_000_000);
    const socket = await dial(port.port);
    const answer = received(socket);
    socket.write(`POST /prestop/app HTTP/1.1\r\nHost: pod\r\nContent-Length: ${body.length}\r\n${CURL}\r\n`);
    await new Promise((resolve) => socket.write(body, resolve));
    (await next).end(succeeded);
    expect(parse(await answer).status).toBe(200);
  });
});

describe('a run that failed', () => {
  it.each([KUBELET, OLD_KUBELET])('breaks the connection of a caller with %s', async (agent) => {
    await using port = await openHookPort({ result: failed });
    expect(await port.get('/poststart/app', agent)).toBe(
      `HTTP/1.1 200 OK\r\nhookkeeper postStart failed (run k3f9-7 in its log) - ${FAILURE}\r\n\r\n`,
    );
  });

  it.each([CURL, '', 'User-Agent: kube-probe/1.36\r\n', 'User-Agent: my kube-lifecycle/1\r\n'])(
    'is 500 with the same JSON for any other caller: %s',
    async (agent) => {
      await using port = await openHookPort({ result: failed });
      const { status, headers, body } = parse(await port.get('/poststart/app', agent));
      expect(status).toBe(500);
      expect(headers.get('connection')).toBe('close');
      expect(headers.get('x-hookkeeper-run')).toBe('k3f9-7');
      expect(body).toMatchObject({
        outcome: 'failed',
        tasks: [{ name: 'warm-cache', outcome: 'failed', attempts: 3, reason: 'exited with 3' }],
      });
    },
  );

  it('is told as timed out where time ran out', async () => {
    const timedOut: Result = {
      kind: 'ended',
      delivery: 'joined',
      notes: [],
      run: endedRun({ outcome: 'timedOut', reason: 'task connections ran out of its timeout of 20 s after 20 s' }),
    };
    await using port = await openHookPort({ result: timedOut });
    expect(brokenSentence(await port.get('/prestop/app', KUBELET))).toBe(
      'hookkeeper preStop timed out (run k3f9-7 in its log) - task connections ran out of its timeout of 20 s after 20 s',
    );
  });
});

describe('a refusal', () => {
  const refusals = [
    [
      'an unknown path',
      'GET /prestp/app',
      {},
      404,
      'unknownPath',
      /the path \/prestp\/app is unknown, use \/poststart or \/prestop/,
    ],
    ['a path that climbs', 'GET /a/../prestop/app', {}, 404, 'unknownPath', /unknown/],
    ['a path with an end too many', 'GET /prestop/app/', {}, 404, 'unknownPath', /unknown/],
    ['a path in upper case', 'GET /PreStop/app', {}, 404, 'unknownPath', /unknown/],
    ['three slashes', 'GET ///prestop/app', {}, 404, 'unknownPath', /unknown/],
    ['an escaped slash', 'GET /prestop%2Fapp', {}, 404, 'unknownPath', /unknown/],
    ['a bad escape', 'GET /prestop/%zz', {}, 404, 'unknownContainer', /container %zz is not in the config/],
    [
      'a name that is escaped without need',
      'GET /prestop/%61pp',
      {},
      404,
      'unknownContainer',
      /container %61pp is not/,
    ],
    ['a target that is no path', 'GET //a@[b#c', {}, 404, 'unknownPath', /unknown/],
    ['the target *', 'OPTIONS *', {}, 404, 'unknownPath', /unknown/],
    ['HEAD', 'HEAD /prestop/app', {}, 405, 'method', /the method HEAD calls no hook, use GET or POST/],
    ['DELETE', 'DELETE /prestop/app', {}, 405, 'method', /the method DELETE calls no hook/],
    [
      'an unknown container',
      'GET /prestop/web',
      {},
      404,
      'unknownContainer',
      /container web is not in the config, configured are app/,
    ],
    [
      'no container where there are two',
      'GET /prestop',
      { containers: twoContainers },
      404,
      'unknownContainer',
      /the path names no container, add one to it, configured are app, proxy/,
    ],
    [
      'a hook that the container does not have',
      'GET /poststart/proxy',
      { containers: twoContainers },
      404,
      'hookNotConfigured',
      /container proxy has no postStart in the config/,
    ],
    [
      'a wrong token',
      'GET /prestop/app?token=x',
      { token: wrongToken },
      401,
      'token',
      /its token is wrong, send the shared secret/,
    ],
    [
      'a service that is not ready',
      'GET /prestop/app',
      { readiness: () => ({ ready: false, reason: 'the config is not loaded' }) },
      503,
      'notReady',
      /hookkeeper is not ready, the config is not loaded/,
    ],
  ] as const;

  it.each(refusals)('of %s has a status for people', async (_what, line, settings, status, kind, sentence) => {
    await using port = await openHookPort(settings);
    const answer = parse(await port.call(`${line} HTTP/1.1\r\nHost: pod\r\n${CURL}\r\n`));
    expect(answer.status).toBe(status);
    expect(answer.headers.get('connection')).toBe('close');
    expect(answer.headers.get('allow')).toBe(status === 405 ? 'GET, POST' : undefined);
    expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : undefined);
    if (line.startsWith('HEAD')) expect(answer.body).toBeUndefined();
    else expect(told(answer.body)).toMatch(sentence);
    expect(port.refusals.map((refusal) => refusal.kind)).toEqual([kind]);
    expect(port.held).toEqual([]);
  });

  it.each(refusals)(
    'of %s breaks the connection of a kubelet',
    async (_what, line, settings, _status, _kind, sentence) => {
      await using port = await openHookPort(settings);
      for (const agent of [KUBELET, OLD_KUBELET]) {
        const broken = brokenSentence(await port.call(`${line} HTTP/1.1\r\nHost: pod\r\n${agent}\r\n`));
        expect(broken).toMatch(/^hookkeeper refused the delivery as /);
        expect(broken).toMatch(sentence);
      }
      expect(port.held).toEqual([]);
    },
  );

  it.each([
    ['with a space', 'a b'],
    ['that is empty', ''],
    ['that is too long', 'k'.repeat(256)],
    ['that is not ASCII', 'clé'],
  ])('of an Idempotency-Key %s is 400', async (_what, key) => {
    await using port = await openHookPort();
    const answer = parse(await port.get('/prestop/app', `${CURL}Idempotency-Key: ${key}\r\n`));
    expect(answer.status).toBe(400);
    expect(told(answer.body)).toBe(
      'its Idempotency-Key is not usable, send 1 to 255 visible ASCII characters, or no such header',
    );
  });

  it('of two Idempotency-Keys is 400, as neither can be meant', async () => {
    await using port = await openHookPort();
    const answer = parse(await port.get('/prestop/app', `${CURL}Idempotency-Key: a\r\nIdempotency-Key: b\r\n`));
    expect(answer.status).toBe(400);
  });

  it('by the deliveries is 503 for people and broken for a kubelet, and is not counted twice', async () => {
    await using port = await openHookPort({ result: { kind: 'refused', reason: 'hookkeeper is being stopped' } });
    const answer = parse(await port.get('/prestop/app'));
    expect(answer.status).toBe(503);
    expect(answer.body).toEqual({ error: 'hookkeeper is being stopped', remedy: "see hookkeeper's log" });
    expect(brokenSentence(await port.get('/prestop/app', KUBELET))).toContain('as hookkeeper is being stopped, see');
    expect(port.refusals).toEqual([]);
  });

  it('of a wrong token does not tell the names of containers', async () => {
    await using port = await openHookPort({ token: wrongToken, containers: twoContainers });
    for (const path of ['/prestop', '/prestop/web', '/poststart/proxy']) {
      const answer = await port.get(path);
      expect(parse(answer).status).toBe(401);
      expect(answer).not.toMatch(/proxy|configured/);
    }
  });
});

describe('a bug', () => {
  it('breaks the connection of a kubelet, is 500 for others, and is reported', async () => {
    await using port = await openHookPort();
    for (const [agent, check] of [
      [KUBELET, (answer: string) => expect(brokenSentence(answer)).toMatch(/as hookkeeper has a bug/)],
      [CURL, (answer: string) => expect(parse(answer).status).toBe(500)],
    ] as const) {
      const next = port.nextDelivery();
      const answer = port.get('/prestop/app', agent);
      (await next).explode(new Error('the unthinkable'));
      check(await answer);
    }
    expect(port.bugs.map(String)).toEqual(['Error: the unthinkable', 'Error: the unthinkable']);
    expect(port.refusals.map(({ kind }) => kind)).toEqual(['bug', 'bug']);
  });
});

function told(body: unknown): string {
  const { error, remedy } = Object(body);
  return `${error}, ${remedy}`;
}
