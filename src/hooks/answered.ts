import type { Durability, RunRecord } from '../journal/entry.ts';
import type { Delivery, DeliveryKind, Result } from './delivery.ts';
import type { LiveRun } from './live-run.ts';
import type { EndedRun } from './run.ts';
import { graceNote, headerGrace } from './run-grace.ts';
import { messageOf } from './sentence.ts';

export interface AnswerInput {
  /** Undefined: the run was broken off. */
  readonly end: EndedRun | undefined;
  readonly served: DeliveryKind;
  readonly delivery: Delivery;
  readonly durability: Durability;
  /** The run as it was executed; default: nobody knows it any more. */
  readonly of?: LiveRun;
}

/** What the caller of a delivery is told when the run that served it is over. */
export function answered({ end, served, delivery, durability, of }: AnswerInput): Result {
  if (end === undefined) {
    const why = of?.brokenOff.aborted === true ? messageOf(of.brokenOff.reason) : 'by a bug of hookkeeper';
    return { kind: 'refused', reason: `the run was broken off, ${why}` };
  }
  const left = (of?.notTakenBack() ?? []).map(
    (failed) => `what the last preStop took away is not all given back, ${failed}`,
  );
  return { kind: 'ended', delivery: served, run: end, notes: [...notesOf(end, delivery, durability), ...left] };
}

/** What an answer must not pass in silence (P6). */
export function notesOf(run: RunRecord, delivery: Delivery, durability: Durability): string[] {
  const degraded = durability.state === 'durable' ? undefined : durability.reason;
  return [
    degraded === undefined ? undefined : `the journal is kept in memory only, ${degraded}`,
    graceNote(run.deadline),
    headerGrace(delivery.hook, delivery.grace).ignored,
  ].filter((note) => note !== undefined);
}

/** The same result with one more note, where a run has ended. */
export async function withNote(result: Result | Promise<Result>, note: string): Promise<Result> {
  const told = await result;
  return told.kind === 'ended' ? { ...told, notes: [...told.notes, note] } : told;
}
