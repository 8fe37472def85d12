import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Sightings } from '../../src/hooks/evidence.ts';
import { BLIND } from './sightings.ts';
import { apiServer, driveTime, hook, memoryJournal, stage, steps, takes, task, told } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

const BROKEN_OFF = { kind: 'refused', reason: 'the run was broken off, its container came back' };

/** A preStop of three seconds with an undo, of an app whose life is told by what is seen of its process. */
function staged(taskMs = 3000) {
  let life = 1;
  const look = async (): Promise<Sightings> => ({
    ...BLIND,
    process: { kind: 'seen', seen: { containerId: null, startTicks: life } },
  });
  const drain = task('drain', takes(taskMs));
  const { kind, action, retry } = task('undo');
  const undo = { kind, action, timeoutMs: 1000, attemptTimeoutMs: undefined, retry };
  const preStop = hook(steps({ ...drain, undo }));
  const played = stage({ preStop, postStart: hook([]) }, memoryJournal(), 'first', apiServer(), { look });
  const seenAnew = () => {
    life += 1;
  };
  return { ...played, seenAnew, close: played.deliveries.close };
}

describe('a preStop whose run is broken off as another life was seen', () => {
  it('lasts until the run that took its place is over, and is told that', async () => {
    const { deliver, seenAnew, close } = staged();
    const first = deliver('preStop');
    await vi.advanceTimersByTimeAsync(1000);
    seenAnew();
    const second = deliver('preStop', { caller: 'other' });
    await vi.advanceTimersByTimeAsync(3000);
    const { run } = told(await second);
    expect(told(await first)).toMatchObject({
      delivery: 'joined',
      run: { id: run.id, outcome: 'succeeded' },
      notes: ['run first-1 was broken off, its container came back; this is the run that took its place'],
    });
    close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lasts through all that follow', async () => {
    const { deliver, seenAnew } = staged();
    const first = deliver('preStop');
    for (let life = 0; life < 2; life += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      seenAnew();
      void deliver('preStop');
    }
    await vi.advanceTimersByTimeAsync(3000);
    expect(told(await first)).toMatchObject({ delivery: 'joined', run: { id: 'first-3', outcome: 'succeeded' } });
  });

  it('lasts no longer than its own grace', async () => {
    const { deliver, seenAnew, close } = staged(60_000);
    const first = deliver('preStop');
    await vi.advanceTimersByTimeAsync(20_000);
    seenAnew();
    const second = deliver('preStop');
    await vi.advanceTimersByTimeAsync(5000);
    expect(await first).toEqual(BROKEN_OFF);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told(await second).run.outcome).toBe('timedOut');
    close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is waited for by nobody who has left', async () => {
    const { deliver, seenAnew, close } = staged();
    const leaving = new AbortController();
    void deliver('preStop');
    const joined = deliver('preStop', { gone: leaving.signal });
    await vi.advanceTimersByTimeAsync(1000);
    seenAnew();
    void deliver('preStop');
    await vi.advanceTimersByTimeAsync(1000);
    leaving.abort();
    expect(await joined).toEqual({ kind: 'refused', reason: 'its caller went away' });
    await vi.advanceTimersByTimeAsync(3000);
    close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is over at once where the new life has begun with a postStart', async () => {
    const { deliver, seenAnew } = staged();
    const first = deliver('preStop');
    await vi.advanceTimersByTimeAsync(1000);
    seenAnew();
    void deliver('postStart');
    await vi.advanceTimersByTimeAsync(0);
    expect(await first).toEqual(BROKEN_OFF);
  });
});
