import { describe, expect, it } from 'vitest';
import type { RunRecord, TaskRecord } from '../../src/journal/entry.ts';
import { judge, lifeTimeline, type PlayedLife } from '../../src/rehearse/demo-report.ts';
import type { HookResult } from '../../src/rehearse/simulated-kubelet.ts';

const task = (name: string, fields: Partial<TaskRecord & { state: 'ended' }> = {}): TaskRecord => ({
  state: 'ended',
  name,
  outcome: 'succeeded',
  attempts: 1,
  startedAtMs: 1000,
  durationMs: 500,
  reason: null,
  output: '',
  captured: {},
  ...fields,
});

const run = (fields: Partial<RunRecord & { state: 'ended' }> = {}): RunRecord => ({
  state: 'ended',
  id: 'k3-1',
  sequence: 1,
  hook: 'preStop',
  container: 'app',
  incarnation: { id: 'life-1', evidence: 'sequence', why: 'it is the first' },
  configDigest: '0123456789ab',
  traceparent: '',
  firstDeliveryAtMs: 1000,
  lastDeliveryAtMs: 1000,
  deliveries: 1,
  deadline: { source: 'config', graceMs: 45_000, reserveMs: 10_000 },
  tasks: [task('drain')],
  outcome: 'succeeded',
  reason: null,
  endedAtMs: 1500,
  durationMs: 500,
  remainingMs: 30_000,
  ...fields,
});

const delivery = (hook: 'postStart' | 'preStop', served: string): HookResult => ({
  hook,
  kind: 'success',
  startedAtMs: 1000,
  durationMs: 600,
  status: 200,
  headers: new Map([['x-hookkeeper-delivery', [served]]]),
  body: '',
  requests: 1,
});

const died: HookResult = { hook: 'preStop', kind: 'kubeletDied', startedAtMs: 900, durationMs: 300 };
const started = { event: 'taskStarted', msg: '' };

const life = (fields: Partial<PlayedLife> = {}): PlayedLife => ({
  deliveries: [delivery('postStart', 'executed'), died, delivery('preStop', 'joined')],
  runs: [run({ hook: 'postStart', tasks: [task('wait')] }), run()],
  log: [started, { event: 'taskEnded', msg: '' }, started],
  appStopAtMs: 2000,
  appExit: { code: 0, signal: null },
  sidecarStopAtMs: 2100,
  sidecarExit: { code: 0, signal: null },
  ...fields,
});

describe('the verdict', () => {
  it('is good for a life as it should be', () => {
    expect(judge(life()).map(({ promise, broken }) => [promise, broken])).toEqual([
      ['each of the 2 tasks was executed once', undefined],
      ['each hook had one run, whatever was delivered', undefined],
      ['the second preStop joined the run of the first', undefined],
      ['both hooks succeeded', undefined],
      ['both were done before the deadline minus the reserve', undefined],
      ['Hookkeeper ended by itself after SIGTERM', undefined],
    ]);
  });

  it.each<[string, Partial<PlayedLife>, string[]]>([
    ['a task was started twice', { log: [started, started, started] }, ['3 were started']],
    ['a task was never started', { log: [started] }, ['1 were started']],
    ['a hook had two runs', { runs: [run(), run(), run({ tasks: [] })] }, ['3 were started', 'there were 3 runs']],
    ['the second preStop did not join', { deliveries: [died, delivery('preStop', 'executed')] }, ['it was executed']],
    ['there was no second answer', { deliveries: [died] }, ['it was kubeletDied']],
    ['a run failed', { runs: [run(), run({ outcome: 'failed' })] }, ['not so: preStop']],
    ['a run was late', { runs: [run(), run({ remainingMs: 0 })] }, ['not so: preStop']],
    ['nothing was run', { runs: [], log: [] }, ['0 were started', 'there were 0 runs']],
    ['Hookkeeper failed', { sidecarExit: { code: 1, signal: null } }, ['exit code 1']],
    ['Hookkeeper was killed', { sidecarExit: { code: null, signal: 'SIGKILL' } }, ['ended by SIGKILL']],
  ])('is bad when %s', (_what, fields, broken) => {
    const log = fields.runs?.length === 3 ? [started, started, started] : life().log;
    const found = judge(life({ log, ...fields })).flatMap((verdict) => verdict.broken ?? []);
    expect(found).toEqual(broken);
  });
});

describe('the timeline of a life', () => {
  it('has each run with its own deliveries and its tasks, and the two SIGTERMs', () => {
    const { runs, marks } = lifeTimeline(life());
    expect(runs.map(({ run: { hook } }) => hook)).toEqual(['postStart', 'preStop']);
    expect(runs.map(({ deliveries }) => deliveries.map(({ delivery, span }) => [delivery, span]))).toMatchObject([
      [
        [
          { number: 1, served: 'executed, 200', broken: false },
          { startMs: 1000, endMs: 1600 },
        ],
      ],
      [
        [
          { number: 1, served: 'the kubelet died', broken: true },
          { startMs: 900, endMs: 1200 },
        ],
        [
          { number: 2, served: 'joined, 200', broken: false },
          { startMs: 1000, endMs: 1600 },
        ],
      ],
    ]);
    expect(runs.map(({ tasks }) => tasks.map(({ task, span }) => [task.name, span]))).toEqual([
      [['wait', { startMs: 1000, endMs: 1500 }]],
      [['drain', { startMs: 1000, endMs: 1500 }]],
    ]);
    expect(marks.map(({ atMs, note }) => [atMs, note])).toEqual([
      [2000, 'exit code 0'],
      [2100, 'exit code 0'],
    ]);
  });

  it('shows how else a delivery can end', () => {
    const facts = { hook: 'preStop', startedAtMs: 0, durationMs: 1 } as const;
    const deliveries: HookResult[] = [
      { ...facts, kind: 'failure', error: 'Get "x": EOF', message: '', requests: 1 },
      { ...facts, kind: 'graceOver', late: Promise.resolve({ kind: 'kubeletDied' }) },
    ];
    const [bars] = lifeTimeline(life({ deliveries, runs: [run({ tasks: [] })] })).runs;
    expect(bars?.deliveries.map(({ delivery }) => [delivery.broken, delivery.served])).toEqual([
      [true, 'Get "x": EOF'],
      [true, 'the grace was over'],
    ]);
  });
});
