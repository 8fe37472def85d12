import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/hooks/clock.ts';
import { createDeadline, createTimeLimit, graceOf } from '../../src/hooks/deadline.ts';
import { driveTime, hook } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

describe("a hook's grace", () => {
  it('always leaves working time, which is never longer than the pod grants', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 3_600_000 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.option(fc.integer({ min: 1, max: 3_600_000 }), { nil: undefined }),
        (periodMs, part, timeoutMs) => {
          const reserveMs = Math.floor(periodMs * part);
          const grace = graceOf('preStop', hook([], { timeoutMs }), { periodMs, reserveMs, source: 'config' });
          const workMs = grace.graceMs - grace.reserveMs;
          expect(workMs).toBe(Math.min(periodMs - reserveMs, timeoutMs ?? Number.POSITIVE_INFINITY));
          expect(grace.source).toBe(workMs < periodMs - reserveMs ? 'preStop.timeout' : 'config');
        },
      ),
    );
  });
});

describe('a deadline', () => {
  it('counts down to zero and stays there', () => {
    const deadline = createDeadline(systemClock, 1000);
    vi.advanceTimersByTime(400);
    expect(deadline.remainingMs()).toBe(600);
    vi.advanceTimersByTime(4000);
    expect(deadline.remainingMs()).toBe(0);
  });

  it('moves only to a later instant', () => {
    const deadline = createDeadline(systemClock, 1000);
    expect(deadline.extend(900)).toBe(0);
    vi.advanceTimersByTime(400);
    expect(deadline.extend(1000)).toBe(400);
    expect(deadline.remainingMs()).toBe(1000);
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
    deadline.extend(1000);
    vi.advanceTimersByTime(999);
    expect(limit.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limit.signal.aborted).toBe(true);
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
