import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ReadContext, Reading } from '../../src/config/condition.ts';
import type { Delivery, Result } from '../../src/hooks/delivery.ts';
import { traceId } from '../../src/hooks/trace.ts';
import { driveTime, failed, hook, SUCCEEDED, stage, steps, takes, task, told, untilStopped } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

/** Delivers a preStop with these steps, lets `ms` go by, and tells what came of it. */
async function preStopOf(list: Parameters<typeof steps>, ms = 60_000) {
  const theStage = stage({ preStop: hook(steps(...list)) });
  const startedMs = performance.now();
  let endedMs = Number.NaN;
  const delivery = theStage.deliver('preStop').then((result: Result) => {
    endedMs = performance.now();
    return result;
  });
  await vi.advanceTimersByTimeAsync(ms);
  return { ...told(await delivery), tookMs: endedMs - startedMs, events: theStage.events };
}

describe('P5: in time', () => {
  it('a task that never ends is stopped, and the answer comes before deadline minus reserve', async () => {
    const { outcome, tasks, reason, tookMs } = await preStopOf([task('drain', untilStopped)]);
    expect({ outcome, tasks }).toEqual({ outcome: 'timedOut', tasks: ['drain timedOut'] });
    expect(reason).toBe("task drain was cut short by the run's deadline (was ended by SIGTERM) after 24.8 s");
    expect(tookMs).toBeLessThan(25_000);
    expect(tookMs).toBeGreaterThan(24_000);
  });

  it('a task that needs time to stop is told to stop so much earlier', async () => {
    const slowToStop = task(
      'drain',
      ({ signal, clock }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => clock.after(2000, () => resolve(failed())));
        }),
      { stopMs: 2000 },
    );
    expect((await preStopOf([slowToStop])).tookMs).toBe(24_750);
  });

  it('a task that ignores being told is given up, and the answer is not late', async () => {
    const { tasks, tookMs } = await preStopOf([task('deaf', () => new Promise(() => {}))]);
    expect(tasks).toEqual(['deaf timedOut']);
    expect(tookMs).toBeLessThanOrEqual(25_000);
  });

  it('a run leaves no timer behind', async () => {
    await preStopOf([
      task('a', takes(10), {
        attemptTimeoutMs: 5000,
        timeoutMs: 5000,
        retry: { attempts: 3, minDelayMs: 10, maxDelayMs: 10, factor: 1, jitter: false },
      }),
      task('b', untilStopped),
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a postStart ends by its own timeout, as the kubelet has none', async () => {
    const theStage = stage({ postStart: hook(steps(task('warm', untilStopped)), { timeoutMs: 60_000 }) });
    const delivery = theStage.deliver('postStart');
    await vi.advanceTimersByTimeAsync(60_000);
    const { outcome, run } = told(await delivery);
    expect(outcome).toBe('timedOut');
    expect(run.deadline).toEqual({ source: 'postStart.timeout', graceMs: 60_000, reserveMs: 0 });
  });

  it("a preStop's own timeout shortens its run", async () => {
    const theStage = stage({ preStop: hook(steps(task('drain', untilStopped)), { timeoutMs: 8000 }) });
    const delivery = theStage.deliver('preStop');
    await vi.advanceTimersByTimeAsync(8000);
    expect(told(await delivery).run.deadline).toEqual({
      source: 'preStop.timeout',
      graceMs: 30_000,
      reserveMs: 22_000,
    });
  });
});

