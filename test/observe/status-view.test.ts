import { describe, expect, it } from 'vitest';
import { changed, createRunViews, marksOf } from '../../src/observe/status-view.ts';
import { parseStatusChange, parseStatusView } from '../../src/observe/status-view-codec.ts';
import { createRunTraces } from '../../src/observe/timeline/run-trace.ts';
import { runView } from '../../src/observe/timeline/run-view.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { statusView } from './status-records.ts';
import { attempt, delivery, endedRun, endedTask, runningRun, traceOf } from './timeline/run-records.ts';

describe('the view of the status', () => {
  it('comes through JSON as it was, and nothing else does', () => {
    const trace = traceOf({
      deliveries: [delivery(1)],
      attempts: new Map([['drain', [attempt(1, 0, 100, 'timedOut', 50)]]]),
      live: new Map([['drain', { output: 'one', progress: 'waits' }]]),
    });
    const running = runningRun([
      { state: 'running', name: 'drain', attempts: 1, startedAtMs: 1 },
      { state: 'pending', name: 'later' },
    ]);
    const view = statusView({
      told: { signal: 'SIGTERM', atMs: 3, awaits: ['app'] },
      journal: { state: 'degraded', reason: 'the disk is full', sinceMs: 3 },
      runs: [
        runView(
          endedRun({ outcome: 'failed', reason: 'why', stop: { reason: 'restart', source: 'comeback', why: 'x' } }),
          undefined,
        ),
        runView(running, trace),
      ],
    });
    expect(parseStatusView(JSON.stringify(view))).toEqual(view);
    expect(parseStatusChange(JSON.stringify({ ...view, order: ['k3-2'] }))).toEqual({ ...view, order: ['k3-2'] });
    for (const text of ['', '{', 'null', '{}', JSON.stringify({ ...view, runs: [{}] })]) {
      expect(parseStatusView(text)).toBeUndefined();
      expect(parseStatusChange(text)).toBeUndefined();
    }
  });

  it('is put together again from what changed, in its order, without what is gone', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => runView(endedRun({ id }), undefined));
    if (a === undefined || b === undefined || c === undefined) throw new Error('there are three');
    const newer = runView(endedRun({ id: 'b', outcome: 'failed' }), undefined);
    const after = changed([a, b], { ...statusView(), runs: [newer, c], order: ['b', 'c'] });
    expect(after.runs.map(({ id, state }) => [id, state])).toEqual([
      ['b', 'failed'],
      ['c', 'succeeded'],
    ]);
    expect(after).not.toHaveProperty('order');
  });

  it('has another object for a run only when its record or what was seen of it changed', () => {
    const traces = createRunTraces(manualClock());
    const views = createRunViews(traces);
    const run = runningRun([endedTask('drain')]);
    const [first] = views([run]);
    expect(views([run])[0]).toBe(first);
    traces.note({ type: 'taskOutput', run, task: 'drain', attempt: 1, line: 'x', remainingMs: 1 });
    const [second] = views([run]);
    expect(second).not.toBe(first);
    expect(views([run])[0]).toBe(second);
    expect(views([{ ...run }])[0]).not.toBe(second);
  });

  it('marks the signal to the service in the runs that were there when it came', () => {
    const told = { signal: 'SIGTERM', atMs: 10_200, awaits: [] };
    const marks = (fields: Partial<Parameters<typeof endedRun>[0]>) =>
      marksOf(statusView({ told }), runView(endedRun(fields), undefined)).map(({ label, atMs }) => [label, atMs]);
    expect(marks({})).toEqual([['SIGTERM to hookkeeper', 10_200]]);
    expect(marks({ endedAtMs: 10_100 })).toEqual([]);
    expect(marks({ firstDeliveryAtMs: 10_300 })).toEqual([]);
    expect(marksOf(statusView(), runView(endedRun(), undefined))).toEqual([]);
  });

  it('has the last twenty runs', () => {
    const runs = Array.from({ length: 30 }, (_, index) => endedRun({ id: String(index) }));
    expect(createRunViews(createRunTraces(manualClock()))(runs).map(({ id }) => id)).toEqual(
      runs.slice(10).map(({ id }) => id),
    );
  });
});
