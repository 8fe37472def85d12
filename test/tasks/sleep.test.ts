import { describe, expect, it } from 'vitest';
import { sleepKind } from '../../src/tasks/sleep.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { actionOf, begin } from './attempt.ts';

/** Whether it has ended, after all that can happen without time going by. */
async function hasEnded(result: Promise<unknown>): Promise<boolean> {
  let ended = false;
  void result.then(() => {
    ended = true;
  });
  await new Promise(setImmediate);
  return ended;
}

describe('sleep', () => {
  it.each(['5s', { duration: '5s' }])('waits its time, and not longer: %j', async (settings) => {
    const clock = manualClock();
    const { result } = begin(actionOf('sleep', settings), { clock });
    clock.advance(4999);
    expect(await hasEnded(result)).toBe(false);
    clock.advance(1);
    expect(await result).toEqual({ outcome: 'succeeded' });
  });

  it.each([
    [0, 5000],
    [0.5, 6000],
    [0.999, 6998],
  ])('adds a random part of its jitter: %d of it', async (part, ms) => {
    const clock = manualClock();
    const kind = sleepKind(() => part);
    const { result } = begin(kind.schema().parse({ duration: '5s', jitter: '2s' }), { clock });
    clock.advance(ms - 1);
    expect(await hasEnded(result)).toBe(false);
    clock.advance(1);
    expect(await result).toEqual({ outcome: 'succeeded' });
  });

  it('ends at once when it is told to stop', async () => {
    const { result, stop } = begin(actionOf('sleep', '24h'));
    stop();
    expect(await result).toEqual({ outcome: 'failed', reason: 'was told to stop', retryable: true });
  });

  it('tells how long it lasts', () => {
    expect(actionOf('sleep', '1m30s')).toMatchObject({ summary: 'sleep 1m30s', ownMs: 90_000, stopMs: 0 });
    expect(actionOf('sleep', '1m30s').check()).toEqual([]);
    const jittered = actionOf('sleep', { duration: '5s', jitter: '2s' });
    expect(jittered).toMatchObject({ summary: 'sleep 5s to 7s', ownMs: 7000 });
  });
});
