import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HookConfig } from '../../src/config/config.ts';
import type { PodReading } from '../../src/hooks/pod-facts.ts';
import type { TaskAction } from '../../src/hooks/task.ts';
import { apiServer, driveTime, hook, podWith, stage, steps, takes, task, told } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

const last = task('last', takes(10), { whenReason: 'termination' });
const back = task('back', takes(10), { whenReason: 'restart' });
const staged = (reading: PodReading | undefined, afterMs = 10, settings: Partial<HookConfig<TaskAction>> = {}) => {
  const pod = reading && apiServer({ afterMs, reading });
  return stage({ preStop: hook(steps(last, back), settings) }, undefined, undefined, pod);
};

describe('the reason of a stop', () => {
  it.each<[string, PodReading, string]>([
    ['the API server says that the pod was deleted', podWith(30_000), 'the API server says that the pod was deleted'],
    [
      'the pod is gone',
      { kind: 'gone', reason: 'another has its name' },
      'the pod was deleted by force: another has its name',
    ],
  ])('is termination when %s', async (_name, reading, why) => {
    const { deliver } = staged(reading);
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(2000);
    const { run, tasks } = told(await result);
    expect(run.stop).toEqual({ reason: 'termination', source: 'api', why });
    expect(tasks).toEqual(['last succeeded', 'back skipped']);
  });

  it('is termination when hookkeeper is told to stop a moment after the delivery, and what waits for it goes on at once', async () => {
    const { deliver, deliveries } = staged(undefined);
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(21);
    deliveries.sigterm();
    await vi.advanceTimersByTimeAsync(10);
    const { run, tasks } = told(await result);
    expect(run.stop).toEqual({ reason: 'termination', source: 'sigterm', why: 'hookkeeper itself was told to stop' });
    expect(tasks).toEqual(['last succeeded', 'back skipped']);
    expect(run.durationMs).toBe(31);
  });

  it('is termination when hookkeeper was told to stop before', async () => {
    const { deliver, deliveries } = staged(podWith(undefined));
    deliveries.sigterm();
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(1000);
    expect(told(await result).run.stop?.reason).toBe('termination');
  });

  it.each([
    ['termination', ['last succeeded', 'back skipped']],
    ['restart', ['last skipped', 'back succeeded']],
  ] as const)('that stays unknown is taken for what the config says: %s', async (unknownReason, expected) => {
    const { deliver } = staged(podWith(undefined), 10, { unknownReason });
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(499);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    await vi.advanceTimersByTimeAsync(50);
    const { run, tasks } = told(await result);
    expect(run.stop).toEqual({
      reason: 'unknown',
      source: 'api',
      why: 'the API server knows of no deletion, which does not prove a restart',
    });
    expect(tasks).toEqual(expected);
    expect(Math.abs(run.durationMs - 510)).toBeLessThanOrEqual(1);
    const skipped = run.tasks.find((record) => record.state === 'ended' && record.outcome === 'skipped');
    expect(skipped).toMatchObject({
      reason: expect.stringContaining(`unknown, which is taken for a ${unknownReason}`),
    });
  });

  it('is a restart for good once its container came back, whatever a late answer does not know', async () => {
    const pod = apiServer(
      { afterMs: 10, reading: { kind: 'unknown', reason: 'no answer' } },
      { afterMs: 10, reading: podWith(undefined) },
    );
    const { deliver, memory } = stage(
      { postStart: hook([]), preStop: hook(steps(task('wait', takes(20_000)))) },
      undefined,
      undefined,
      pod,
    );
    const stop = deliver('preStop');
    await vi.advanceTimersByTimeAsync(500);
    await deliver('postStart', { caller: 'other' });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told(await stop).run.stop?.reason).toBe('restart');
    expect(memory.committed().map(({ stop: told }) => told?.reason)).toEqual(['restart', undefined]);
  });

  it('is waited for by no task that does not ask', async () => {
    const { deliver } = stage({ preStop: hook(steps(task('tell'))) });
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(0);
    expect(told(await result).run).toMatchObject({ durationMs: 0, stop: { reason: 'unknown' } });
  });

  it('is none for a postStart', async () => {
    const { deliver } = stage({ postStart: hook(steps(task('tell'))) });
    expect(told(await deliver('postStart')).run.stop).toBeUndefined();
  });

  it('is told to the tasks', async () => {
    const reasons: unknown[] = [];
    const tell = task('tell', async ({ reason }) => {
      reasons.push(reason());
      return { outcome: 'succeeded' };
    });
    const { deliver } = stage(
      { preStop: hook(steps(tell)) },
      undefined,
      undefined,
      apiServer({ afterMs: 5, reading: podWith(30_000) }),
    );
    const result = deliver('preStop');
    await vi.advanceTimersByTimeAsync(100);
    await result;
    expect(reasons).toEqual(['termination']);
  });
});
