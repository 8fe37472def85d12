/**
 * What a sidecar that was started again does with a preStop that nobody has taken back: pure. The app must not stay drained where
 * it lives on, and must not be given back to its callers while its pod ends. A postStart, should one come, settles it in any case.
 */
import type { KnownStopReason } from '../config/condition.ts';
import type { RunRecord } from '../journal/entry.ts';
import type { AppPresence } from './app-presence.ts';
import type { OtherLife } from './life-marks.ts';
import type { PodReading } from './pod-facts.ts';

export interface ReconcileFacts {
  readonly run: RunRecord;
  readonly pod: PodReading;
  readonly presence: AppPresence;
  /** What shows that the app's life is another than that of the preStop; undefined where nothing does. */
  readonly otherLife: OtherLife | undefined;
  readonly unknownReason: KnownStopReason;
  /** Whether a postStart comes with the app's next life. */
  readonly postStart: boolean;
  /** Now, on the wall clock. */
  readonly atMs: number;
}

export type ReconcileVerdict =
  | { readonly do: 'undo'; readonly why: string }
  | { readonly do: 'leave'; readonly why: string }
  /** It can't be told before this instant of the wall clock; undefined: before the app comes back. */
  | { readonly do: 'wait'; readonly untilMs: number | undefined };

/** An app that is stopped has 2 s after the end of its grace (kubelet contract, section 4); the rest is for a busy node. In ms. */
const DEAD_BY_NOW_MS = 5000;

/** Decides. Total. */
export function reconcileVerdict(facts: ReconcileFacts): ReconcileVerdict {
  const { run, pod, presence, otherLife, unknownReason, postStart, atMs } = facts;
  if (pod.kind === 'gone') return leave(`the pod was deleted: ${pod.reason}`);
  if (pod.kind === 'read' && pod.pod.deletion !== undefined) return leave('the pod is being deleted');
  const reason = run.stop?.reason ?? 'unknown';
  // No container of a pod that ends is started again: only this sidecar had been told to stop.
  const cameBack = run.stop?.source === 'sigterm';
  // A pod that was not deleted lives on.
  const terminated = reason === 'termination' && pod.kind !== 'read' && !cameBack;
  if (presence.kind === 'gone') {
    if (!postStart && !terminated) return { do: 'wait', untilMs: undefined };
    return leave(`there is no app to do it for, ${presence.why}; its next postStart does`);
  }
  if (run.undo !== undefined) return { do: 'undo', why: run.undo.why };
  const inOtherLife = { do: 'undo', why: `the app is there, in another life: ${otherLife?.why}` } as const;
  // An app that drains may close its sockets and open others: while it may be ending, they alone show no other life.
  if (otherLife !== undefined && otherLife.source !== 'sockets') return inOtherLife;
  if (terminated) return leave(`the pod is being stopped: ${run.stop?.why ?? ''}`);
  const overMs = run.lastDeliveryAtMs + run.deadline.graceMs + DEAD_BY_NOW_MS;
  // A clock that was set back must not make this last.
  if (atMs < overMs && atMs >= run.lastDeliveryAtMs) return { do: 'wait', untilMs: overMs };
  if (otherLife !== undefined) return inOtherLife;
  if (presence.kind === 'unknown') return leave(`nothing tells whether the app is there: ${presence.why}`);
  const alive = `the app is there, ${presence.why}`;
  if (reason === 'restart') return { do: 'undo', why: alive };
  if (pod.kind === 'read') return { do: 'undo', why: `${alive}, after its grace, and the pod was not deleted` };
  if (cameBack)
    return { do: 'undo', why: `${alive}, after its grace, and hookkeeper, told to stop before, was started again` };
  const taken = `${alive}, after its grace, and nothing tells why it was stopped; unknownReason takes it for a ${unknownReason}`;
  return unknownReason === 'restart' ? { do: 'undo', why: taken } : leave(taken);
}

function leave(why: string): ReconcileVerdict {
  return { do: 'leave', why };
}
