import { type Bounded, boundJournal } from './bounds.ts';
import type { JournalData } from './codec.ts';
import type { RunRecord, UndoRecord } from './entry.ts';
import { keptRun } from './kept-run.ts';

/** A journal as a process begins with it. */
export interface TakenUp extends Bounded {
  /** How many runs it had. */
  readonly runs: number;
  /** How many of them were claimed by a process that is dead. */
  readonly interrupted: number;
}

/** What was read, for the process named `self`: the claims of all others are over, as they are dead. Pure. */
export function takenUp(data: JournalData, self: string): TakenUp {
  const isLost = (run: RunRecord) => run.state === 'running' && run.instance !== self;
  const runs = data.runs.map((run) => {
    const left = run.undo === undefined ? run : { ...run, undo: leftBy(run.undo, self) };
    return keptRun(isLost(run) ? { ...left, state: 'interrupted' } : left);
  });
  return { ...boundJournal({ ...data, runs }), runs: runs.length, interrupted: data.runs.filter(isLost).length };
}

function leftBy(undo: UndoRecord, self: string): UndoRecord {
  return undo.instance === self ? undo : { ...undo, instance: undefined };
}