describe('time that gets short', () => {
  it('optional work is shed first, and that fails nothing', async () => {
    const { outcome, tasks, run } = await preStopOf([
      task('drain', takes(14_000), { priority: 'critical' }),
      task('metrics', takes(100), { priority: 'optional' }),
      task('save', takes(10_000), { priority: 'critical', timeoutMs: 11_000 }),
    ]);
    expect({ outcome, tasks }).toEqual({
      outcome: 'succeeded',
      tasks: ['drain succeeded', 'metrics skipped', 'save succeeded'],
    });
    expect(run.tasks[1]).toMatchObject({ reason: 'was shed as 10.8 s were left and later tasks need 11 s' });
  });

  it('normal work is cut so that critical work keeps its timeout', async () => {
    const { outcome, tasks, reason } = await preStopOf([
      task('drain', untilStopped, { onTimeout: 'continue' }),
      task('save', takes(9900), { priority: 'critical', timeoutMs: 10_000 }),
    ]);
    expect({ outcome, tasks, reason }).toEqual({
      outcome: 'succeeded',
      tasks: ['drain timedOut', 'save succeeded'],
      reason: null,
    });
  });

  it('says for whose sake it was cut', async () => {
    const { reason } = await preStopOf([
      task('drain', untilStopped),
      task('save', takes(9900), { priority: 'critical', timeoutMs: 10_000 }),
    ]);
    expect(reason).toMatch(/^task drain was cut short by the run's deadline, as later tasks need 10 s /);
  });

  it('a task is not started with less than its minimum, and the run says that time ran out', async () => {
    const { outcome, tasks, reason } = await preStopOf([
      task('drain', takes(20_000), { priority: 'critical' }),
      task('save', takes(100), { minimumMs: 6000 }),
    ]);
    expect({ outcome, tasks }).toEqual({ outcome: 'timedOut', tasks: ['drain succeeded', 'save skipped'] });
    expect(reason).toBe('task save was not started as 4.8 s were left, less than its minimum of 6 s');
  });

  it('a task that was started keeps its time when less than its minimum is left', async () => {
    const { tasks } = await preStopOf([task('save', takes(22_000), { minimumMs: 20_000 }), task('tell', takes(10))]);
    expect(tasks).toEqual(['save succeeded', 'tell succeeded']);
  });
});

describe('what a failure means', () => {
  const bad = task('upload', async () => failed('exited with 3'));

  it('by default the run fails, and the rest is skipped', async () => {
    const { outcome, tasks, run } = await preStopOf([bad, task('tell')]);
    expect({ outcome, tasks }).toEqual({ outcome: 'failed', tasks: ['upload failed', 'tell skipped'] });
    expect(run.tasks[1]).toMatchObject({ reason: 'was skipped as task upload did not succeed' });
  });

  it('a preStop still runs its critical tasks, as there is no later chance', async () => {
    const { outcome, tasks } = await preStopOf([bad, task('tell'), task('save', takes(10), { priority: 'critical' })]);
    expect({ outcome, tasks }).toEqual({
      outcome: 'failed',
      tasks: ['upload failed', 'tell skipped', 'save succeeded'],
    });
  });

  it('a postStart does not: its container is killed anyway', async () => {
    const theStage = stage({ postStart: hook(steps(bad, task('save', takes(10), { priority: 'critical' }))) });
    expect(told(await theStage.deliver('postStart')).tasks).toEqual(['upload failed', 'save skipped']);
  });

  it('onFailure: continue goes on, and the run succeeds', async () => {
    const { outcome, tasks } = await preStopOf([{ ...bad, onFailure: 'continue' }, task('tell')]);
    expect({ outcome, tasks }).toEqual({ outcome: 'succeeded', tasks: ['upload failed', 'tell succeeded'] });
  });

  it('onFailure: stop ends the run without failing it', async () => {
    const { outcome, tasks } = await preStopOf([{ ...bad, onFailure: 'stop' }, task('tell')]);
    expect({ outcome, tasks }).toEqual({ outcome: 'succeeded', tasks: ['upload failed', 'tell skipped'] });
  });

  it('a task that says there is nothing to do is skipped, and the run goes on', async () => {
    const nothing = task('leave', async () => ({ outcome: 'skipped', reason: 'answered 404' }));
    const { outcome, tasks } = await preStopOf([nothing, task('tell')]);
    expect({ outcome, tasks }).toEqual({ outcome: 'succeeded', tasks: ['leave skipped', 'tell succeeded'] });
  });

  it('an action that throws is a failure with its message, and is told as a bug', async () => {
    const broken = task('broken', async () => {
      throw new TypeError('x is not a function');
    });
    const { outcome, reason, events } = await preStopOf([broken]);
    expect(outcome).toBe('failed');
    expect(reason).toBe('task broken broke off with a bug of its own, x is not a function');
    expect(events.filter(({ type }) => type === 'taskBug')).toHaveLength(1);
  });
});

describe('when', () => {
  const when = (reading: Reading) => ({ summary: 'file /leader exists', check: () => [], read: async () => reading });

  it.each<[string, Reading, string, string | null]>([
    ['holds: the task is run', { kind: 'read', met: true, saw: 'it', left: undefined }, 'step-down succeeded', null],
    [
      'does not hold: the task is skipped, and the run goes on',
      { kind: 'read', met: false, saw: 'it is absent', left: undefined },
      'step-down skipped',
      'was skipped as its when, file /leader exists, does not hold: it is absent',
    ],
    [
      'can not be read: the task is skipped, and that is said',
      { kind: 'unreadable', reason: 'EACCES', refused: false },
      'step-down skipped',
      'was skipped as its when, file /leader exists, does not hold: it could not be read, EACCES',
    ],
  ])('that %s', async (_name, reading, expected, reason) => {
    const { tasks, run, outcome } = await preStopOf([
      task('step-down', undefined, { when: when(reading) }),
      task('tell'),
    ]);
    expect({ tasks, outcome }).toEqual({ tasks: [expected, 'tell succeeded'], outcome: 'succeeded' });
    expect(run.tasks[0]).toMatchObject({ reason });
  });

  it('that takes too long to be read does not hold up the run', async () => {
    const slow = {
      summary: 'slow',
      check: () => [],
      read: ({ signal }: ReadContext) =>
        new Promise<Reading>((resolve) => {
          signal.addEventListener('abort', () => resolve({ kind: 'unreadable', reason: 'no answer', refused: false }));
        }),
    };
    const { tasks, tookMs, run } = await preStopOf([task('step-down', undefined, { when: slow })]);
    expect({ tasks, tookMs }).toEqual({ tasks: ['step-down skipped'], tookMs: 2000 });
    const reason = expect.stringMatching(/could not be read, there was no answer within 2 s$/);
    expect(run.tasks[0]).toMatchObject({ reason });
  });
});

describe('the trace', () => {
  const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const retry = { attempts: 2, minDelayMs: 100, maxDelayMs: 100, factor: 1, jitter: false };

  /** The traceparent of every attempt, before and after a kill -9 in the second task. */
  async function seen(more: Partial<Delivery>): Promise<string[]> {
    const given: string[] = [];
    let hang = true;
    const first = task('find', async ({ traceparent }) => (given.push(traceparent) === 1 ? failed() : SUCCEEDED), {
      retry,
    });
    const second = task('use', (attempt) => {
      given.push(attempt.traceparent);
      return hang ? untilStopped(attempt) : Promise.resolve(SUCCEEDED);
    });
    const before = stage({ preStop: hook(steps(first, second)) });
    void before.deliver('preStop', more);
    await vi.advanceTimersByTimeAsync(1000);
    hang = false;
    await before.afterKill().deliver('preStop');
    return given;
  }

  it('is one for all attempts of a run, also after a kill -9, each with a span of its own', async () => {
    const spans = await seen({});
    expect(spans).toHaveLength(4);
    expect(new Set(spans).size).toBe(4);
    expect(new Set(spans.map(traceId)).size).toBe(1);
  });

  it('is that of the caller, where it has one', async () => {
    const spans = await seen({ caller: 'other', traceparent: TRACEPARENT });
    expect(new Set(spans.map(traceId))).toEqual(new Set([traceId(TRACEPARENT)]));
    expect(spans).not.toContain(TRACEPARENT);
  });
});

describe('captured values', () => {
  it('are there for later tasks, also after a kill -9 in between', async () => {
    const seen: unknown[] = [];
    let hang = true;
    const later = task('use', (attempt) => {
      seen.push(Object.fromEntries(attempt.captured));
      return hang ? untilStopped(attempt) : Promise.resolve(SUCCEEDED);
    });
    const first = task('find', async () => ({ outcome: 'succeeded', captured: { nodeId: '7' } }));
    const before = stage({ preStop: hook(steps(first, later)) });
    void before.deliver('preStop');
    await vi.advanceTimersByTimeAsync(100);
    hang = false;
    await before.afterKill().deliver('preStop');
    expect(seen).toEqual([{ nodeId: '7' }, { nodeId: '7' }]);
  });
});

describe('retries', () => {
  const retry = { attempts: 4, minDelayMs: 1000, maxDelayMs: 3000, factor: 2, jitter: false };

  it('a task is tried again with growing delays until it succeeds', async () => {
    const startsMs: number[] = [];
    const { tasks, events, run } = await preStopOf([
      task('upload', async () => (startsMs.push(performance.now()) === 4 ? SUCCEEDED : failed()), { retry }),
    ]);
    expect(tasks).toEqual(['upload succeeded']);
    expect(run.tasks[0]).toMatchObject({ attempts: 4 });
    expect(startsMs.map((ms) => ms - (startsMs[0] ?? 0))).toEqual([0, 1000, 3000, 6000]);
    const ends = events.filter((event) => event.type === 'attemptEnded');
    expect(ends.map(({ outcome, retryInMs }) => [outcome, retryInMs])).toEqual([
      ['failed', 1000],
      ['failed', 2000],
      ['failed', 3000],
      ['succeeded', undefined],
    ]);
  });

  it('what is not worth a retry is not tried again', async () => {
    const upload = vi.fn(async () => ({ outcome: 'failed', reason: 'answered 400', retryable: false }) as const);
    await preStopOf([task('upload', upload, { retry })]);
    expect(upload).toHaveBeenCalledTimes(1);
  });

  it('an attempt that hangs is stopped by its attemptTimeout, and tried again', async () => {
    const hang = vi.fn(untilStopped);
    const { run, outcome } = await preStopOf([task('upload', hang, { retry, attemptTimeoutMs: 2000 })]);
    expect(hang).toHaveBeenCalledTimes(4);
    expect(outcome).toBe('timedOut');
    expect(run.tasks[0]).toMatchObject({
      reason: 'ran out of its attemptTimeout of 2 s (was ended by SIGTERM)',
      durationMs: 14_000,
    });
  });

  it('a retry that does not fit into the time left is not waited for', async () => {
    const { tookMs, run } = await preStopOf([
      task('upload', async () => failed('answered 503'), { timeoutMs: 2500, retry }),
    ]);
    expect(tookMs).toBe(1000);
    expect(run.tasks[0]).toMatchObject({
      outcome: 'failed',
      attempts: 2,
      reason: 'answered 503; no retry fits into the 1.5 s left',
    });
  });

  it('the timeout of a task bounds all its attempts', async () => {
    const { run } = await preStopOf([task('upload', untilStopped, { timeoutMs: 5000, retry })]);
    expect(run.tasks[0]).toMatchObject({
      outcome: 'timedOut',
      attempts: 1,
      durationMs: 5000,
      reason: 'ran out of its timeout of 5 s (was ended by SIGTERM)',
    });
  });
});

describe('parallel groups', () => {
  it('run side by side, and the next step waits for all', async () => {
    const { tookMs, tasks } = await preStopOf([
      [task('a', takes(3000)), task('b', takes(1000))],
      task('c', takes(500)),
    ]);
    expect(tookMs).toBe(3500);
    expect(tasks).toEqual(['a succeeded', 'b succeeded', 'c succeeded']);
  });

  it('a failure cuts no sibling short', async () => {
    const { outcome, tasks } = await preStopOf([[task('a', async () => failed()), task('b', takes(1000))], task('c')]);
    expect(outcome).toBe('failed');
    expect(tasks).toEqual(['a failed', 'b succeeded', 'c skipped']);
  });
});

describe('output', () => {
  it('its tail is kept, bounded, and lines beyond the limit are counted, not logged', async () => {
    const { run, events } = await preStopOf([
      task('noisy', async ({ output }) => {
        for (let line = 1; line <= 5000; line += 1) output(`line ${line}`);
        return SUCCEEDED;
      }),
    ]);
    const [record] = run.tasks;
    const output = record?.state === 'ended' ? record.output : '';
    expect(output.endsWith('line 5000')).toBe(true);
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(4200);
    expect(events.filter(({ type }) => type === 'taskOutput')).toHaveLength(1000);
    expect(events.find(({ type }) => type === 'outputLimit')).toMatchObject({ lines: 4000 });
  });
});
