import { describe, expect, it } from 'vitest';
import { type FakePod, startKubernetesApi } from '../helpers/kubernetes-api.ts';
import { json } from '../helpers/request.ts';
import { hooks, kubeletOf, ops, preStop, type Stage, stage } from './stage.ts';

/** The pod, deleted just now with this grace. */
const deleted = (deletionGracePeriodSeconds: number): FakePod => ({
  deletionTimestamp: new Date(Date.now() + deletionGracePeriodSeconds * 1000).toISOString().replace(/\.\d+/, ''),
  deletionGracePeriodSeconds,
});

/** An optional task that never ends by itself, and a critical one behind it. */
function endless({ task, gate }: Stage) {
  return [
    task('drain', gate('never'), { priority: 'optional', onTimeout: 'continue' }),
    task('save', '', { priority: 'critical', timeout: '2s' }),
  ];
}

describe('the API server', () => {
  it('that answers while the run goes shortens it: the optional task that runs is stopped, the critical one is done', async () => {
    const theStage = await stage();
    await theStage.configure(hooks({ preStop: endless(theStage) }));
    const api = await startKubernetesApi(deleted(10));
    api.behave('well', 200);
    const service = await theStage.start({ env: { ...api.env } });
    const result = await kubeletOf(service).preStop();
    expect(result.kind === 'success' && JSON.parse(result.body)).toMatchObject({
      outcome: 'succeeded',
      deadline: { source: 'api', graceMs: 10_000, reserveMs: 5000 },
      stop: { reason: 'termination', why: 'the API server says that the pod was deleted' },
      tasks: [
        { name: 'drain', outcome: 'timedOut' },
        { name: 'save', outcome: 'succeeded' },
      ],
      notes: ['the grace is 10 s by api, shorter than the 40 s of config'],
    });
    expect(theStage.executions()).toEqual(['drain', 'save']);
    const moved = await service.line('the shorter grace', ({ event }) => event === 'deadlineMoved');
    expect(moved).toMatchObject({ level: 'warn', source: 'api', graceMs: 10_000 });
    expect(json(await ops(service, '/status'))).toMatchObject({
      runs: [{ deadline: { source: 'api', insteadOf: { source: 'config', graceMs: 40_000 } } }],
    });
    expect((await theStage.journal()).runs).toMatchObject([
      { deadline: { source: 'api' }, stop: { reason: 'termination' } },
    ]);
  });

  it('leaves a force deleted pod the time for its critical task, at once', async () => {
    const theStage = await stage();
    await theStage.configure(hooks({ preStop: endless(theStage) }));
    const api = await startKubernetesApi(deleted(10));
    api.behave('absent');
    const service = await theStage.start({ env: { ...api.env } });
    const answer = json(await preStop(service));
    expect(answer).toMatchObject({
      deadline: { source: 'api', graceMs: 1000, reserveMs: 100 },
      stop: { reason: 'termination' },
      tasks: [{ name: 'drain' }, { name: 'save', attempts: 1 }],
    });
    expect(theStage.executions().at(-1)).toBe('save');
  });

  it.each(['never', 'forbidden', 'broken', 'garbage'] as const)('that answers %s changes nothing', async (manner) => {
    const theStage = await stage();
    await theStage.configure(hooks({ preStop: [theStage.task('save')] }));
    const api = await startKubernetesApi(deleted(10));
    api.behave(manner);
    const service = await theStage.start({ env: { ...api.env } });
    expect(json(await preStop(service))).toMatchObject({
      outcome: 'succeeded',
      deadline: { source: 'config', graceMs: 40_000 },
      stop: { reason: 'unknown' },
    });
  });
});

describe('the header Hookkeeper-Grace', () => {
  it('is the grace of its hook; a bad one is said, and fails nothing', async () => {
    const theStage = await stage();
    await theStage.configure(hooks({ preStop: [theStage.task('save')] }));
    const service = await theStage.start();
    const httpHeaders = (value: string) => ({ httpHeaders: [{ name: 'Hookkeeper-Grace', value }] });
    const bad = await kubeletOf(service).preStop(httpHeaders('soon'));
    expect(bad.kind === 'success' && JSON.parse(bad.body)).toMatchObject({
      outcome: 'succeeded',
      deadline: { source: 'config' },
      notes: [expect.stringContaining('its Hookkeeper-Grace is passed over')],
    });
    await kubeletOf(service).postStart();
    const good = await kubeletOf(service).preStop(httpHeaders('20s'));
    expect(good.kind === 'success' && JSON.parse(good.body)).toMatchObject({
      deadline: { source: 'header', graceMs: 20_000, reserveMs: 5000 },
      notes: ['the grace is 20 s by header, shorter than the 40 s of config'],
    });
  });
});

describe('the reason of a stop', () => {
  it('is a termination when the SIGTERM of a regular sidecar comes behind the preStop', async () => {
    const theStage = await stage();
    const { task, executed, executions, configure, start } = theStage;
    const tell = task('tell', 'echo "$HOOKKEEPER_REASON"', { when: { reason: 'termination' } });
    const tasks = [task('first'), tell, task('back', '', { when: { reason: 'restart' } })];
    await configure(hooks({ preStop: { tasks, unknownReason: 'restart' } }));
    const service = await start();
    const result = kubeletOf(service).preStop();
    await executed('first');
    service.kill('SIGTERM');
    const answered = await result;
    expect(answered.kind === 'success' && JSON.parse(answered.body)).toMatchObject({
      stop: { reason: 'termination', why: 'hookkeeper itself was told to stop' },
    });
    expect(executions()).toEqual(['first', 'tell']);
    expect((await theStage.journal()).runs[0]?.tasks[1]).toMatchObject({ output: 'termination' });
  });
});
