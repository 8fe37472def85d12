import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/hooks/clock.ts';
import { createPodSource } from '../../src/kubernetes/pod-source.ts';
import { type ApiManner, type FakeApi, startKubernetesApi } from '../helpers/kubernetes-api.ts';
import { manualClock } from '../helpers/manual-clock.ts';

const never = () => new AbortController().signal;

/** A source whose bound is never reached, so that no slow machine makes a difference. */
function sourceOf(api: Pick<FakeApi, 'env'>, more: Record<string, string | undefined> = {}, podUid?: string) {
  return createPodSource({ env: { ...api.env, ...more }, podUid, clock: manualClock() });
}

describe('the own pod, read from the API server', () => {
  it('has its UID, its deletion, and each container, init containers too', async () => {
    const api = await startKubernetesApi({
      uid: 'uid-7',
      deletionTimestamp: '2026-03-01T10:00:30Z',
      deletionGracePeriodSeconds: 30,
      containers: [
        {
          name: 'app',
          containerID: 'containerd://aa',
          restartCount: 2,
          state: { running: { startedAt: '2026-03-01T09:00:00Z' } },
        },
        { name: 'new' },
      ],
      initContainers: [
        {
          name: 'hookkeeper',
          containerID: 'containerd://bb',
          state: { terminated: { exitCode: 0, startedAt: '2026-03-01T08:00:00Z', finishedAt: null } },
        },
      ],
    });
    expect(await sourceOf(api, {}, 'uid-7').read(never())).toEqual({
      kind: 'read',
      pod: {
        uid: 'uid-7',
        deletion: { deadlineEpochMs: Date.parse('2026-03-01T10:00:30Z'), graceMs: 30_000 },
        containers: new Map([
          [
            'hookkeeper',
            {
              containerId: 'containerd://bb',
              restartCount: 0,
              state: 'terminated',
              startedAtMs: Date.parse('2026-03-01T08:00:00Z'),
            },
          ],
          [
            'app',
            {
              containerId: 'containerd://aa',
              restartCount: 2,
              state: 'running',
              startedAtMs: Date.parse('2026-03-01T09:00:00Z'),
            },
          ],
          ['new', { containerId: undefined, restartCount: 0, state: 'waiting', startedAtMs: undefined }],
        ]),
      },
    });
    expect(api.requests).toEqual(['GET /api/v1/namespaces/shop/pods/web-0']);
  });

  it('is not deleted where nobody has deleted it', async () => {
    const api = await startKubernetesApi();
    expect(await sourceOf(api).read(never())).toMatchObject({ kind: 'read', pod: { deletion: undefined } });
  });

  it('is gone when another pod has its name, or none', async () => {
    const api = await startKubernetesApi({ uid: 'uid-2' });
    const source = sourceOf(api, {}, 'uid-1');
    expect(await source.read(never())).toEqual({
      kind: 'gone',
      reason: 'another pod is called web-0 now, with the UID uid-2',
    });
    api.behave('absent');
    expect(await source.read(never())).toEqual({ kind: 'gone', reason: 'there is no pod web-0 any more' });
  });

  it('is not called gone for a name that was only guessed', async () => {
    const api = await startKubernetesApi();
    const source = sourceOf(api, { HOOKKEEPER_POD_NAME: undefined, HOSTNAME: 'node-3' });
    const reason = 'the API server knows no pod node-3: give its name in HOOKKEEPER_POD_NAME';
    expect(await source.read(never())).toEqual({ kind: 'unknown', reason });
    const other = sourceOf(api, { HOOKKEEPER_POD_NAME: undefined, HOSTNAME: 'web-0' }, 'uid-9');
    expect(await other.read(never())).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining('web-0 is another pod'),
    });
  });

  it.each<[ApiManner, RegExp, { passing?: true }]>([
    ['forbidden', /answered 403: a Role must allow the pod's service account to get pods/, {}],
    ['broken', /answered 500/, { passing: true }],
    ['garbage', /answered with what is no pod/, {}],
  ])('is unknown, and no failure, when the server is %s', async (manner, reason, passing) => {
    const api = await startKubernetesApi();
    api.behave(manner);
    const reading = await sourceOf(api).read(never());
    expect(reading).toEqual({ kind: 'unknown', reason: expect.stringMatching(reason), ...passing });
  });

  it('is asked for with the token of now', async () => {
    const api = await startKubernetesApi();
    const source = sourceOf(api);
    await api.rotateToken('second-token');
    expect(await source.read(never())).toMatchObject({ kind: 'read' });
    await api.rotateToken('third-token', false);
    const reason = expect.stringMatching(/answered 401: it does not take the token of the pod's service account/);
    expect(await source.read(never())).toEqual({ kind: 'unknown', reason });
  });

  it('is unknown when nobody listens, or another CA has signed', async () => {
    const [api, other] = [await startKubernetesApi(), await startKubernetesApi()];
    const source = sourceOf(api, { HOOKKEEPER_SERVICE_ACCOUNT: other.accountDir });
    expect(await source.read(never())).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/certificate/) });
    expect(api.requests).toEqual([]);
    await api.close();
    const reason = expect.stringContaining('ECONNREFUSED');
    expect(await sourceOf(api).read(never())).toMatchObject({ kind: 'unknown', reason, passing: true });
  });

  it('trusts the CA of the cluster alone, also where Node is told to trust everybody', async () => {
    const [api, other] = [await startKubernetesApi(), await startKubernetesApi()];
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    onTestFinished(() => void vi.unstubAllEnvs());
    const source = sourceOf(api, { HOOKKEEPER_SERVICE_ACCOUNT: other.accountDir });
    expect(await source.read(never())).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/certificate/) });
    await writeFile(join(other.accountDir, 'ca.crt'), '');
    expect(await source.read(never())).toMatchObject({
      kind: 'unknown',
      reason: expect.stringMatching(/ca.crt holds no certificate$/),
    });
    expect(api.requests).toEqual([]);
  });

  it.each<[string, Record<string, string | undefined>, RegExp]>([
    ['no API server', { KUBERNETES_SERVICE_HOST: undefined }, /KUBERNETES_SERVICE_HOST/],
    ['a port that is none', { KUBERNETES_SERVICE_PORT: 'tcp://10.0.0.1:443' }, /KUBERNETES_SERVICE_PORT/],
    ['no name', { HOOKKEEPER_POD_NAME: '', HOSTNAME: undefined }, /HOOKKEEPER_POD_NAME/],
    ['no service account', { HOOKKEEPER_SERVICE_ACCOUNT: '/nowhere' }, /no service account that can be read/],
  ])('is unknown with %s, and nobody is asked', async (_what, env, reason) => {
    const api = await startKubernetesApi();
    expect(await sourceOf(api, env).read(never())).toEqual({ kind: 'unknown', reason: expect.stringMatching(reason) });
    expect(api.requests).toEqual([]);
  });

  it('is unknown with a token that no header can carry', async () => {
    const api = await startKubernetesApi();
    await writeFile(join(api.accountDir, 'token'), 'a\nb');
    expect(await sourceOf(api).read(never())).toMatchObject({
      kind: 'unknown',
      reason: expect.stringMatching(/holds no token/),
    });
  });
});

describe('an API server that does not answer', () => {
  it('is waited for no longer than 300 ms', async () => {
    const api = await startKubernetesApi();
    api.behave('never');
    const clock = manualClock();
    const reading = createPodSource({ env: api.env, podUid: undefined, clock }).read(never());
    clock.advance(300);
    expect(await reading).toEqual({
      kind: 'unknown',
      reason: 'the API server gave no answer within 300 ms',
      passing: true,
    });
    expect(clock.pending()).toBe(0);
  });

  it('is left at once when the signal says so', async () => {
    const api = await startKubernetesApi();
    api.behave('never');
    const leaving = new AbortController();
    const reading = createPodSource({ env: api.env, podUid: undefined, clock: manualClock() }).read(leaving.signal);
    leaving.abort();
    expect(await reading).toMatchObject({ kind: 'unknown' });
  });

  it('costs nobody anything who has no API server', async () => {
    const source = createPodSource({ env: {}, podUid: undefined, clock: systemClock });
    expect(await source.read(never())).toMatchObject({ kind: 'unknown' });
  });
});
