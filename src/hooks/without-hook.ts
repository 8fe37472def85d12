/**
 * What is left of a preStop when none came: its tasks with `alsoWithoutHook`. It is a run of that life like any other, so that
 * it is executed once, and a preStop that comes after all joins it or gets its result (P1, P2, P3).
 */
import type { Condition } from '../config/condition.ts';
import { type HookConfig, type TaskConfig, tasksOf } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';

const A_PRESTOP_CAME: Condition = {
  summary: 'a preStop came',
  check: () => [],
  read: async () => ({ kind: 'read', met: false, saw: 'the app ended without one', left: undefined }),
};

/** Whether there is anything to do without a hook. */
export function hasTasksWithoutHook(hook: HookConfig<ActionFacts>): boolean {
  return tasksOf(hook).some(({ alsoWithoutHook }) => alsoWithoutHook);
}

/** The same hook, whose other tasks are skipped, with the reason; nothing is shed and no time is held for them. */
export function withoutHook<A extends ActionFacts>(hook: HookConfig<A>): HookConfig<A> {
  const skipped = (task: TaskConfig<A>): TaskConfig<A> =>
    task.alsoWithoutHook ? task : { ...task, when: A_PRESTOP_CAME, priority: 'optional', minimumMs: 0 };
  return {
    ...hook,
    steps: hook.steps.map((step) =>
      step.kind === 'task' ? { ...step, task: skipped(step.task) } : { ...step, tasks: step.tasks.map(skipped) },
    ),
  };
}
