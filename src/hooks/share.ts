import type { Step, TaskConfig } from '../config/config.ts';
import type { Clock } from './clock.ts';
import type { Deadline } from './deadline.ts';
import { type Budget, budgetOf, stopAllowanceMs } from './plan.ts';
import { seconds } from './sentence.ts';
import { Stop, type TaskAction } from './task.ts';

/** What a task that runs may still use of its run's time: worked out again whenever the deadline moves. */
export interface Share extends Disposable {
  /** What is left for the task, in ms; 0 or less when it has to end. */
  leftMs(): number;
  /** How long it may take to end when it is told to, in ms. */
  stopMs(): number;
  /** Why it has to end now. */
  stop(): Stop;
  /** Whether it was stopped as the run has less time than when the task was started. */
  isShed(): boolean;
}

type Started = Budget & { readonly start: true };

/**
 * The share of a task that is started now, with `budget` for a start. A run that is given less time sheds what runs as it
 * would shed what is yet to start: optional tasks first, then normal ones; a critical one gives way to nothing but the deadline.
 */
export function createShare(
  clock: Clock,
  deadline: Deadline,
  task: TaskConfig<TaskAction>,
  later: readonly Step<TaskAction>[],
  budget: Started,
  workLeftMs: () => number,
): Share {
  const startedMs = clock.monotonicMs();
  const endMs = () => clock.monotonicMs() + deadline.remainingMs();
  const firstEndMs = endMs();
  let { stopMs, heldMs } = budget;
  let shedAs: string | undefined;
  let isShed = false;
  // A task that runs needs no minimum any more, and its own timeout counts from its start.
  const running = { ...task, minimumMs: 0, timeoutMs: undefined };
  const offMove = deadline.onMove(() => {
    const workLeft = Math.max(0, workLeftMs());
    const fresh = budgetOf(running, later, workLeft);
    if (fresh.start) ({ stopMs, heldMs } = fresh);
    else {
      stopMs = Math.min(stopMs, stopAllowanceMs(task, workLeft));
      shedAs ??= fresh.reason.replace(/^was (shed|not started) as /, '');
    }
  });
  // Two critical tasks share what there is, and neither is cut for the other.
  const forWhom = () => (heldMs > 0 && task.priority !== 'critical' ? `, as later tasks need ${seconds(heldMs)}` : '');
  const byTimeoutMs = () => (task.timeoutMs ?? Infinity) - (clock.monotonicMs() - startedMs);
  return {
    leftMs: () => (shedAs === undefined ? Math.min(byTimeoutMs(), workLeftMs() - stopMs - heldMs) : 0),
    stopMs: () => stopMs,
    isShed: () => isShed,
    stop() {
      if (shedAs === undefined && task.timeoutMs !== undefined && byTimeoutMs() <= 1) {
        return new Stop(`ran out of its timeout of ${seconds(task.timeoutMs)}`, false);
      }
      isShed = shedAs !== undefined || endMs() < firstEndMs - 1;
      if (!isShed) return new Stop(`was cut short by the run's deadline${forWhom()}`, false);
      return new Stop(`was stopped as the run was given less time${shedAs === undefined ? '' : `: ${shedAs}`}`, false);
    },
    [Symbol.dispose]: offMove,
  };
}
