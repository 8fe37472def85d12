import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetOf, heldMs, stopAllowanceMs, takeBackMs } from '../../src/hooks/plan.ts';
import { steps, task } from './stage.ts';

const anyTask = fc
  .record({
    priority: fc.constantFrom('critical' as const, 'normal' as const, 'optional' as const),
    timeoutMs: fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: undefined }),
    minimumMs: fc.integer({ min: 0, max: 20_000 }),
    stopMs: fc.integer({ min: 0, max: 5000 }),
    afterMs: fc.integer({ min: 0, max: 20_000 }),
    ownMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
  })
  .map(({ stopMs, ...rest }) => task('any', undefined, { ...rest, stopMs: stopMs + rest.afterMs }));
const anyLater = fc
  .array(fc.oneof(anyTask, fc.array(anyTask, { minLength: 1, maxLength: 3 })), { maxLength: 4 })
  .map((list) => steps(...list));
const anyRemaining = fc.integer({ min: 0, max: 120_000 });

describe('the budget of a task', () => {
  it('fits, with its stopping and what later tasks keep, into what is left', () => {
    fc.assert(
      fc.property(anyTask, anyLater, anyRemaining, (one, later, remainingMs) => {
        const budget = budgetOf(one, later, remainingMs);
        if (!budget.start) return;
        expect(budget.budgetMs).toBeGreaterThan(0);
        expect(budget.budgetMs + budget.stopMs + budget.heldMs).toBeLessThanOrEqual(remainingMs);
        expect(budget.budgetMs).toBeLessThanOrEqual(one.timeoutMs ?? Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('gives a critical task way to nothing but the deadline', () => {
    fc.assert(
      fc.property(anyTask, anyLater, anyRemaining, (one, later, remainingMs) => {
        const critical = { ...one, priority: 'critical' as const, minimumMs: 0 };
        expect(budgetOf(critical, later, remainingMs).start).toBe(remainingMs >= 1);
      }),
    );
  });

  it('never starts an optional task where the same normal task would not be started', () => {
    fc.assert(
      fc.property(anyTask, anyLater, anyRemaining, (one, later, remainingMs) => {
        const optional = budgetOf({ ...one, priority: 'optional', minimumMs: 0 }, later, remainingMs);
        const normal = budgetOf({ ...one, priority: 'normal', minimumMs: 0 }, later.map(withoutMinimum), remainingMs);
        expect(optional.start && !normal.start).toBe(false);
      }),
    );
  });

  it('is never shed for the sake of a task that cannot be started anyway', () => {
    fc.assert(
      fc.property(anyTask, anyLater, anyRemaining, (one, later, remainingMs) => {
        const free = { ...one, minimumMs: 0 };
        const hopeless = task('never', undefined, {
          minimumMs: remainingMs + 1,
          priority: 'critical',
          timeoutMs: 1000,
        });
        const without = budgetOf(free, later, remainingMs);
        expect(budgetOf(free, [...later, ...steps(hopeless)], remainingMs)).toEqual(without);
      }),
    );
  });

  it('with time enough for everything, is the timeout', () => {
    const drain = task('drain', undefined, { timeoutMs: 20_000, stopMs: 2000 });
    const later = steps(task('save', undefined, { timeoutMs: 5000, priority: 'critical' }));
    expect(budgetOf(drain, later, 60_000)).toEqual({ start: true, budgetMs: 20_000, stopMs: 2000, heldMs: 5000 });
  });
});

describe('the time to stop', () => {
  it.each([
    [60_000, 9000],
    // A quarter of the time for the stop, half of it for what comes after it.
    [16_000, 9000],
    [10_000, 7000],
    [4000, 3000],
  ])('of %i ms has what is taken back then kept free, up to half of all: %i ms', (remainingMs, stopMs) => {
    const save = task('save', undefined, { stopMs: 9000, afterMs: 7000 });
    const budgetMs = remainingMs - stopMs;
    expect(budgetOf(save, [], remainingMs)).toEqual({ start: true, budgetMs, stopMs, heldMs: 0 });
  });

  it('without that is a quarter of all at most', () => {
    expect(budgetOf(task('flush', undefined, { stopMs: 9000 }), [], 16_000)).toMatchObject({ stopMs: 4000 });
  });
});

describe('the time to take back', () => {
  it('is all that the allowance has for it, and what is left is all that stopping was to have', () => {
    fc.assert(
      fc.property(anyTask, anyRemaining, (one, remainingMs) => {
        const { stopMs, afterMs = 0 } = one.action;
        const early = { ...one.action, stopMs: stopMs - afterMs, afterMs: 0 };
        const allowedMs = stopAllowanceMs(one, remainingMs);
        const earlyMs = stopAllowanceMs({ ...one, action: early }, remainingMs);
        expect(takeBackMs({ stopMs, afterMs }, allowedMs)).toBeCloseTo(allowedMs - earlyMs, -1);
      }),
    );
  });
});

describe('what later tasks keep', () => {
  const save = { timeoutMs: 5000, stopMs: 1000, priority: 'critical' as const };
  it.each([
    ['a higher priority keeps its timeout and its stopping', [task('save', undefined, save)], 6000],
    ['the same priority keeps its minimum only', [task('tell', undefined, { timeoutMs: 5000, minimumMs: 700 })], 700],
    [
      'a lower priority keeps nothing',
      [task('tell', undefined, { timeoutMs: 5000, minimumMs: 700, priority: 'optional' as const })],
      0,
    ],
    [
      'of a parallel group, the longest counts',
      [[task('a', undefined, save), task('b', undefined, { ...save, timeoutMs: 9000 })]],
      10_000,
    ],
    [
      'of tasks for one reason of the stop alone, those for the reason that needs more count, as no run has both',
      [
        task('leave', undefined, { ...save, whenReason: 'termination' as const }),
        task('stay', undefined, { ...save, timeoutMs: 9000, whenReason: 'restart' as const }),
        task('both', undefined, save),
      ],
      16_000,
    ],
    ['steps add up', [task('a', undefined, save), task('b', undefined, save)], 12_000],
    [
      'without a timeout, its attempts, each with its stopping, and the longest waits between them',
      [
        task('save', undefined, {
          ...save,
          timeoutMs: undefined,
          attemptTimeoutMs: 2000,
          retry: { attempts: 2, minDelayMs: 500, maxDelayMs: 800, factor: 2, jitter: true },
        }),
      ],
      6800,
    ],
    [
      'without a timeout, its own length or its minimum',
      [task('a', undefined, { ownMs: 300, minimumMs: 900, priority: 'critical' as const })],
      900,
    ],
  ])('%s', (_name, later, expected) => {
    expect(heldMs(task('drain'), steps(...later), 60_000)).toBe(expected);
  });

  it('of tasks for another reason of the stop is nothing', () => {
    const later = steps(task('stay', undefined, { ...save, whenReason: 'restart' }), task('both', undefined, save));
    expect(heldMs(task('leave', undefined, { whenReason: 'termination' }), later, 60_000)).toBe(6000);
  });
});

function withoutMinimum(step: ReturnType<typeof steps>[number]): ReturnType<typeof steps>[number] {
  const strip = (one: ReturnType<typeof task>) => (one.priority === 'normal' ? { ...one, minimumMs: 0 } : one);
  return step.kind === 'task'
    ? { kind: 'task', task: strip(step.task) }
    : { kind: 'parallel', tasks: step.tasks.map(strip) };
}
