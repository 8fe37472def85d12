import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TASK_OUTCOMES, type TaskRecord } from '../../../src/journal/entry.ts';
import { runBars } from '../../../src/observe/timeline/run-bars.ts';
import { runView } from '../../../src/observe/timeline/run-view.ts';
import { placeOf, ticksOf, timelineOf } from '../../../src/observe/timeline/timeline.ts';
import { attempt, delivery, endedRun, endedTask, runningRun, traceOf } from './run-records.ts';

const barsOf = (...args: Parameters<typeof runView>) => runBars(runView(...args), 20_000);

describe('the bars of a run', () => {
  it('have the attempts of a task and the waits between them', () => {
    const tries = [
      attempt(1, 0, 100, 'failed', 200),
      attempt(2, 320, 400, 'timedOut', 50),
      attempt(3, 450, 500, 'succeeded'),
    ];
    const run = endedRun({ tasks: [endedTask('call', { attempts: 3 })] });
    const [bar] = barsOf(run, traceOf({ attempts: new Map([['call', tries]]) })).tasks;
    expect(bar?.pieces).toEqual([
      { kind: 'attempt', number: 1, state: 'failed', span: { startMs: 10_000, endMs: 10_100 } },
      { kind: 'wait', span: { startMs: 10_100, endMs: 10_320 } },
      { kind: 'attempt', number: 2, state: 'timedOut', span: { startMs: 10_320, endMs: 10_400 } },
      { kind: 'wait', span: { startMs: 10_400, endMs: 10_450 } },
      { kind: 'attempt', number: 3, state: 'succeeded', span: { startMs: 10_450, endMs: 10_500 } },
    ]);
  });

  it('are whole where the attempts were not seen, as after a restart of the sidecar', () => {
    const [bar] = barsOf(endedRun({ tasks: [endedTask('call', { attempts: 3, outcome: 'failed' })] }), undefined).tasks;
    expect(bar?.pieces).toEqual([
      { kind: 'attempt', number: null, state: 'failed', span: { startMs: 10_000, endMs: 10_500 } },
    ]);
  });

  it('grow while a task runs, waits for its next attempt, and is tried again', () => {
    const run = runningRun([{ state: 'running', name: 'call', attempts: 1, startedAtMs: 10_000 }]);
    const view = runView(run, traceOf({ attempts: new Map([['call', [attempt(1, 0, 100, 'failed', 500)]]]) }));
    const kinds = (nowMs: number) => runBars(view, nowMs).tasks[0]?.pieces.map(({ kind, span }) => [kind, span.endMs]);
    expect(kinds(10_400)).toEqual([
      ['attempt', 10_100],
      ['wait', 10_400],
    ]);
    expect(kinds(11_000)).toEqual([
      ['attempt', 10_100],
      ['wait', 10_600],
      ['attempt', 11_000],
    ]);
  });

  it('leave out what never ran, and say nothing of how long an interrupted task lasted', () => {
    const tasks: TaskRecord[] = [
      { state: 'pending', name: 'later' },
      endedTask('shed', { outcome: 'skipped', attempts: 0, durationMs: 0 }),
      { state: 'running', name: 'cut', attempts: 1, startedAtMs: 10_200 },
    ];
    const { instance: _, ...facts } = runningRun(tasks);
    const { tasks: bars } = barsOf({ ...facts, state: 'interrupted' }, undefined);
    expect(bars.map(({ task, span }) => [task.name, task.state, span])).toEqual([
      ['later', 'pending', undefined],
      ['shed', 'skipped', undefined],
      ['cut', 'interrupted', { startMs: 10_200, endMs: 10_200 }],
    ]);
  });

  it('show deliveries until they are answered: with the run, or at once', () => {
    const deliveries = [delivery(1), delivery(2, { atMs: 11_000, untilMs: 11_000, served: 'replayed' })];
    const { deliveries: bars } = barsOf(endedRun(), traceOf({ deliveries }));
    expect(bars.map(({ span }) => span)).toEqual([
      { startMs: 10_000, endMs: 10_500 },
      { startMs: 11_000, endMs: 11_000 },
    ]);
    const known = barsOf(endedRun({ deliveries: 4, lastDeliveryAtMs: 10_300 }), undefined).deliveries;
    expect(known.map(({ delivery: { number }, span }) => [number, span.startMs])).toEqual([
      [1, 10_000],
      [4, 10_300],
    ]);
  });

  it('count down what is left of the working time, and keep what was left at the end', () => {
    const view = runView(runningRun([]), traceOf({ workEndMs: 40_000 }));
    expect(runBars(view, 12_000)).toMatchObject({
      leftMs: 28_000,
      usedMs: 7000,
      reserve: { startMs: 40_000, endMs: 50_000 },
    });
    expect(runBars(view, 41_000)).toMatchObject({ leftMs: 0, usedMs: 35_000 });
    expect(barsOf(endedRun(), undefined)).toMatchObject({ leftMs: 34_500, usedMs: 500 });
  });
});

