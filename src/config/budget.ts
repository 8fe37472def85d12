/**
 * The worst case of a hook, from what is known before any run: pure. A task lasts at most its timeout and then the time it
 * needs to stop, or as long as it lasts by its own nature. One that has neither takes what is left of the run.
 */
import { answerTimeMs } from './answer-time.ts';
import type { GraceConfig, HookConfig, HookName, RetryConfig, Step, TaskConfig } from './config.ts';
import type { ActionFacts } from './task-kind.ts';

export interface StepBudget {
  /** The longest it can last, in ms, as far as that is known: a task without a bound counts nothing. */
  readonly worstMs: number;
  /** The same for its critical tasks alone. */
  readonly criticalMs: number;
  /** Whether all of its tasks have a bound. */
  readonly bounded: boolean;
  /** The latest it starts, in ms from the start of the run; undefined when a step before it has no bound. */
  readonly startMs: number | undefined;
  /** The latest it ends; undefined when it or a step before it has no bound. */
  readonly endMs: number | undefined;
}

export interface HookBudget {
  /** How much time the tasks have, in ms. */
  readonly limitMs: number;
  readonly steps: readonly StepBudget[];
  /** The sum over the steps. */
  readonly worstMs: number;
  readonly criticalMs: number;
  readonly bounded: boolean;
}

/** How long a run of the hook may last, in ms. The kubelet has no limit for a postStart, so the grace doesn't bound it. */
export function workMs(hook: HookName, config: HookConfig<ActionFacts>, grace: GraceConfig): number {
  const ofGraceMs = grace.periodMs - grace.reserveMs;
  if (hook === 'postStart') return config.timeoutMs ?? ofGraceMs;
  return Math.min(config.timeoutMs ?? ofGraceMs, ofGraceMs);
}

/** How much of that the tasks have, in ms: what is kept for the answer is not theirs. */
export function limitMs(hook: HookName, config: HookConfig<ActionFacts>, grace: GraceConfig): number {
  const ms = workMs(hook, config, grace);
  return ms - answerTimeMs(ms);
}

/** The longest a task can last, in ms, stopping included; undefined when nothing bounds it but the run. */
export function worstMs({ action, timeoutMs, attemptTimeoutMs, retry }: TaskConfig<ActionFacts>): number | undefined {
  const bounds = [
    action.ownMs,
    timeoutMs === undefined ? undefined : timeoutMs + action.stopMs,
    attemptTimeoutMs === undefined
      ? undefined
      : retry.attempts * (attemptTimeoutMs + action.stopMs) + longestWaitsMs(retry),
  ];
  const known = bounds.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function longestWaitsMs({ attempts, minDelayMs, maxDelayMs, factor, jitter }: RetryConfig): number {
  const waits = Array.from({ length: attempts - 1 }, (_, retry) => Math.min(minDelayMs * factor ** retry, maxDelayMs));
  return Math.ceil(waits.reduce((sum, ms) => sum + ms, 0) * (jitter ? 2 : 1));
}

/** Adds up the steps of a hook whose tasks have `limit` ms. */
export function hookBudget(config: HookConfig<ActionFacts>, limit: number): HookBudget {
  const steps: StepBudget[] = [];
  let endMs: number | undefined = 0;
  for (const step of config.steps) {
    const sum = stepSum(step);
    const startMs: number | undefined = endMs;
    endMs = startMs === undefined || !sum.bounded ? undefined : startMs + sum.worstMs;
    steps.push({ ...sum, startMs, endMs });
  }
  return {
    limitMs: limit,
    steps,
    worstMs: steps.reduce((sum, step) => sum + step.worstMs, 0),
    criticalMs: steps.reduce((sum, step) => sum + step.criticalMs, 0),
    bounded: steps.every((step) => step.bounded),
  };
}

/** Tasks of a group run side by side: the group lasts as long as the longest. */
function stepSum(step: Step<ActionFacts>) {
  const tasks = step.kind === 'task' ? [step.task] : step.tasks;
  const longest = (of: readonly TaskConfig<ActionFacts>[]) => Math.max(0, ...of.map((task) => worstMs(task) ?? 0));
  return {
    worstMs: longest(tasks),
    criticalMs: longest(tasks.filter((task) => task.priority === 'critical')),
    bounded: tasks.every((task) => worstMs(task) !== undefined),
  };
}
