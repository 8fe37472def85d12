/**
 * What a task may use of the time that is left: pure. A task keeps out of the time that later tasks of a higher priority
 * need, so that `optional` is shed first, then `normal`; `critical` gives way to nothing but the deadline.
 */
import { worstMs } from '../config/budget.ts';
import { KNOWN_STOP_REASONS, type KnownStopReason } from '../config/condition.ts';
import type { Priority, Step, TaskConfig } from '../config/config.ts';
import { isForReason } from '../config/for-reason.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import { seconds } from './sentence.ts';

type Task = TaskConfig<ActionFacts>;

export type Budget =
  | { readonly start: true; readonly budgetMs: number; readonly stopMs: number; readonly heldMs: number }
  | { readonly start: false; readonly reason: string };

const RANK: Readonly<Record<Priority, number>> = { optional: 0, normal: 1, critical: 2 };

/** The longest a task can take, stopping included, as far as it is known; else its minimum. */
function needMs(task: Task): number {
  if (task.timeoutMs !== undefined) return task.timeoutMs + task.action.stopMs;
  return Math.max(worstMs(task) ?? 0, task.minimumMs);
}

/**
 * What later steps keep from `task`, with `availableMs` for all of them: all that a higher priority needs, and the minimum of
 * the same priority. One that could not be started even with all of it keeps nothing: for its sake nothing is shed. Of tasks that
 * are for different reasons of the stop a run has one kind alone: those keep it that need more.
 */
export function heldMs(task: Task, later: readonly Step<ActionFacts>[], availableMs: number): number {
  const ofTask = (other: Task): number => {
    if (other.minimumMs > availableMs) return 0;
    if (RANK[other.priority] > RANK[task.priority]) return needMs(other);
    return RANK[other.priority] === RANK[task.priority] ? other.minimumMs : 0;
  };
  const ofStep = (step: Step<ActionFacts>, reason: KnownStopReason): number => {
    const tasks = step.kind === 'task' ? [step.task] : step.tasks;
    return Math.max(0, ...tasks.filter((other) => isForReason(other, reason)).map(ofTask));
  };
  const reasons = KNOWN_STOP_REASONS.filter((reason) => isForReason(task, reason));
  return Math.max(...reasons.map((reason) => later.reduce((sum, step) => sum + ofStep(step, reason), 0)));
}

/**
 * The time from being told to stop until a task is gone: its own, but no more than a quarter of what is left, so that a short
 * grace is not spent on stopping alone. What it has to take back then, as an app that it froze, may need up to half of it more.
 */
export function stopAllowanceMs({ action }: Task, remainingMs: number): number {
  const { stopMs, afterMs = 0 } = action;
  return Math.min(stopMs - afterMs, Math.floor(remainingMs / 4)) + Math.min(afterMs, Math.floor(remainingMs / 2));
}

/**
 * What of its allowance a task that is told to stop keeps for what it has to take back. The other way round of `stopAllowanceMs`:
 * all that is not needed before, and of less than both need the two thirds that were meant for it.
 */
export function takeBackMs(
  { stopMs, afterMs }: Required<Pick<ActionFacts, 'stopMs' | 'afterMs'>>,
  allowedMs: number,
): number {
  return Math.min(afterMs, Math.max(allowedMs - (stopMs - afterMs), (allowedMs * 2) / 3));
}

/**
 * The budget of `task` with `remainingMs` left of the run and the steps in `later` still to come. It, its `stopMs` and the
 * `heldMs` kept for later tasks fit into `remainingMs` together.
 */
export function budgetOf(task: Task, later: readonly Step<ActionFacts>[], remainingMs: number): Budget {
  if (remainingMs < 1) return { start: false, reason: 'was not started as no time was left' };
  const stopMs = stopAllowanceMs(task, remainingMs);
  const leastMs = Math.max(1, task.minimumMs);
  const alone = remainingMs - stopMs;
  if (alone < leastMs) {
    return {
      start: false,
      reason: `was not started as ${seconds(remainingMs)} were left, less than its minimum of ${seconds(leastMs)}`,
    };
  }
  const heldForLater = heldMs(task, later, alone);
  const beside = alone - heldForLater;
  if (beside < leastMs && task.priority !== 'critical') {
    return {
      start: false,
      reason: `was shed as ${seconds(remainingMs)} were left and later tasks need ${seconds(heldForLater)}`,
    };
  }
  const keptMs = beside < leastMs ? 0 : heldForLater;
  return { start: true, budgetMs: Math.min(task.timeoutMs ?? Infinity, alone - keptMs), stopMs, heldMs: keptMs };
}