describe('a timeline', () => {
  it('shows the end of the grace of what runs, and of what used a good part of it', () => {
    const running = timelineOf([runView(runningRun([]), undefined)], [], 10_100);
    expect(running.window).toEqual({ startMs: 10_000, endMs: 55_000 });
    expect(running.nowMs).toBe(10_100);
    const short = timelineOf([runView(endedRun(), undefined)], [], 0);
    expect(short.window).toEqual({ startMs: 10_000, endMs: 10_500 });
    expect(short.nowMs).toBeUndefined();
    const long = endedRun({ endedAtMs: 30_000, durationMs: 20_000, remainingMs: 15_000 });
    expect(timelineOf([runView(long, undefined)], [], 0).window).toEqual({ startMs: 10_000, endMs: 55_000 });
  });

  it.each([
    [40, 5, ['0 s', '0.01 s', '0.02 s', '0.03 s', '0.04 s']],
    [59_000, 4, ['0 s', '20 s', '40 s']],
    [600_000, 4, ['0 m', '5 m', '10 m']],
    [7_200_000, 4, ['0 h', '1 h', '2 h']],
  ])('of %i ms has an axis of at most %i numbers', (lengthMs, most, labels) => {
    expect(ticksOf({ startMs: 5000, endMs: 5000 + lengthMs }, most).map(({ label }) => label)).toEqual(labels);
  });

  const anyTask = fc.record({
    record: fc.record({
      name: fc.string(),
      outcome: fc.constantFrom(...TASK_OUTCOMES),
      attempts: fc.nat(30),
      startedAtMs: fc.integer({ min: 0, max: 100_000 }),
      durationMs: fc.nat(100_000),
    }),
    tries: fc.array(
      fc.record({
        startedAtMs: fc.integer({ min: 0, max: 200_000 }),
        lastsMs: fc.nat(50_000),
        outcome: fc.constantFrom('succeeded' as const, 'failed' as const, 'timedOut' as const),
        retryInMs: fc.option(fc.nat(10_000)),
      }),
      { maxLength: 5 },
    ),
  });

  it('has every bar inside, each as long as the journal says, its pieces side by side from end to end', () => {
    fc.assert(
      fc.property(fc.array(anyTask), fc.integer({ min: 0, max: 300_000 }), (tasks, endedAtMs) => {
        const attempts = new Map(
          tasks.map(({ record: { name }, tries }) => {
            const seen = tries.map(({ lastsMs, ...each }, index) => {
              return { ...each, number: index + 1, endedAtMs: each.startedAtMs + lastsMs, reason: null };
            });
            return [name, seen];
          }),
        );
        const run = endedRun({ tasks: tasks.map(({ record }) => endedTask(record.name, record)), endedAtMs });
        const { runs, window } = timelineOf([runView(run, traceOf({ attempts }))], [], 0);
        const bars = runs.flatMap((each) => each.tasks);
        expect(bars).toHaveLength(tasks.length);
        for (const { task, span, pieces } of bars) {
          if (span === undefined) {
            expect(task.attempts).toBe(0);
            continue;
          }
          expect(span.endMs - span.startMs).toBe(task.durationMs);
          expect(span.startMs).toBeGreaterThanOrEqual(window.startMs);
          expect(span.endMs).toBeLessThanOrEqual(window.endMs);
          expect(placeOf(window, span.startMs)).toBeLessThanOrEqual(placeOf(window, span.endMs));
          const ends = [span.startMs, ...pieces.map((piece) => piece.span.endMs)];
          expect(pieces.map((piece) => piece.span.startMs)).toEqual(ends.slice(0, -1));
          expect(ends.at(-1)).toBe(span.endMs);
        }
      }),
    );
  });
});
