/** Whether the worst case of a hook fits into the time there is. */
import { answerTimeMs } from './answer-time.ts';
import { hookBudget, limitMs, workMs, worstMs } from './budget.ts';
import { type GraceConfig, type HookConfig, type HookName, tasksOf } from './config.ts';
import { formatDuration } from './duration.ts';
import { error, type Finding, warning } from './finding.ts';
import type { KnownTask } from './known-hooks.ts';
import type { Path } from './problem.ts';
import type { ActionFacts } from './task-kind.ts';

export interface TimeCheck<A extends ActionFacts> {
  readonly hook: HookName;
  readonly path: Path;
  readonly config: HookConfig<A>;
  readonly tasks: readonly KnownTask<A>[];
  readonly grace: GraceConfig;
}

/** An error if the critical tasks alone don't fit, a warning if all together don't; warnings for what makes no sense. */
export function checkTime<A extends ActionFacts>(check: TimeCheck<A>): Finding[] {
  return [
    ...checkFit(check),
    ...checkMinima(check),
    ...checkLeast(check),
    ...checkOwnTimeout(check),
    ...checkKept(check),
  ];
}

function checkFit<A extends ActionFacts>({ hook, path, config, grace }: TimeCheck<A>): Finding[] {
  const budget = hookBudget(config, limitMs(hook, config, grace));
  const { text: limit, remedy: more } = describeLimit(hook, config, grace);
  const remedy = `shorten timeouts, let tasks run in parallel, or ${more}`;
  if (budget.criticalMs > budget.limitMs) {
    const rule = `must fit into ${limit} with its critical tasks alone`;
    return [error({ path, rule, value: `${formatDuration(budget.criticalMs)} in the worst case`, remedy })];
  }
  if (budget.worstMs <= budget.limitMs) return [];
  const rule = `should fit into ${limit}, or tasks may be cut short or shed`;
  return [warning({ path, rule, value: `${formatDuration(budget.worstMs)} in the worst case`, remedy })];
}

/** A task that wants more time than there ever is would be left out of every run. */
function checkMinima<A extends ActionFacts>({ hook, config, tasks, grace }: TimeCheck<A>): Finding[] {
  const limit = limitMs(hook, config, grace);
  const { text, remedy } = describeLimit(hook, config, grace);
  return tasks
    .filter(({ task }) => task.minimumMs > limit)
    .map(({ path, task }) =>
      error({
        path: [...path, 'minimum'],
        rule: `must be at most ${text}, or the task is never started`,
        value: formatDuration(task.minimumMs),
        remedy: `shorten it, or ${remedy}`,
      }),
    );
}

/** The same for one that can't succeed before the time is over. What always lasts for a time of its own is in the worst case. */
function checkLeast<A extends ActionFacts>({ hook, config, tasks, grace }: TimeCheck<A>): Finding[] {
  const limit = limitMs(hook, config, grace);
  const { text, remedy } = describeLimit(hook, config, grace);
  return tasks
    .filter(({ task }) => task.action.ownMs === undefined)
    .flatMap(({ path, task }) => (task.action.lasts ?? []).map((least) => ({ path, task, least })))
    .filter(({ task, least }) => least.ms >= limit && least.ms < (task.timeoutMs ?? Infinity))
    .map(({ path, task, least }) =>
      warning({
        path: [...path, task.kind, ...least.path],
        rule: `should be shorter than ${text}, or the task never succeeds`,
        value: formatDuration(least.ms),
        remedy: `shorten it, or ${remedy}`,
      }),
    );
}

/** The time that the tasks have, as it stands in a rule, and what gives them more. */
function describeLimit(hook: HookName, config: HookConfig<ActionFacts>, grace: GraceConfig) {
  const work = workMs(hook, config, grace);
  const ownTimeout = config.timeoutMs === work;
  const whole = ownTimeout ? "the hook's timeout" : 'the grace period';
  const kept = [
    ...(ownTimeout ? [] : [`the reserve of ${formatDuration(grace.reserveMs)}`]),
    `${formatDuration(answerTimeMs(work))} for the answer`,
  ];
  const of = formatDuration(ownTimeout ? work : grace.periodMs);
  return {
    text: `${formatDuration(limitMs(hook, config, grace))} (${whole} of ${of} minus ${kept.join(' and ')})`,
    remedy: ownTimeout ? "raise the hook's timeout" : 'raise terminationGracePeriodSeconds and the grace period',
  };
}

function workingTime({ periodMs, reserveMs }: GraceConfig): string {
  const [work, period, reserve] = [periodMs - reserveMs, periodMs, reserveMs].map(formatDuration);
  return `${work} (the grace period of ${period} minus the reserve of ${reserve})`;
}

function checkOwnTimeout<A extends ActionFacts>({ hook, path, config, grace }: TimeCheck<A>): Finding[] {
  if (hook === 'postStart' || config.timeoutMs === undefined) return [];
  if (config.timeoutMs <= grace.periodMs - grace.reserveMs) return [];
  return [
    warning({
      path: [...path, 'timeout'],
      rule: `should be at most ${workingTime(grace)}, which ends the run in any case`,
      value: formatDuration(config.timeoutMs),
      remedy: 'shorten it or remove it',
    }),
  ];
}

/** Earlier tasks leave a critical one the time it is known to need: without a bound, that is none. */
function checkKept<A extends ActionFacts>({ config, tasks }: TimeCheck<A>): Finding[] {
  const behindOthers = new Set(tasksOf({ ...config, steps: config.steps.slice(1) }));
  return tasks
    .filter(({ task }) => task.priority === 'critical' && behindOthers.has(task) && worstMs(task) === undefined)
    .map(({ path }) =>
      warning({
        path,
        rule: 'should have a timeout, as earlier tasks leave a critical one no more time than it is known to need',
        value: undefined,
        remedy: 'add a timeout',
      }),
    );
}
