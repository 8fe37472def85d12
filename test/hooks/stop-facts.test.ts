import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TaskConfig } from '../../src/config/config.ts';
import type { PodReading } from '../../src/hooks/pod-facts.ts';
import type { TaskAction } from '../../src/hooks/task.ts';
import { apiServer, driveTime, hook, podWith, stage, steps, takes, task, told, untilStopped } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

const withApi = (tasks: TaskConfig<TaskAction>[], afterMs: number, reading: PodReading) =>
  stage({ preStop: hook(steps(...tasks)) }, undefined, undefined, apiServer({ afterMs, reading }));

const drain = task('drain', untilStopped, { priority: 'optional', stopMs: 200 });
const wait = task('wait', untilStopped, { onTimeout: 'continue' });
const save = task('save', takes(1000), { priority: 'critical', timeoutMs: 2000 });

describe('a run that turns out to have less time', () => {
  it('stops the optional task that runs, so that the critical one gets what is left, at once', async () => {
    const { deliver, events } = withApi([drain, wait, save], 5000, podWith(8000));
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(4999);
    expect(events.filter(({ type }) => type === 'taskEnded')).toEqual([]);
    await vi.advanceTimersByTimeAsync(2001);
    const { outcome, tasks, run, notes } = told(await result);
    // Of 8 s, 4 s are kept as reserve: the deadline has passed when it is learned.
    expect(run.deadline).toEqual({
      source: 'api',
      graceMs: 8000,
      reserveMs: 4000,
      toldByApi: true,
      insteadOf: { source: 'config', graceMs: 30_000 },
    });
    expect(tasks).toEqual(['drain timedOut', 'wait skipped', 'save skipped']);
    expect(outcome).toBe('timedOut');
    expect(notes).toEqual(['the grace is 8 s by api, shorter than the 30 s of config']);
    expect(run.durationMs).toBe(5000);
  });

  it('sheds optional tasks first, and says of what runs why it was stopped', async () => {
    const { deliver, events } = withApi([drain, wait, save], 2000, podWith(10_000));
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(1999);
    expect(events.filter(({ type }) => type === 'taskEnded')).toEqual([]);
    await vi.advanceTimersByTimeAsync(20_000);
    const { outcome, tasks, run } = told(await result);
    expect([outcome, tasks]).toEqual(['succeeded', ['drain timedOut', 'wait timedOut', 'save succeeded']]);
    // 5 s are the working time: the optional task had to leave the critical one its 2 s, itself 200 ms to stop, and the answer.
    expect(run.tasks[0]).toMatchObject({
      durationMs: 5000 - 2000 - 200 - 250 - 100,
      reason: 'was stopped as the run was given less time (was ended by SIGTERM)',
    });
  });

  it('stops an optional task at once when what is left is needed by a critical one, and does not fail for it', async () => {
    const { deliver } = withApi([drain, save], 2000, podWith(8000));
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(20_000);
    const { outcome, run } = told(await result);
    expect(outcome).toBe('succeeded');
    expect(run.tasks).toMatchObject([
      {
        outcome: 'timedOut',
        durationMs: 1900,
        reason:
          'was stopped as the run was given less time: 1.8 s were left and later tasks need 2 s (was ended by SIGTERM)',
      },
      { outcome: 'succeeded', durationMs: 1000 },
    ]);
  });

  it('gives the critical task that runs all there is, and nothing else', async () => {
    const critical = task('save', untilStopped, { priority: 'critical' });
    const { deliver } = withApi([critical, task('tell')], 1000, podWith(10_000));
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told(await result)).toMatchObject({ outcome: 'timedOut', tasks: ['save timedOut', 'tell skipped'] });
    expect(told(await result).run.tasks[0]).toMatchObject({ durationMs: 4650 });
  });

  it('lets a critical task that runs go on where the minimum of a later one does not fit any more', async () => {
    const first = task('save', untilStopped, { priority: 'critical' });
    const last = task('tell', takes(1), { priority: 'critical', minimumMs: 3000 });
    const { deliver } = withApi([first, last], 3000, podWith(10_000));
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told(await result).run.tasks).toMatchObject([{ durationMs: 4650 }, { outcome: 'skipped' }]);
  });

  it('does not even start what has no time, when the answer is there at once: a forced deletion', async () => {
    const gone: PodReading = { kind: 'gone', reason: 'there is no such pod' };
    const quick = task('save', takes(500), { priority: 'critical', timeoutMs: 5000 });
    const { deliver } = withApi([drain, wait, quick], 20, gone);
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(1000);
    const { run, tasks } = told(await result);
    expect(tasks).toEqual(['drain skipped', 'wait skipped', 'save succeeded']);
    expect(run).toMatchObject({ deadline: { source: 'api', graceMs: 1000, reserveMs: 100 }, durationMs: 520 });
  });
});

