/** Whether tasks and undos can succeed, and be tried again, in the time that they are given themselves. */
import type { TaskConfig } from './config.ts';
import { formatDuration } from './duration.ts';
import { error, type Finding, warning } from './finding.ts';
import type { KnownTask } from './known-hooks.ts';
import type { Path } from './problem.ts';
import type { ActionFacts } from './task-kind.ts';

type Tried = Pick<TaskConfig<ActionFacts>, 'kind' | 'action' | 'timeoutMs' | 'attemptTimeoutMs' | 'retry'>;

interface Bound {
  readonly key: 'timeout' | 'attemptTimeout';
  readonly ms: number;
  /** How the bound gets out of the way. */
  readonly remedy: string;
}

/** Errors for a timeout that is over before the task, or its undo, can succeed; a warning where it leaves no time to try again. */
export function checkLengths({ path, task }: KnownTask<ActionFacts>): Finding[] {
  return [
    ...lengthsOf(path, task, 'raise or remove it'),
    // An undo always has a timeout: without one of its own, the default.
    ...(task.undo === undefined ? [] : lengthsOf([...path, 'undo'], task.undo, 'raise it')),
  ];
}

function lengthsOf(path: Path, tried: Tried, remedy: string): Finding[] {
  const { timeoutMs, attemptTimeoutMs } = tried;
  const bounds: readonly Bound[] = [
    ...(timeoutMs === undefined ? [] : [{ key: 'timeout', ms: timeoutMs, remedy } as const]),
    ...(attemptTimeoutMs === undefined
      ? []
      : [{ key: 'attemptTimeout', ms: attemptTimeoutMs, remedy: 'raise or remove it' } as const]),
  ];
  return [
    ...bounds.flatMap((bound) => [...ownLength(path, tried, bound), ...leastLength(path, tried, bound)]),
    ...retryLength(path, tried),
  ];
}

/** A task that always lasts for a time of its own can't succeed in less; where that is fixed, nor in as much: the timeout is first. */
function ownLength(path: Path, { kind, action }: Tried, { key, ms, remedy }: Bound): Finding[] {
  const { ownMs, lasts = [] } = action;
  if (ownMs === undefined) return [];
  const isFixed = lasts.some((least) => least.ms >= ownMs);
  if (isFixed ? ms > ownMs : ms >= ownMs) return [];
  const own = formatDuration(ownMs);
  const rule = isFixed
    ? `must be longer than the ${own} that the ${kind} lasts by itself`
    : `must be at least the ${own} that the ${kind} may last by itself`;
  return [
    error({ path: [...path, key], rule, value: formatDuration(ms), remedy: `${remedy}, or shorten the ${kind}` }),
  ];
}

function leastLength(path: Path, { kind, action }: Tried, { key, ms }: Bound): Finding[] {
  if (action.ownMs !== undefined) return [];
  return (action.lasts ?? [])
    .filter((least) => least.ms >= ms)
    .map((least) =>
      error({
        path: [...path, kind, ...least.path],
        rule: `must be shorter than the ${key} of ${formatDuration(ms)}, which else is over first`,
        value: formatDuration(least.ms),
        remedy: `shorten it, or raise the ${key}`,
      }),
    );
}

/** A wait that is as long as all attempts together may be is never begun. */
function retryLength(path: Path, { timeoutMs, retry }: Tried): Finding[] {
  if (timeoutMs === undefined || retry.attempts === 1 || retry.minDelayMs < timeoutMs) return [];
  return [
    warning({
      path: [...path, 'retry', 'minDelay'],
      rule: `should be shorter than the timeout of ${formatDuration(timeoutMs)}, or nothing is tried again`,
      value: formatDuration(retry.minDelayMs),
      remedy: 'shorten it, or raise the timeout',
    }),
  ];
}
