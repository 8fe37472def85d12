import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Condition, Reading } from '../../src/config/condition.ts';
import { systemClock } from '../../src/hooks/clock.ts';
import { lookWithin } from '../../src/hooks/look.ts';
import { driveTime } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

const MET: Reading = { kind: 'read', met: true, saw: 'a file', left: undefined };
const CUT: Reading = { kind: 'unreadable', reason: 'the look was cut short', refused: true };

/** Reads for so long, and tells when it was cut short. */
function condition(takesMs: number, otherwise = CUT): Condition {
  return {
    summary: 'a test',
    check: () => [],
    read: ({ signal }) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(otherwise);
        setTimeout(() => resolve(MET), takesMs);
        signal.addEventListener('abort', () => resolve(otherwise));
      }),
  };
}

const context = (signal = new AbortController().signal) => ({
  signal,
  clock: systemClock,
  captured: new Map([['id', '7']]),
});

describe('one look at a condition', () => {
  it('is what it reads in time, with what earlier tasks captured, and leaves no timer', async () => {
    const read = vi.fn(async () => MET);
    expect(await lookWithin({ ...condition(0), read }, context(), 1000)).toEqual(MET);
    expect(read).toHaveBeenCalledWith(expect.objectContaining({ captured: new Map([['id', '7']]) }));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is ended when it takes too long, and says so', async () => {
    const looked = lookWithin(condition(5000), context(), 2000);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await looked).toEqual({
      kind: 'unreadable',
      reason: 'there was no answer within 2 s',
      refused: false,
    });
  });

  it('is what it read, be it late', async () => {
    const looked = lookWithin(condition(5000, MET), context(), 2000);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await looked).toEqual(MET);
  });

  it('ends with who asked for it, and is then not said to be slow', async () => {
    const asking = new AbortController();
    const looked = lookWithin(condition(5000), context(asking.signal), 2000);
    asking.abort();
    expect(await looked).toEqual(CUT);
    expect(await lookWithin(condition(5000), context(AbortSignal.abort()), 2000)).toEqual(CUT);
  });
});