describe('the API server', () => {
  it('delays no run for long', async () => {
    const { deliver, events } = withApi([task('tell')], 3_600_000, podWith(5000));
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(99);
    expect(events.some(({ type }) => type === 'taskStarted')).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(told(await result)).toMatchObject({ outcome: 'succeeded', run: { deadline: { source: 'config' } } });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not asked for a postStart', async () => {
    const pod = { read: () => Promise.reject(new Error('was asked')) };
    const { deliver } = stage({ postStart: hook(steps(task('tell'))) }, undefined, undefined, pod);
    expect(told(await deliver('postStart')).outcome).toBe('succeeded');
  });

  it('is asked twice about a thousand deliveries at once, and about one that comes while it is waited for to be well', async () => {
    const read = vi.fn(async (): Promise<PodReading> => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { kind: 'unknown', reason: 'it is ill', passing: true };
    });
    const { deliver } = stage({ preStop: hook(steps(wait)) }, undefined, undefined, { read });
    const all = Array.from({ length: 1000 }, () => deliver('preStop'));
    await vi.advanceTimersByTimeAsync(500);
    expect(read).toHaveBeenCalledTimes(2);
    all.push(deliver('preStop'));
    await vi.advanceTimersByTimeAsync(500);
    expect(read).toHaveBeenCalledTimes(3);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(read).toHaveBeenCalledTimes(5);
    await Promise.all(all);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may give more time too', async () => {
    const { deliver } = withApi([wait], 5000, podWith(120_000));
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(told(await result).run).toMatchObject({ durationMs: 114_750, deadline: { source: 'api', reserveMs: 5000 } });
  });

  it('tells the grace once more to a kubelet that comes back, whose clock is fresh', async () => {
    const long: PodReading = podWith(20_000);
    const { deliver } = withApi([wait], 10, long);
    void deliver('preStop');
    await vi.advanceTimersByTimeAsync(10_000);
    const again = deliver('preStop');
    await vi.advanceTimersByTimeAsync(30_000);
    // 15 s of work from the second delivery.
    expect(told(await again).run.durationMs).toBe(10_000 + 15_000 - 250);
  });

  it('says nothing to a kubelet of the clock of somebody who called before it', async () => {
    const left: PodReading = {
      kind: 'read',
      pod: { uid: 'uid', deletion: { graceMs: 30_000, deadlineEpochMs: Date.now() + 9000 }, containers: new Map() },
    };
    const api = apiServer({ afterMs: 5000, reading: left }, { afterMs: 3_600_000, reading: left });
    const { deliver } = stage({ preStop: hook(steps(wait)) }, undefined, undefined, api);
    void deliver('preStop', { caller: 'other' });
    await vi.advanceTimersByTimeAsync(1000);
    const again = deliver('preStop');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(told(await again).run).toMatchObject({ durationMs: 1000 + 25_000 - 250, deadline: { source: 'config' } });
  });

  it('does not shorten a run whose pod is gone only later: its first grace holds', async () => {
    const gone: PodReading = { kind: 'gone', reason: 'there is no such pod' };
    const api = apiServer({ afterMs: 10, reading: podWith(20_000) }, { afterMs: 10, reading: gone });
    const { deliver } = stage({ preStop: hook(steps(wait)) }, undefined, undefined, api);
    void deliver('preStop');
    await vi.advanceTimersByTimeAsync(1000);
    const again = deliver('preStop');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(told(await again).run).toMatchObject({ durationMs: 1000 + 15_000 - 250, deadline: { graceMs: 20_000 } });
  });
});

