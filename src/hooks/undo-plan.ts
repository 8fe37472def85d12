/**
 * What of a preStop is to be taken back when its container comes back: pure. The journal says what was started, the config how
 * it is taken back.
 */
import { type HookConfig, type TaskConfig, tasksOf } from '../config/config.ts';
import { isKeyed, type RunRecord, type TaskRecord } from '../journal/entry.ts';
import type { TaskAction } from './task.ts';

/** The undo of a task as a task of its own. `NAME/undo` is no name that the config could give to another. */
function undoTask(task: TaskConfig<TaskAction>): TaskConfig<TaskAction> | undefined {
  const { name, undo } = task;
  if (undo === undefined) return undefined;
  return {
    ...task,
    ...undo,
    name: `${name}/undo`,
    when: undefined,
    whenReason: undefined,
    undo: undefined,
    priority: 'normal',
    minimumMs: 0,
  };
}

/** Whether a task may have had an effect: it was started, however it ended. */
function wasStarted(record: TaskRecord | undefined): boolean {
  if (record === undefined || record.state === 'pending') return false;
  return record.state === 'running' || record.attempts > 0;
}

/** The undos that are left to be done of a run, in the order that they are done: the last task first. */
export function undosOf(run: RunRecord, preStop: HookConfig<TaskAction> | undefined): TaskConfig<TaskAction>[] {
  if (run.hook !== 'preStop' || preStop === undefined) return [];
  const started = new Set(run.tasks.filter(wasStarted).map(({ name }) => name));
  const over = new Set(run.undo?.tasks.flatMap(({ state, name }) => (state === 'ended' ? [name] : [])));
  return tasksOf(preStop)
    .toReversed()
    .filter(({ name }) => started.has(name))
    .flatMap((task) => undoTask(task) ?? [])
    .filter(({ name }) => !over.has(name));
}

/** The records of an undo that begins, or goes on after it was interrupted. */
export function undoRecords(run: RunRecord, undos: readonly TaskConfig<TaskAction>[]): TaskRecord[] {
  const known = run.undo?.tasks ?? [];
  const fresh = undos.filter(({ name }) => !known.some((record) => record.name === name));
  return [...known, ...fresh.map(({ name }): TaskRecord => ({ state: 'pending', name }))];
}

/**
 * The preStop that the life of `run` shows to have been a restart: the last one of another life, as callers with keys and those
 * without count lives apart; or of the same one, if it was begun to be taken back already. Two preStops with keys may be two
 * callers at a time, and show nothing. `runs` are the container's, oldest first.
 */
export function stopBefore(run: RunRecord, runs: readonly RunRecord[]): RunRecord | undefined {
  const stop = runs.findLast(
    (other) => other.hook === 'preStop' && other.sequence < run.sequence && isKeyed(other) === isKeyed(run),
  );
  const twoCallers = isKeyed(run) && run.hook === 'preStop';
  const otherLife = stop !== undefined && stop.incarnation.id !== run.incarnation.id && !twoCallers;
  return otherLife || stop?.undo !== undefined ? stop : undefined;
}
