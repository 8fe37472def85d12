/**
 * What of a preStop is to be taken back when its container comes back: pure. The journal says what was started, the config how
 * it is taken back.
 */
import { type HookConfig, type TaskConfig, tasksOf } from '../config/config.ts';
import { isKeyed, type RunRecord, type TaskRecord } from '../journal/entry.ts';
import type { TaskAction } from './task.ts';

/** What the undo of a task is called: no name that the config could give to another. */
export function undoName(task: string): string {
  return `${task}/undo`;
}

/** The undo of a task as a task of its own. */
function undoTask(task: TaskConfig<TaskAction>): TaskConfig<TaskAction> | undefined {
  const { name, undo } = task;
  if (undo === undefined) return undefined;
  return {
    ...task,
    ...undo,
    name: undoName(name),
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
  const over = undosOver(run);
  return tasksOf(preStop)
    .toReversed()
    .filter(({ name }) => started.has(name))
    .flatMap((task) => undoTask(task) ?? [])
    .filter(({ name }) => !over.has(name));
}

function undosOver(run: RunRecord): ReadonlySet<string> {
  return new Set(run.undo?.tasks.flatMap(({ state, name }) => (state === 'ended' ? [name] : [])));
}

/** The tasks of a run that were started with an undo that the config does not have any more: nothing takes them back. The last first. */
export function lostUndosOf(run: RunRecord, preStop: HookConfig<TaskAction> | undefined): string[] {
  const records = new Map(run.tasks.map((record) => [record.name, record]));
  const known = new Set(preStop === undefined ? [] : undoableOf(preStop));
  const over = undosOver(run);
  return (run.undoable ?? [])
    .filter((name) => !known.has(name) && !over.has(undoName(name)))
    .filter((name) => !records.has(name) || wasStarted(records.get(name)))
    .toReversed();
}

function undoableOf(preStop: HookConfig<TaskAction>): string[] {
  return tasksOf(preStop).flatMap(({ name, undo }) => (undo === undefined ? [] : [name]));
}

/** What a preStop's claim says of its undos; `earlier` is the run that it goes on with, whose started tasks the config may have lost. */
export function undoableIn(
  preStop: HookConfig<TaskAction>,
  earlier: RunRecord | undefined,
): Pick<RunRecord, 'undoable'> {
  const lost = earlier === undefined ? [] : lostUndosOf(earlier, preStop).toReversed();
  const undoable = [...lost, ...undoableOf(preStop)];
  return undoable.length === 0 ? {} : { undoable };
}

/** The records of an undo that begins, or goes on after it was interrupted. */
export function undoRecords(run: RunRecord, undos: readonly string[]): TaskRecord[] {
  const known = run.undo?.tasks ?? [];
  const fresh = undos.filter((name) => !known.some((record) => record.name === name));
  return [...known, ...fresh.map((name): TaskRecord => ({ state: 'pending', name }))];
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