describe('the header Hookkeeper-Grace', () => {
  it.each([
    { what: 'lengthens nothing for a kubelet', somebody: '120s', kubelet: undefined, lastsMs: 1000 + 24_750 },
    { what: 'shortens nothing for a kubelet', somebody: '5s', kubelet: '60s', lastsMs: 1000 + 54_750 },
  ])('of somebody who called before it $what', async ({ somebody, kubelet, lastsMs }) => {
    const { deliver } = stage({ preStop: hook(steps(wait)) });
    void deliver('preStop', { caller: 'other', grace: somebody });
    await vi.advanceTimersByTimeAsync(1000);
    const joined = deliver('preStop', { grace: kubelet });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(told(await joined)).toMatchObject({ delivery: 'joined', run: { durationMs: lastsMs } });
  });

  it('gives the run its grace, and is said', async () => {
    const { deliver } = stage({ preStop: hook(steps(wait)) });
    const result = deliver('preStop', { grace: '20s' });
    await vi.advanceTimersByTimeAsync(30_000);
    const { run, notes } = told(await result);
    expect(run).toMatchObject({ durationMs: 14_750, deadline: { source: 'header', graceMs: 20_000 } });
    expect(notes).toEqual(['the grace is 20 s by header, shorter than the 30 s of config']);
  });

  it('with a bad value is said and passed over', async () => {
    const { deliver, events } = stage({ preStop: hook(steps(task('tell'))) });
    const { outcome, run, notes } = told(await deliver('preStop', { grace: 'soon' }));
    expect([outcome, run.deadline.source]).toEqual(['succeeded', 'config']);
    expect(notes).toEqual([expect.stringContaining('its Hookkeeper-Grace is passed over')]);
    expect(events.filter(({ type }) => type === 'graceIgnored')).toHaveLength(1);
  });
});

describe('a run, whenever whatever grace is told', () => {
  const anyTask = fc.record({
    priority: fc.constantFrom('critical' as const, 'normal' as const, 'optional' as const),
    timeoutMs: fc.option(fc.integer({ min: 100, max: 20_000 }), { nil: undefined }),
    minimumMs: fc.integer({ min: 0, max: 90 }),
    stopMs: fc.integer({ min: 0, max: 3000 }),
    lastsMs: fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined }),
  });

  it('is over in time, leaves no timer, and stops no critical task for the sake of others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyTask, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 0, max: 25_000 }),
        fc.integer({ min: 1000, max: 60_000 }),
        async (list, afterMs, graceMs) => {
          const tasks = list.map(({ lastsMs, ...settings }, index) =>
            task(`t${index}`, lastsMs === undefined ? untilStopped : takes(lastsMs), settings),
          );
          const { deliver } = withApi(tasks, afterMs, podWith(graceMs));
          const result = deliver('preStop');
          await vi.advanceTimersByTimeAsync(100_000);
          const { run } = told(await result);
          const workMs = run.deadline.graceMs - run.deadline.reserveMs;
          // What had begun before it was told could not know.
          expect(run.durationMs).toBeLessThanOrEqual(Math.max(workMs, Math.min(afterMs, 25_000)) + 1);
          expect(vi.getTimerCount()).toBe(0);
          for (const [index, record] of run.tasks.entries()) {
            if (list[index]?.priority !== 'critical' || record.state !== 'ended') continue;
            expect(record.reason ?? '').not.toMatch(/later tasks need/);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
