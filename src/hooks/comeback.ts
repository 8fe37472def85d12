/**
 * A container that comes back: its run of a new life shows that the stop before was a restart. That is recorded on the preStop,
 * and what it took away is given back before the new run's own tasks.
 */
import { type Config, tasksOf } from '../config/config.ts';
import type { Journal, RunRecord } from '../journal/entry.ts';
import type { Deadline } from './deadline.ts';
import type { Emit } from './event.ts';
import type { TaskAction } from './task.ts';
import type { TaskRunInput } from './task-run.ts';
import type { Undoing } from './undo.ts';
import { lostUndosOf, stopBefore, undosOf } from './undo-plan.ts';

export interface ComebackInput {
  readonly journal: Journal;
  readonly emit: Emit;
  readonly undoing: Undoing;
  /** Breaks a run off for another one, if it is still executed, and resolves when nothing of it is left. */
  readonly breakOff: (run: RunRecord, heir: string) => Promise<void>;
}

/** What a run that begins is to its container. */
export interface Begun {
  readonly run: RunRecord;
  /** Whether the kubelet sent it, which sends a postStart to a new container alone (kubelet contract, section 3). */
  readonly fromKubelet: boolean;
  readonly config: Config<TaskAction>;
  readonly deadline: Deadline;
  readonly later: TaskRunInput['later'];
  readonly signal: AbortSignal;
}

/** Gives back what the stop before `begun` took away; resolves with what that did not succeed in, in words. */
export async function takeBack(input: ComebackInput, begun: Begun): Promise<readonly string[]> {
  const { journal, emit, undoing } = input;
  const { run, config, signal } = begun;
  const found = stopBefore(run, journal.runsOf(run.container));
  if (found === undefined) return [];
  const why = `the container came back, as run ${run.id} is of another life: ${run.incarnation.why}`;
  const preStop = config.containers.get(run.container)?.preStop;
  const current = () => journal.runsOf(run.container).find(({ id }) => id === found.id) ?? found;
  if (found.incarnation.id !== run.incarnation.id && found.stop?.reason !== 'restart') {
    const stop = { reason: 'restart', source: 'comeback', why } as const;
    journal.put({ ...found, stop });
    emit({ type: 'stopReason', run: current(), stop });
  }
  // What still runs for a container that is no more would go on taking away, from the new one. Somebody else's call proves no new one,
  // and is believed only where there is something to give back.
  const undoable =
    found.undoable !== undefined || (preStop !== undefined && tasksOf(preStop).some(({ undo }) => undo !== undefined));
  if (undoable || (run.hook === 'postStart' && begun.fromKubelet)) await input.breakOff(found, run.id);
  const undos = undosOf(current(), preStop);
  const lost = lostUndosOf(current(), preStop);
  if (undos.length + lost.length === 0 || signal.aborted) return [];
  const { deadline, later } = begun;
  return undoing.undo({ run: current(), undos, lost, why: found.undo?.why ?? why, deadline, later, signal });
}
