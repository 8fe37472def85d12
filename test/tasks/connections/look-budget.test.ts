import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLookBudget } from '../../../src/tasks/connections/look-budget.ts';

/** Looks whenever it may, at times and changes as they come; gives what that cost. */
function spendAll(costMs: number, steps: readonly { waitMs: number; kind: 'none' | 'change' | 'guess' | 'end' }[]) {
  const budget = createLookBudget(0, () => false);
  let nowMs = 0;
  let spentMs = 0;
  for (const { waitMs, kind } of steps) {
    nowMs += waitMs;
    const isIdle = nowMs >= budget.idleLookMs();
    const allowed = {
      none: () => false,
      change: budget.allowsChange,
      guess: budget.allowsGuess,
      end: budget.allowsEnd,
    };
    const isAllowed = allowed[kind](nowMs);
    if (!isIdle && !isAllowed) continue;
    nowMs += costMs;
    spentMs += costMs;
    budget.spend(nowMs, costMs, isIdle ? 'idle' : 'change');
  }
  return { spentMs, nowMs, budget };
}

const steps = fc.array(
  fc.record({ waitMs: fc.nat({ max: 2000 }), kind: fc.constantFrom('none', 'change', 'guess', 'end') }),
  {
    maxLength: 500,
  },
);

describe('the budget of looks', () => {
  it('holds for any changes at all: half a percent of the time, and what may be spent or owed at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), steps, (costMs, all) => {
        const { spentMs, nowMs } = spendAll(costMs, all);
        expect(spentMs).toBeLessThanOrEqual(0.005 * nowMs + 50 + 8 * costMs);
      }),
    );
  });

  it('allows the first look, and the first changes, at once', () => {
    let isCounted = false;
    const budget = createLookBudget(1000, () => isCounted);
    expect(budget.idleLookMs()).toBeLessThanOrEqual(1000);
    budget.spend(1003, 3, 'idle');
    expect([budget.allowsChange(1003), budget.allowsEnd(1003)]).toEqual([true, true]);
    expect(budget.idleLookMs()).toBe(1003 + 1200);
    isCounted = true;
    expect(budget.idleLookMs()).toBe(1003 + 3000);
  });

  it('keeps something back for what is probably the end when what only can be the end has had its share', () => {
    const { budget, nowMs } = spendAll(
      10,
      Array.from({ length: 20 }, () => ({ waitMs: 1, kind: 'guess' })),
    );
    expect([budget.allowsChange(nowMs), budget.allowsGuess(nowMs), budget.allowsEnd(nowMs)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('allows what may be the end for longer than what is only a change', () => {
    const { budget, nowMs } = spendAll(
      10,
      Array.from({ length: 20 }, () => ({ waitMs: 1, kind: 'change' })),
    );
    expect([budget.allowsChange(nowMs), budget.allowsEnd(nowMs)]).toEqual([false, true]);
    const ends = spendAll(
      10,
      Array.from({ length: 20 }, () => ({ waitMs: 1, kind: 'end' })),
    );
    expect(ends.budget.allowsEnd(ends.nowMs)).toBe(false);
    expect(ends.budget.allowsEnd(ends.nowMs + 4000)).toBe(true);
  });
});
