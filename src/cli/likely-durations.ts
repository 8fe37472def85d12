import type { HookName } from '../config/config.ts';
import type { RunRecord } from '../journal/entry.ts';

/** How long the tasks of one hook took before. */
export interface History {
  /** How many runs are known. */
  readonly runs: number;
  /** The median of a task's earlier durations, in ms; undefined for one that never ran to its end or its limit. */
  medianMs(task: string): number | undefined;
}

/** Reads a hook's history from a journal. A task that failed or was skipped tells nothing of how long it takes. */
export function historyOf(all: readonly RunRecord[], container: string, hook: HookName): History {
  const runs = all.filter((run) => run.container === container && run.hook === hook && run.state === 'ended');
  const durations = new Map<string, number[]>();
  for (const task of runs.flatMap(({ tasks }) => tasks)) {
    if (task.state !== 'ended' || (task.outcome !== 'succeeded' && task.outcome !== 'timedOut')) continue;
    durations.set(task.name, [...(durations.get(task.name) ?? []), task.durationMs]);
  }
  return { runs: runs.length, medianMs: (task) => median(durations.get(task) ?? []) };
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? undefined : Math.round((low + high) / 2);
}
