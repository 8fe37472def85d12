/**
 * The worst case of a hook, from what is known before any run: pure. A task lasts at most its timeout and then the time it
 * needs to stop, or as long as it lasts by its own nature. One that has neither takes what is left of the run.
 */
import { answerTimeMs } from './answer-time.ts';
import { KNOWN_STOP_REASONS, type KnownStopReason } from './condition.ts';
import type { GraceConfig, HookConfig, HookName, RetryConfig, Step, TaskConfig } from './config.ts';
import { isForReason } from './for-reason.ts';
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
  /** The sum over the steps of one run. */
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

/** A wait that jitter would make longer than the longest is that long. */
function longestWaitsMs({ attempts, minDelayMs, maxDelayMs, factor, jitter }: RetryConfig): number {
  const longestMs = (retry: number) => Math.min(minDelayMs * factor ** retry * (jitter ? 2 : 1), maxDelayMs);
  return Math.ceil(
    Array.from({ length: attempts - 1 }, (_, retry) => longestMs(retry)).reduce((sum, ms) => sum + ms, 0),
  );
}

/** Adds up the steps of a hook whose tasks have `limit` ms; where tasks are for one reason of the stop alone, for the longer one. */
export function hookBudget(config: HookConfig<ActionFacts>, limit: number): HookBudget {
  const steps: StepBudget[] = [];
  let runs: readonly RunSum[] = KNOWN_STOP_REASONS.map((reason) => ({ reason, worstMs: 0, criticalMs: 0 }));
  let bounded = true;
  for (const step of config.steps) {
    const tasks = tasksOfStep(step);
    const ofStep = stepSum(tasks);
    const own = runs.filter(({ reason }) => tasks.some((task) => isForReason(task, reason)));
    const startMs = bounded ? most(own, 'worstMs') : undefined;
    bounded &&= ofStep.bounded;
    const later = own.map((run) => plus(run, stepSum(tasks.filter((task) => isForReason(task, run.reason)))));
    runs = runs.map((run) => later.find(({ reason }) => reason === run.reason) ?? run);
    steps.push({ ...ofStep, startMs, endMs: bounded ? most(later, 'worstMs') : undefined });
  }
  return { limitMs: limit, steps, worstMs: most(runs, 'worstMs'), criticalMs: most(runs, 'criticalMs'), bounded };
}

/** What the steps of a run that has this reason take. */
interface RunSum extends Pick<StepBudget, 'worstMs' | 'criticalMs'> {
  readonly reason: KnownStopReason;
}

function plus({ reason, worstMs: worst, criticalMs }: RunSum, step: Omit<RunSum, 'reason'>): RunSum {
  return { reason, worstMs: worst + step.worstMs, criticalMs: criticalMs + step.criticalMs };
}

function most(sums: readonly RunSum[], of: 'worstMs' | 'criticalMs'): number {
  return Math.max(0, ...sums.map((sum) => sum[of]));
}

function tasksOfStep(step: Step<ActionFacts>): readonly TaskConfig<ActionFacts>[] {
  return step.kind === 'task' ? [step.task] : step.tasks;
}

/** Tasks of a group run side by side: the group lasts as long as the longest. */
function stepSum(tasks: readonly TaskConfig<ActionFacts>[]): Pick<StepBudget, 'worstMs' | 'criticalMs' | 'bounded'> {
  const longest = (of: readonly TaskConfig<ActionFacts>[]) => Math.max(0, ...of.map((task) => worstMs(task) ?? 0));
  return {
    worstMs: longest(tasks),
    criticalMs: longest(tasks.filter((task) => task.priority === 'critical')),
    bounded: tasks.every((task) => worstMs(task) !== undefined),
  };
}
