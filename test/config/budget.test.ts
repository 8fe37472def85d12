import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hookBudget, limitMs, worstMs } from '../../src/config/budget.ts';
import { type HookConfig, type Step, type TaskConfig, tasksOf } from '../../src/config/config.ts';
import type { ActionFacts } from '../../src/config/task-kind.ts';

type Task = TaskConfig<ActionFacts>;

const retry = { attempts: 1, minDelayMs: 500, maxDelayMs: 10_000, factor: 2, jitter: false };

function task(own: Partial<Task> = {}, action: Partial<ActionFacts> = {}): Task {
  return {
    name: 'a-task',
    kind: 'work',
    action: { summary: 'work', ownMs: undefined, stopMs: 0, check: () => [], ...action },
    when: undefined,
    whenReason: undefined,
    undo: undefined,
    timeoutMs: undefined,
    attemptTimeoutMs: undefined,
    retry,
    priority: 'normal',
    minimumMs: 0,
    onFailure: 'fail',
    onTimeout: 'fail',
    onInterrupted: 'rerun',
    alsoWithoutHook: false,
    ...own,
  };
}

function hookOf(...steps: (Task | Task[])[]): HookConfig<ActionFacts> {
  const toStep = (step: Task | Task[]): Step<ActionFacts> =>
    Array.isArray(step) ? { kind: 'parallel', tasks: step } : { kind: 'task', task: step };
  return {
    timeoutMs: undefined,
    dedupeWindowMs: 0,
    onRedelivery: 'resume',
    unknownReason: 'termination',
    steps: steps.map(toStep),
  };
}

describe('the worst case of a task', () => {
  it.each([
    ['its timeout and the time it needs to stop', task({ timeoutMs: 10_000 }, { stopMs: 2000 }), 12_000],
    ['what it lasts by its own nature', task({}, { ownMs: 5000 }), 5000],
    ['its own time, if that is less than its timeout', task({ timeoutMs: 20_000 }, { ownMs: 5000 }), 5000],
    ['its timeout, if that is less than its own time', task({ timeoutMs: 3000 }, { ownMs: 5000 }), 3000],
    [
      'all attempts and the longest waits between them',
      task({ attemptTimeoutMs: 1000, retry: { ...retry, attempts: 3 } }),
      4500,
    ],
    [
      'twice those waits with jitter, each with its stop',
      task({ attemptTimeoutMs: 1000, retry: { ...retry, attempts: 3, jitter: true } }, { stopMs: 100 }),
      6300,
    ],
    [
      'no longer with jitter than its longest waits',
      task({ attemptTimeoutMs: 1000, retry: { ...retry, attempts: 5, minDelayMs: 4000, jitter: true } }),
      5000 + 8000 + 3 * 10_000,
    ],
    ['unknown where nothing bounds it', task({}, { stopMs: 2000 }), undefined],
  ])('is %s', (_, subject, expected) => {
    expect(worstMs(subject)).toBe(expected);
  });
});

describe('the time that the tasks of a hook have', () => {
  const grace = { periodMs: 45_000, reserveMs: 10_000, source: 'config' } as const;
  const withTimeout = (timeoutMs: number | undefined) => ({ ...hookOf(), timeoutMs });

  it.each([
    ['preStop', undefined, 34_750],
    ['preStop', 20_000, 19_750],
    ['preStop', 60_000, 34_750],
    ['postStart', 60_000, 59_750],
    ['postStart', 1000, 900],
  ] as const)(
    '%s with the timeout %s is %s ms under 45 s of grace with 10 s of reserve',
    (hook, timeoutMs, expected) => {
      expect(limitMs(hook, withTimeout(timeoutMs), grace)).toBe(expected);
    },
  );
});

