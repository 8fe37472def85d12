import { describe, expect, it } from 'vitest';
import type { HookEvent } from '../../../src/hooks/event.ts';
import { createRunTraces } from '../../../src/observe/timeline/run-trace.ts';
import { runView } from '../../../src/observe/timeline/run-view.ts';
import { manualClock } from '../../helpers/manual-clock.ts';
import { endedRun, runningRun } from './run-records.ts';

const run = runningRun([{ state: 'running', name: 'call', attempts: 1, startedAtMs: 0 }]);
const started: HookEvent = {
  type: 'taskStarted',
  run,
  task: 'call',
  kind: 'http',
  summary: 'calls',
  budgetMs: 1,
  remainingMs: 1,
};
const printed = (line: string, of = run): HookEvent => {
  return { type: 'taskOutput', run: of, task: 'call', attempt: 1, line, remainingMs: 1 };
};
const attemptEnded = (attempt: number, retryInMs: number | undefined): HookEvent => ({
  type: 'attemptEnded',
  run,
  task: 'call',
  attempt,
  attempts: 100,
  outcome: 'failed',
  reason: 'refused',
  durationMs: 100,
  retryInMs,
  remainingMs: 1,
});
const delivered = (deliveries: number): HookEvent & { type: 'delivered' } => ({
  type: 'delivered',
  delivery: { hook: 'preStop', container: 'app', caller: 'kubelet', key: undefined, atMs: deliveries },
  served: deliveries === 1 ? 'executed' : 'replayed',
  run: { ...run, deliveries },
  identity: { incarnation: run.incarnation, guess: false, said: undefined },
});

describe('what is seen of a run', () => {
  it('has its deliveries, its attempts, its end, and what the running task printed', () => {
    const clock = manualClock();
    const traces = createRunTraces(clock);
    const deadlineEpochMs = clock.epochMs() + 9000;
    traces.note(delivered(1));
    traces.note({ type: 'runStarted', run, resumed: false, remainingMs: 9000, deadlineEpochMs });
    traces.note(started);
    traces.note(printed('one'));
    traces.note(printed('two'));
    clock.advance(500);
    traces.note(attemptEnded(1, 200));
    traces.note({ type: 'taskProgress', run, task: 'call', attempt: 1, message: 'waits', remainingMs: 1 });
    const view = runView(run, traces.of(run.id));
    expect(view.deliveries).toEqual([
      { number: 1, atMs: 1, untilMs: null, from: 'kubelet', served: 'executed', broken: false },
    ]);
    expect(view.workEndMs).toBe(deadlineEpochMs);
    const endedAtMs = clock.epochMs();
    const startedAtMs = endedAtMs - 100;
    expect(view.tasks[0]).toMatchObject({
      tries: [{ number: 1, startedAtMs, endedAtMs, outcome: 'failed', reason: 'refused', retryInMs: 200 }],
      output: 'one\ntwo',
      progress: 'waits',
    });
  });

  it('tells who was answered when, and whether that could be taken for success', () => {
    const clock = manualClock();
    const traces = createRunTraces(clock);
    const seen = () => traces.of(run.id)?.deliveries.map(({ number, untilMs, broken }) => [number, untilMs, broken]);
    const startedAtMs = clock.epochMs();
    traces.note(delivered(1));
    clock.advance(2000);
    traces.note({ type: 'runEnded', run: endedRun({ id: run.id, outcome: 'failed' }) });
    expect(seen()).toEqual([[1, startedAtMs + 2000, true]]);
    clock.advance(2000);
    traces.note({ ...delivered(2), served: 'resumed' });
    clock.advance(2000);
    traces.note({ type: 'runEnded', run: endedRun({ id: run.id }) });
    traces.note(delivered(3));
    const whole = [
      [1, startedAtMs + 2000, true],
      [2, startedAtMs + 6000, false],
      [3, 3, false],
    ];
    expect(seen()).toEqual(whole);
    traces.note({ ...delivered(4), run: endedRun({ id: run.id, deliveries: 4, outcome: 'failed' }) });
    traces.note({ ...delivered(5), served: 'resumed' });
    traces.note({ type: 'runBrokenOff', run, why: 'its container came back' });
    expect(seen()).toEqual([...whole, [4, 4, true], [5, startedAtMs + 6000, true]]);
  });

  it('says after a restart of the service that nobody was told of success by what was interrupted', () => {
    const { instance: _, ...left } = run;
    const [interrupted, succeeded] = [
      runView({ ...left, state: 'interrupted' }, undefined),
      runView(endedRun(), undefined),
    ];
    expect(interrupted.deliveries.map(({ broken }) => broken)).toEqual([true]);
    expect(succeeded.deliveries.map(({ broken }) => broken)).toEqual([false]);
  });

  it('moves with a deadline that moves', () => {
    const traces = createRunTraces(manualClock());
    traces.note({ type: 'runStarted', run, resumed: false, remainingMs: 9000, deadlineEpochMs: 9000 });
    traces.note({
      type: 'deadlineMoved',
      run,
      movedMs: 3000,
      why: 'with a fresh grace',
      remainingMs: 9000,
      deadlineEpochMs: 12_000,
    });
    expect(runView(run, traces.of(run.id)).workEndMs).toBe(12_000);
  });

  it('begins a task anew when a later delivery runs it again', () => {
    const traces = createRunTraces(manualClock());
    for (const event of [started, attemptEnded(1, undefined), started]) traces.note(event);
    expect(traces.of(run.id)?.attempts.get('call')).toEqual([]);
  });

  it('stays small, whatever is delivered, tried, printed or run', () => {
    const traces = createRunTraces(manualClock());
    traces.note(started);
    for (let n = 1; n <= 500; n += 1) {
      traces.note(delivered(n));
      traces.note(attemptEnded(n, 1));
      traces.note(printed('x'.repeat(1000)));
    }
    expect(JSON.stringify(runView(run, traces.of(run.id))).length).toBeLessThan(10_000);
    for (let n = 0; n < 20; n += 1) traces.note(printed('line', { ...run, id: `other-${n}` }));
    expect(traces.of(run.id)).toBeUndefined();
    expect(traces.of('other-0')).toBeDefined();
  });

  it('leaves to the journal what a task printed that has ended', () => {
    const traces = createRunTraces(manualClock());
    const ended = endedRun();
    const [task] = ended.tasks;
    if (task?.state !== 'ended') throw new Error('the task has ended');
    traces.note({ type: 'taskOutput', run: ended, task: 'drain', attempt: 1, line: 'one', remainingMs: 1 });
    traces.note({ type: 'taskEnded', run: ended, task, shed: false, remainingMs: 1 });
    expect(traces.of(ended.id)?.live.size).toBe(0);
  });
});
