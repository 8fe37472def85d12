/**
 * What to do with a delivery, from the journal alone: pure and total.
 *
 * - P1 Once: while this process executes a run of that life, never `run`.
 * - P2 Join: a delivery whose run is being executed joins it.
 * - P3 Replay: a succeeded run is replayed; of another, what did not succeed is tried again.
 * - P4 Fresh life: another incarnation gets a run of its own; so does a preStop that was taken back, and one that comes after all
 *   to an app that was taken for gone.
 */
import type { HookName } from '../config/config.ts';
import { type Incarnation, isKeyed, type RunRecord } from '../journal/entry.ts';

export type Decision =
  | { readonly do: 'run' }
  | { readonly do: 'resume'; readonly run: RunRecord }
  | { readonly do: 'join'; readonly run: RunRecord & { readonly state: 'running' } }
  | { readonly do: 'replay'; readonly run: RunRecord & { readonly state: 'ended' } }
  | { readonly do: 'refuse'; readonly reason: string };

export interface DecideInput {
  readonly hook: HookName;
  readonly incarnation: Incarnation;
  /** All runs of the container, oldest first. */
  readonly runs: readonly RunRecord[];
  readonly onRedelivery: 'resume' | 'replay';
  /** Whether this process executes the run now. A claim without that is of a dead process. */
  readonly executes: (run: RunRecord) => boolean;
  /** Whether it was a process before this one that executed the run where nobody had sent it. */
  readonly earlier: (run: RunRecord) => boolean;
  /** Whether somebody sent the delivery; nobody does where the app ended without a preStop. */
  readonly sent: boolean;
}

/**
 * Runs of one container that may be executed at a time, and as many again of callers with an Idempotency-Key: only they can come
 * near, with many of them, and must not keep out the kubelet (P9).
 */
export const MOST_RUNS_AT_ONCE = 16;

/** Decides; see above. */
export function decide({ hook, incarnation, runs, onRedelivery, executes, earlier, sent }: DecideInput): Decision {
  const newest = runs.findLast((each) => each.hook === hook && each.incarnation.id === incarnation.id);
  // What was taken back has to be done again.
  const known = newest?.undo === undefined ? newest : undefined;
  if (known?.state === 'running' && executes(known)) return { do: 'join', run: known };
  // So has what was done for the end of an app that lived on: hookkeeper alone was stopped, and started again.
  const unsent = known?.deliveries === 0 && sent;
  const run = unsent && earlier(known) ? undefined : known;
  if (run?.state === 'ended' && !unsent && (run.outcome === 'succeeded' || onRedelivery === 'replay'))
    return { do: 'replay', run };
  const keyed = isKeyed({ incarnation });
  const executing = runs.filter((each) => executes(each) && isKeyed(each) === keyed).length;
  if (executing >= MOST_RUNS_AT_ONCE) {
    return {
      do: 'refuse',
      reason: `${executing} runs of this container are being executed, which is the most at a time`,
    };
  }
  return run === undefined ? { do: 'run' } : { do: 'resume', run };
}
