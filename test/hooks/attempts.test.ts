import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AttemptsInput, runAttempts } from '../../src/hooks/attempts.ts';
import { systemClock } from '../../src/hooks/clock.ts';
import { type AttemptContext, type AttemptResult, Stop } from '../../src/hooks/task.ts';
import { driveTime, failed, SUCCEEDED, task, untilStopped } from './stage.ts';

beforeEach(driveTime);
afterEach(() => void vi.useRealTimers());

const retry = { attempts: 3, minDelayMs: 1000, maxDelayMs: 1000, factor: 1, jitter: false };

/** Runs the attempts of a task whose time is `leftMs`, after which it is told to stop. */
function attempts(
  run: (context: AttemptContext) => Promise<AttemptResult>,
  {
    leftMs = 60_000,
    stopMs = () => 2000,
    ...settings
  }: Omit<NonNullable<Parameters<typeof task>[2]>, 'stopMs'> & { leftMs?: number; stopMs?: () => number } = {},
) {
  const controller = new AbortController();
  if (leftMs <= 0) controller.abort(new Stop('ran out of its time', false));
  const stopAtMs = performance.now() + leftMs;
  setTimeout(() => controller.abort(new Stop('ran out of its time', false)), leftMs);
  const ends: string[] = [];
  const bugs: unknown[] = [];
  const input: AttemptsInput = {
    task: task('upload', run, { retry, ...settings }),
    clock: systemClock,
    signal: controller.signal,
    leftMs: () => stopAtMs - performance.now(),
    stopMs,
    context: {
      hook: 'preStop',
      container: 'app',
      run: 'run-1',
      task: 'upload',
      rerun: false,
      reason: () => undefined,
      deadlineEpochMs: () => 0,
      remainingMs: () => 0,
      clock: systemClock,
      captured: new Map(),
    },
    traceparent: () => '',
    output: () => {},
    progress: () => {},
    figure: () => {},
    onAttemptEnd: (attempt, { outcome }, durationMs, retryInMs) =>
      void ends.push(`${attempt} ${outcome} after ${durationMs}, next in ${retryInMs}`),
    onBug: (error) => void bugs.push(error),
  };
  return { controller, ends, bugs, done: runAttempts(input) };
}

async function ended(of: ReturnType<typeof attempts>) {
  await vi.advanceTimersByTimeAsync(120_000);
  const { outcome, reason, attempts: count } = await of.done;
  return { outcome, reason, count, ends: of.ends, bugs: of.bugs };
}

describe('the attempts of a task', () => {
  it('end with the last of them, for which no retry is told', async () => {
    expect(await ended(attempts(async () => failed('answered 503')))).toEqual({
      outcome: 'failed',
      reason: 'answered 503',
      count: 3,
      ends: ['1 failed after 0, next in 1000', '2 failed after 0, next in 1000', '3 failed after 0, next in undefined'],
      bugs: [],
    });
  });

  it('end without a wait that would take all the time there is', async () => {
    expect(await ended(attempts(async () => failed('answered 503'), { leftMs: 1000 }))).toMatchObject({
      reason: 'answered 503; no retry fits into the 1 s left',
      ends: ['1 failed after 0, next in undefined'],
    });
  });

  it('time out in the wait before the next one where the time was shortened meanwhile, with what failed before', async () => {
    const of = attempts(async () => failed('answered 503'));
    setTimeout(() => of.controller.abort(new Stop("was cut short by the run's deadline", false)), 500);
    expect(await ended(of)).toEqual({
      outcome: 'timedOut',
      reason: "was cut short by the run's deadline (answered 503 before)",
      count: 1,
      ends: ['1 failed after 0, next in 1000'],
      bugs: [],
    });
  });

  it('are none where there is no time from the start', async () => {
    expect(await ended(attempts(async () => SUCCEEDED, { leftMs: 0 }))).toMatchObject({
      outcome: 'timedOut',
      reason: 'ran out of its time',
      count: 0,
      ends: [],
      bugs: [],
    });
  });

  it('are said to be stopped where nobody says why', async () => {
    const of = attempts(untilStopped);
    of.controller.abort();
    expect(await ended(of)).toMatchObject({ outcome: 'timedOut', reason: 'was stopped (was ended by SIGTERM)' });
  });

  it.each<[AttemptResult, object]>([
    [SUCCEEDED, { outcome: 'succeeded', reason: null }],
    [
      { outcome: 'skipped', reason: 'had nothing to do' },
      { outcome: 'skipped', reason: 'had nothing to do' },
    ],
    [failed('was torn'), { outcome: 'timedOut', reason: 'ran out of its attemptTimeout of 2 s (was torn)' }],
  ])('that end as %j when they are told to stop count as that, but for a failure', async (end, told) => {
    const untilTold = ({ signal }: AttemptContext) =>
      new Promise<AttemptResult>((resolve) => signal.addEventListener('abort', () => resolve(end)));
    const of = attempts(untilTold, { attemptTimeoutMs: 2000, retry: { ...retry, attempts: 1 } });
    expect(await ended(of)).toMatchObject(told);
  });

  it('are not tried again after one that ignored being told to stop, which is given up when its time to stop is over', async () => {
    const of = attempts(() => new Promise(() => {}), { leftMs: 5000 });
    expect(await ended(of)).toMatchObject({
      outcome: 'timedOut',
      reason: 'ran out of its time (did not end when it was told to)',
      ends: ['1 timedOut after 7250, next in undefined'],
    });
  });

  it('are not tried again beside one that was given up, also where it is its attemptTimeout that it did not heed', async () => {
    const of = attempts(() => new Promise(() => {}), { attemptTimeoutMs: 4000 });
    expect(await ended(of)).toMatchObject({
      outcome: 'timedOut',
      reason: 'ran out of its attemptTimeout of 4 s (did not end when it was told to)',
      count: 1,
      ends: ['1 timedOut after 6250, next in undefined'],
    });
  });

  it('are given up sooner where there is less time to stop than there was, also while one stops', async () => {
    let stopMs = 20_000;
    const of = attempts(() => new Promise(() => {}), { leftMs: 5000, stopMs: () => stopMs });
    setTimeout(() => (stopMs = 2000), 6000);
    expect(await ended(of)).toMatchObject({ ends: ['1 timedOut after 7250, next in undefined'] });
  });

  it('are not tried again after a bug, which is told', async () => {
    const of = attempts(async () => {
      throw new Error('no such thing');
    });
    expect(await ended(of)).toMatchObject({
      outcome: 'failed',
      reason: 'broke off with a bug of its own, no such thing',
      count: 1,
      bugs: [new Error('no such thing')],
    });
  });
});
