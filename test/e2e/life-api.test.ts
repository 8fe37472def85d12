/** The API server present, absent, slow and forbidden: what it adds to a pod's life, and that it never takes anything away. */
import { describe, expect, it } from 'vitest';
import type { PodView } from '../../src/rehearse/pod-view.ts';
import { type ApiManner, type FakeApi, type FakePod, startKubernetesApi } from '../helpers/kubernetes-api.ts';
import { within } from '../helpers/within.ts';
import { type Life, live } from './life.ts';
import { type LifeReport, reportLine, reportOf } from './life-report.ts';
import type { Stage } from './stage.ts';

const STARTED = 'app#0 postStart executed';

/** The preStop's first task takes longer than any grace; it must give way to the critical one. */
const config = ({ task }: Stage) => ({
  version: 1,
  grace: { period: '30s', reserve: '1s' },
  containers: {
    app: {
      postStart: [task('warm')],
      preStop: [
        task('for-good', '', { when: { reason: 'termination' } }),
        task('for-now', '', { when: { reason: 'restart' } }),
        task('drain', 'sleep 60', { onTimeout: 'continue', priority: 'optional', timeout: '1500ms' }),
        task('save', '', { priority: 'critical', timeout: '300ms' }),
      ],
    },
  },
});

async function withApi(manner: ApiManner, delayMs = 0, known?: FakeApi): Promise<Life> {
  const api = known ?? (await startKubernetesApi());
  api.behave(manner, delayMs);
  const life = await live({
    config,
    env: api.env,
    onView: (view) => (view === undefined ? api.behave('absent') : api.setPod(stored(view))),
  });
  await life.next('hookEnded');
  return life;
}

async function ended(name: string, life: Life): Promise<LifeReport> {
  await within('the end of the pod', life.pod.ended, 45_000);
  const report = reportOf(life);
  process.stdout.write(`${reportLine(`the API server: ${name}`, report)}\n`);
  expect(life.on.processes()).toEqual([]);
  return report;
}

/** The view of the simulated pod, as the API server stores it. */
function stored({ uid, deletion, containers }: PodView): FakePod {
  const status = (kind: 'regular' | 'native') =>
    containers
      .filter((one) => one.kind === kind)
      .map(({ name, containerId, restartCount, state }) => ({
        name,
        restartCount,
        containerID: containerId,
        state: stateOf(state),
      }));
  const deleted =
    deletion === undefined
      ? {}
      : {
          deletionTimestamp: isoSeconds(deletion.deadlineEpochMs),
          deletionGracePeriodSeconds: deletion.graceMs / 1000,
        };
  return { uid, ...deleted, containers: status('regular'), initContainers: status('native') };
}

function stateOf(state: PodView['containers'][number]['state']): object {
  switch (state.is) {
    case 'waiting':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'running':
      return { running: { startedAt: isoSeconds(state.startedAtMs) } };
    case 'terminated': {
      const { exitCode, startedAtMs, finishedAtMs } = state;
      return { terminated: { exitCode, startedAt: isoSeconds(startedAtMs), finishedAt: isoSeconds(finishedAtMs) } };
    }
  }
}

/** The API server has whole seconds. */
function isoSeconds(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

describe('the end of a pod', () => {
  it.each([
    { name: 'there', manner: 'well', delayMs: 0, reason: 'termination', source: 'api' },
    { name: 'slow, but in time', manner: 'well', delayMs: 80, reason: 'termination', source: 'api' },
    { name: 'too slow', manner: 'well', delayMs: 5000, reason: 'unknown', source: 'config' },
    { name: 'silent', manner: 'never', delayMs: 0, reason: 'unknown', source: 'config' },
    { name: 'forbidden', manner: 'forbidden', delayMs: 0, reason: 'unknown', source: 'config' },
    { name: 'broken', manner: 'broken', delayMs: 0, reason: 'unknown', source: 'config' },
  ] as const)(
    'with an API server that is $name runs each task once',
    async ({ name, manner, delayMs, reason, source }) => {
      const life = await withApi(manner, delayMs);
      life.pod.delete();
      const report = await ended(`${name}, a deletion`, life);
      expect(report.deliveries).toEqual([STARTED, 'app#0 preStop executed']);
      expect(report.executions).toEqual({ warm: 1, 'for-good': 1, drain: 1, save: 1 });
      const run = (await life.on.journal()).runs.at(-1);
      expect(run?.stop?.reason ?? 'unknown').toBe(reason);
      expect(run?.deadline.source).toBe(source);
    },
  );

  it('without the object any more was deleted by force: what is critical is done in the 1 s that is left', async () => {
    const life = await withApi('absent');
    life.pod.delete();
    const report = await ended('without the pod, a deletion', life);
    expect(report.executions['save']).toBe(1);
    const run = (await life.on.journal()).runs.at(-1);
    expect(run?.stop?.reason).toBe('termination');
    expect(run?.deadline).toMatchObject({ source: 'api', graceMs: 1000 });
  });

  it.each([5, 1])(
    'with --grace-period=%i on a spec of 30 is done in that time: the API server tells',
    async (graceS) => {
      const life = await withApi('well');
      life.pod.delete(graceS * 1000);
      const report = await ended(`--grace-period=${graceS}`, life);
      expect(report.executions['save']).toBe(1);
      expect(report.graceUsedMs).toBeLessThan(graceS * 1000 + 2000);
      const run = (await life.on.journal()).runs.at(-1);
      expect(run?.deadline).toMatchObject({ source: 'api', graceMs: graceS * 1000 });
    },
  );
});

describe('a restart in place', () => {
  it('after a crash is a new life: its container ID tells, though the status is stale at its postStart', async () => {
    const life = await withApi('well');
    await life.learned('api', (mark) => 'containerId' in mark && mark.containerId !== null);
    life.signal('app', 'SIGKILL');
    await life.next('hookEnded', { delivery: 2 });
    life.pod.delete();
    const report = await ended('a crash', life);
    expect(report.deliveries).toEqual([STARTED, 'app#1 postStart executed', 'app#1 preStop executed']);
    expect(report.executions).toMatchObject({ warm: 2, save: 1 });
  });

  it('after a crash is a new life, too, where the API server was silent when the one before began', async () => {
    const api = await startKubernetesApi();
    const life = await withApi('never', 0, api);
    api.behave('well');
    await life.learned('api', (mark) => 'containerId' in mark && mark.containerId !== null);
    life.signal('app', 'SIGKILL');
    await life.next('hookEnded', { delivery: 2 });
    life.pod.delete();
    const report = await ended('a crash, silent at the start', life);
    expect(report.deliveries).toEqual([STARTED, 'app#1 postStart executed', 'app#1 preStop executed']);
    expect(report.executions).toMatchObject({ warm: 2, save: 1 });
  });

  it('after a liveness failure has no deletion: the reason stays open until the container comes back', async () => {
    const life = await withApi('well');
    life.pod.failProbe('app');
    await life.next('hookEnded', { delivery: 3 });
    const preStop = (await life.on.journal()).runs.find(({ hook }) => hook === 'preStop');
    expect(preStop?.stop?.reason).toBe('restart');
    life.pod.delete();
    const report = await ended('a liveness failure', life);
    expect(report.executions).toMatchObject({ warm: 2, save: 2 });
  });
});