describe('the budget of a hook', () => {
  it('adds the steps up, and takes the longest task of a group', () => {
    const hook = hookOf(task({}, { ownMs: 5000 }), [
      task({ timeoutMs: 10_000, priority: 'critical' }),
      task({ timeoutMs: 15_000 }),
    ]);
    const budget = hookBudget(hook, 35_000);
    expect(budget).toMatchObject({ limitMs: 35_000, worstMs: 20_000, criticalMs: 10_000, bounded: true });
    expect(budget.steps.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [0, 5000],
      [5000, 20_000],
    ]);
  });

  it('knows no latest start behind a task without a bound', () => {
    const budget = hookBudget(hookOf(task({ timeoutMs: 1000 }), task(), task({ timeoutMs: 1000 })), 35_000);
    expect(budget).toMatchObject({ worstMs: 2000, bounded: false });
    expect(budget.steps.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [0, 1000],
      [1000, undefined],
      [undefined, undefined],
    ]);
  });

  it('is not bounded where one task of a group is not', () => {
    expect(hookBudget(hookOf([task({ timeoutMs: 1000 }), task()]), 1).bounded).toBe(false);
  });

  const anyMs = fc.option(fc.integer({ min: 1, max: 86_400_000 }), { nil: undefined });
  const anyTask = fc
    .record({
      timeoutMs: anyMs,
      ownMs: anyMs,
      stopMs: fc.integer({ min: 0, max: 60_000 }),
      priority: fc.constantFrom('critical' as const, 'normal' as const, 'optional' as const),
    })
    .map(({ timeoutMs, priority, ownMs, stopMs }) => task({ timeoutMs, priority }, { ownMs, stopMs }));
  const anyHook = fc
    .array(fc.oneof(anyTask, fc.array(anyTask, { minLength: 1, maxLength: 4 })), { maxLength: 8 })
    .map((steps) => hookOf(...steps));

  it('never adds up tasks that are for different reasons of the stop, as no run has both', () => {
    const both = [task({ timeoutMs: 2000, priority: 'critical' }), task({ timeoutMs: 5000 })];
    const leave = task({ whenReason: 'termination', timeoutMs: 20_000, priority: 'critical' });
    const stay = task({ whenReason: 'restart', timeoutMs: 15_000, priority: 'critical' });
    const { steps, ...sums } = hookBudget(hookOf(...both, leave, stay, task({ timeoutMs: 1000 })), 30_000);
    expect(sums).toEqual({ limitMs: 30_000, worstMs: 28_000, criticalMs: 22_000, bounded: true });
    const times = steps.map(({ startMs, endMs }) => [startMs, endMs]);
    expect(times.slice(2)).toEqual([
      [7000, 27_000],
      [7000, 22_000],
      [27_000, 28_000],
    ]);
    expect(hookBudget(hookOf([leave, stay], leave), 30_000)).toMatchObject({ worstMs: 40_000, criticalMs: 40_000 });
  });

  it('lasts at least as long as each task, and at most as long as all of them one after the other', () => {
    fc.assert(
      fc.property(anyHook, (hook) => {
        const known = tasksOf(hook).map((one) => worstMs(one) ?? 0);
        const { worstMs: worst, criticalMs } = hookBudget(hook, 1);
        expect(worst).toBeGreaterThanOrEqual(Math.max(0, ...known));
        expect(worst).toBeLessThanOrEqual(known.reduce((sum, ms) => sum + ms, 0));
        expect(criticalMs).toBeLessThanOrEqual(worst);
      }),
    );
  });

  it('has steps that follow each other without a gap, up to the sum', () => {
    fc.assert(
      fc.property(anyHook, (hook) => {
        const { steps, worstMs: worst, bounded } = hookBudget(hook, 1);
        expect(steps).toHaveLength(hook.steps.length);
        for (const [index, step] of steps.entries())
          expect(step.startMs).toBe(index === 0 ? 0 : steps[index - 1]?.endMs);
        if (bounded) expect(steps.at(-1)?.endMs ?? 0).toBe(worst);
        else expect(steps.at(-1)?.endMs).toBeUndefined();
      }),
    );
  });

  it('does not shrink when a step is added', () => {
    fc.assert(
      fc.property(anyHook, anyTask, (hook, extra) => {
        const longer = { ...hook, steps: [...hook.steps, { kind: 'task' as const, task: extra }] };
        expect(hookBudget(longer, 1).worstMs).toBe(hookBudget(hook, 1).worstMs + (worstMs(extra) ?? 0));
      }),
    );
  });
});
