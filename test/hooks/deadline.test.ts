import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/hooks/clock.ts';
import { createDeadline, createTimeLimit } from '../../src/hooks/deadline.ts';
import { driveTime } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

describe('a deadline', () => {
  it('counts down to zero and stays there', () => {
    const deadline = createDeadline(systemClock, 1000);
    vi.advanceTimersByTime(400);
    expect(deadline.remainingMs()).toBe(600);
    vi.advanceTimersByTime(4000);
    expect(deadline.remainingMs()).toBe(0);
  });

  it('has its end on the wall clock, which stays while time goes by', () => {
    const endEpochMs = Math.round(systemClock.epochMs() + 1000);
    const deadline = createDeadline(systemClock, 1000);
    expect(deadline.epochMs()).toBe(endEpochMs);
    vi.advanceTimersByTime(400);
    expect(deadline.epochMs()).toBe(endEpochMs);
  });

  it('is told of where more time is given from later on, though the end stays, and not where nothing changes', () => {
    const deadline = createDeadline(systemClock, 1000);
    const startMs = systemClock.monotonicMs();
    let moves = 0;
    deadline.onMove(() => {
      moves += 1;
    });
    expect(deadline.give(1000, startMs)).toBe(0);
    expect([moves, deadline.workMs()]).toEqual([0, 1000]);
    expect(deadline.give(1400, startMs - 400)).toBe(0);
    expect([moves, deadline.workMs(), deadline.remainingMs()]).toEqual([1, 1400, 1000]);
  });

  it('is where it was given last, counted from the instant that was named, and says by how much it moved', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 60_000 }),
        fc.array(fc.record({ agoMs: fc.nat({ max: 5000 }), workMs: fc.nat({ max: 60_000 }), passMs: fc.nat(3000) })),
        (firstMs, moves) => {
          const deadline = createDeadline(systemClock, firstMs);
          let endMs = systemClock.monotonicMs() + firstMs;
          const heard: number[] = [];
          deadline.onMove(() => heard.push(deadline.remainingMs()));
          for (const { agoMs, workMs, passMs } of moves) {
            vi.advanceTimersByTime(passMs);
            const sinceMs = systemClock.monotonicMs() - agoMs;
            expect(deadline.give(workMs, sinceMs)).toBeCloseTo(sinceMs + workMs - endMs, 6);
            endMs = sinceMs + workMs;
            expect(deadline.workMs()).toBe(workMs);
            expect(deadline.remainingMs()).toBeCloseTo(Math.max(0, endMs - systemClock.monotonicMs()), 6);
            expect(heard.at(-1) ?? deadline.remainingMs()).toBe(deadline.remainingMs());
          }
        },
      ),
    );
  });

  it('does not move when the wall clock jumps', () => {
    const deadline = createDeadline(systemClock, 1000);
    vi.setSystemTime(0);
    expect(deadline.remainingMs()).toBe(1000);
  });
});

describe('a time limit', () => {
  const reason = () => new Error('time is up');
  it('aborts when its time is up, with its reason', () => {
    const deadline = createDeadline(systemClock, 1000);
    using limit = createTimeLimit(systemClock, deadline, deadline.remainingMs, reason, new AbortController().signal);
    vi.advanceTimersByTime(999);
    expect(limit.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limit.signal.reason).toEqual(reason());
  });

  it('waits longer when the deadline moves', () => {
    const deadline = createDeadline(systemClock, 1000);
    using limit = createTimeLimit(systemClock, deadline, deadline.remainingMs, reason, new AbortController().signal);
    vi.advanceTimersByTime(900);
    deadline.give(1000, systemClock.monotonicMs());
    vi.advanceTimersByTime(999);
    expect(limit.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limit.signal.aborted).toBe(true);
  });

  it('aborts sooner when the deadline does, and at once when it is over already', () => {
    const deadline = createDeadline(systemClock, 1000);
    const never = new AbortController().signal;
    using soon = createTimeLimit(systemClock, deadline, deadline.remainingMs, reason, never);
    vi.advanceTimersByTime(300);
    deadline.give(500, systemClock.monotonicMs() - 300);
    vi.advanceTimersByTime(199);
    expect(soon.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(soon.signal.aborted).toBe(true);

    deadline.give(1000, systemClock.monotonicMs());
    using late = createTimeLimit(systemClock, deadline, deadline.remainingMs, reason, never);
    deadline.give(100, systemClock.monotonicMs() - 300);
    expect(late.signal.aborted).toBe(true);
  });

  it("aborts with its parent's reason, also when that was aborted before", () => {
    const deadline = createDeadline(systemClock, 1000);
    const parent = new AbortController();
    using during = createTimeLimit(systemClock, deadline, deadline.remainingMs, reason, parent.signal);
    parent.abort('stop');
    using after = createTimeLimit(systemClock, deadline, deadline.remainingMs, reason, parent.signal);
    expect([during.signal.reason, after.signal.reason]).toEqual(['stop', 'stop']);
  });

  it('leaves no timer when it is disposed of', () => {
    const deadline = createDeadline(systemClock, 1000);
    createTimeLimit(systemClock, deadline, deadline.remainingMs, reason, new AbortController().signal)[
      Symbol.dispose
    ]();
    expect(vi.getTimerCount()).toBe(0);
  });
});
