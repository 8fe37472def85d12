import { KNOWN_STOP_REASONS, type KnownStopReason } from './condition.ts';
import { type HookConfig, type Step, type TaskConfig, tasksOf } from './config.ts';
import type { ActionFacts } from './task-kind.ts';

/** Whether a run whose stop has this reason has the task. Tasks that are for different ones are never in the same run. */
export function isForReason({ whenReason }: TaskConfig<ActionFacts>, reason: KnownStopReason): boolean {
  return whenReason === undefined || whenReason === reason;
}

/** The hook as each of its runs can have it: where it has tasks for one reason of the stop alone, with those, and with that reason for an unknown one. */
export function eachReason<A extends ActionFacts>(config: HookConfig<A>): HookConfig<A>[] {
  if (tasksOf(config).every(({ whenReason }) => whenReason === undefined)) return [config];
  return KNOWN_STOP_REASONS.map((reason) => {
    const isIts = (task: TaskConfig<A>) => isForReason(task, reason);
    const steps = config.steps.flatMap((step): Step<A>[] => {
      if (step.kind === 'task') return isIts(step.task) ? [step] : [];
      const tasks = step.tasks.filter(isIts);
      return tasks.length === 0 ? [] : [{ ...step, tasks }];
    });
    return { ...config, unknownReason: reason, steps };
  });
}
