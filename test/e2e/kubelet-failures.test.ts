import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HttpGetAction } from '../../src/rehearse/kubelet-request.ts';
import { exchange, json, request } from '../helpers/request.ts';
import { hooks, kubeletOf, preStop, stage, until } from './stage.ts';

const FAILING = 'echo no cache to be seen >&2; exit 3';

describe('a run that fails', () => {
  it.each(['1.36', '1.24'] as const)(
    'as a postStart has its reason in what kubelet %s says of the container',
    async (version) => {
      const { task, configure, start, executions } = await stage();
      const warm = task('warm-cache', FAILING, { retry: { attempts: 2, minDelay: '10ms', maxDelay: '10ms' } });
      await configure(hooks({ postStart: [warm, task('register')] }));
      const service = await start();
      const result = await kubeletOf(service, version).postStart();
      expect(result.kind).toBe('failure');
      expect(result.kind === 'failure' && result.message).toMatch(
        /^HTTP lifecycle hook \(\/poststart\/app\) for Container "app" in Pod .* failed - error: Get "http:\/\/127\.0\.0\.1:\d+\/{1,2}poststart\/app": .*malformed MIME header: missing colon: "hookkeeper postStart failed \(run \S+ in its log\) - task warm-cache exited with 3 after [\d.]+ m?s \(2 attempts\)"$/,
      );
      expect(executions()).toEqual(['warm-cache', 'warm-cache']);
    },
  );

  it('as a preStop is a failure to the kubelet, and 500 with JSON to anybody else', async () => {
    const { task, configure, start, executions } = await stage();
    const tasks = [task('drain', FAILING), task('flush'), task('save', '', { priority: 'critical' })];
    await configure(hooks({ preStop: { tasks, onRedelivery: 'replay' } }));
    const service = await start();
    expect(await kubeletOf(service).preStop()).toMatchObject({
      kind: 'failure',
      error: expect.stringMatching(/hookkeeper preStop failed \(run \S+ in its log\) - task drain exited with 3/),
    });
    const reply = await preStop(service);
    expect(reply).toMatchObject({
      kind: 'answered',
      status: 500,
      headers: { 'x-hookkeeper-delivery': 'replayed', connection: 'close' },
    });
    expect(json(reply)).toMatchObject({
      outcome: 'failed',
      tasks: [
        { name: 'drain', outcome: 'failed', attempts: 1, reason: 'exited with 3' },
        { name: 'flush', outcome: 'skipped', attempts: 0 },
        { name: 'save', outcome: 'succeeded' },
      ],
    });
    expect(executions()).toEqual(['drain', 'save']);
  });
});

const TOKEN = 'swordfish-1847';
const bearer = (token: string) => [{ name: 'Authorization', value: `Bearer ${token}` }];
/** What a manifest can get wrong; `?token=` is how kubelets bring a token that send no headers. */
const MISTAKES: readonly (readonly [string, Partial<HttpGetAction>, number, RegExp])[] = [
  ['an unknown path', { path: '/prestpo/app' }, 404, /the path \/{1,2}prestpo\/app is unknown/],
  ['no path', { path: '/' }, 404, /the path \/{1,2} is unknown/],
  ['an unknown container', { path: `/prestop/ap?token=${TOKEN}` }, 404, /container ap is not in the config/],
  ['a hook that is not configured', { path: `/prestop/web?token=${TOKEN}` }, 404, /container web has no preStop/],
  ['no token', {}, 401, /it brings no token/],
  ['a wrong token in its query', { path: '/prestop/app?token=wrong' }, 401, /its token is wrong/],
];

async function guarded() {
  const on = await stage();
  const tokenFile = join(on.dir, 'token');
  await writeFile(tokenFile, `${TOKEN}\n`);
  const app = { postStart: [on.task('begin')], preStop: [on.task('end')] };
  await on.configure({ version: 1, access: { tokenFile }, containers: { app, web: { postStart: [on.task('web')] } } });
  return { ...on, service: await on.start() };
}

describe('a call that runs nothing', () => {
  it.each(['1.36', '1.24'] as const)('is a failure with its reason to kubelet %s', async (version) => {
    const { service, executions } = await guarded();
    const kubelet = kubeletOf(service, version);
    for (const [what, httpGet, , reason] of MISTAKES) {
      const result = await kubelet.preStop(httpGet);
      expect([what, result]).toMatchObject([what, { kind: 'failure', requests: 1 }]);
      expect(result.kind === 'failure' && result.error).toMatch(reason);
      expect(result.kind === 'failure' && result.error).toContain('hookkeeper refused the delivery as');
    }
    expect(executions()).toEqual([]);

    // A control: with the token it is a success.
    const path = version === '1.24' ? `/prestop/app?token=${TOKEN}` : '/prestop/app';
    expect(await kubelet.preStop({ path, httpHeaders: bearer(TOKEN) })).toMatchObject({ kind: 'success', status: 200 });
    expect(executions()).toEqual(['end']);
  });

  it('is 4xx with JSON to anybody else', async () => {
    const { service, executions } = await guarded();
    for (const [what, { path = '/prestop/app' }, status, reason] of MISTAKES) {
      const reply = await request({ port: service.port, path });
      expect([what, reply]).toMatchObject([what, { status, headers: { connection: 'close' } }]);
      expect(json(reply)).toEqual({ error: expect.stringMatching(reason), remedy: expect.any(String) });
    }
    const headers = { Authorization: 'Bearer wrong' };
    expect(await preStop(service, { headers })).toMatchObject({ status: 401 });
    expect(executions()).toEqual([]);
    const logged = () => service.log().filter(({ refused }) => refused !== undefined).length;
    await until('a line for each', () => logged() === MISTAKES.length + 1);
  });

  it.each(['HEAD', 'PUT', 'DELETE', 'OPTIONS'])(
    'for its method %s is a failure to the kubelet, and 405 else',
    async (method) => {
      const { task, configure, start, executions } = await stage();
      await configure(hooks({ preStop: [task('end')] }));
      const service = await start();
      for (const agent of ['kube-lifecycle/1.36', 'Go-http-client/1.1']) {
        expect(await preStop(service, { method, headers: { 'User-Agent': agent } })).toMatchObject({ kind: 'broken' });
      }
      expect(await preStop(service, { method })).toMatchObject({
        status: 405,
        headers: { allow: 'GET, POST', connection: 'close' },
      });
      expect(executions()).toEqual([]);
    },
  );

  it.each([
    ['a space in its path', 'GET /prestop/my app HTTP/1.1\r\nHost: x\r\nUser-Agent: kube-lifecycle/1.36\r\n\r\n'],
    ['a bad header', 'GET /prestop/app HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n'],
    ['too many headers', `GET /prestop/app HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['another protocol', '\u0016\u0003\u0001\u0000\u0005hello'],
  ])('for %s, which no HTTP parser takes, is no HTTP answer', async (_what, bytes) => {
    const { task, configure, start, executions } = await stage();
    await configure(hooks({ preStop: [task('end')] }));
    const service = await start();
    expect(await exchange(service.port, bytes)).toMatch(
      /^HTTP\/1\.1 200 OK\r\nhookkeeper refused the delivery as [^:]+\r\n\r\n$/,
    );
    expect(executions()).toEqual([]);
  });
});
