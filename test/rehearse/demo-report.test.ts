import { describe, expect, it } from 'vitest';
import type { RunRecord, TaskRecord } from '../../src/journal/entry.ts';
import { judge, type PlayedLife, timelineOf } from '../../src/rehearse/demo-report.ts';
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
  it('has a section for each run, with its own deliveries and its tasks', () => {
    const { sections, marks } = timelineOf(life());
    expect(sections.map(({ title }) => title)).toEqual(['postStart of app, run k3-1', 'preStop of app, run k3-1']);
    expect(sections.map(({ bars }) => bars.map(({ label, look, note }) => [label, look, note]))).toEqual([
      [
        ['delivery 1', 'delivery', 'executed, 200'],
        ['wait', 'succeeded', '500 ms'],
      ],
      [
        ['delivery 1', 'brokenOff', 'the kubelet died'],
        ['delivery 2', 'delivery', 'joined, 200'],
        ['drain', 'succeeded', '500 ms'],
      ],
    ]);
    expect(sections[1]?.grace).toEqual({ usedMs: 500, graceMs: 45_000, reserveMs: 10_000 });
    expect(marks.map(({ note }) => note)).toEqual(['exit code 0', 'exit code 0']);
  });

  it('says why a task did not succeed, and how often it was tried', () => {
    const tasks = [
      task('again', { attempts: 3 }),
      task('bad', { outcome: 'failed', attempts: 2, reason: 'answered 500' }),
      { state: 'pending', name: 'never' } as const,
    ];
    const [section] = timelineOf(life({ deliveries: [], runs: [run({ tasks })] })).sections;
    expect(section?.bars.map(({ label, look, note }) => [label, look, note])).toEqual([
      ['again', 'succeeded', '500 ms, attempt 3'],
      ['bad', 'failed', 'failed, attempt 2: answered 500'],
    ]);
  });

  it('shows how else a delivery can end', () => {
    const facts = { hook: 'preStop', startedAtMs: 0, durationMs: 1 } as const;
    const deliveries: HookResult[] = [
      { ...facts, kind: 'failure', error: 'Get "x": EOF', message: '', requests: 1 },
      { ...facts, kind: 'graceOver', late: Promise.resolve({ kind: 'kubeletDied' }) },
    ];
    const [section] = timelineOf(life({ deliveries, runs: [run({ tasks: [] })] })).sections;
    expect(section?.bars.map(({ look, note }) => [look, note])).toEqual([
      ['brokenOff', 'Get "x": EOF'],
      ['brokenOff', 'the grace was over'],
    ]);
  });
});
