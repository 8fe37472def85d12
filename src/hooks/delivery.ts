import type { HookName } from '../config/config.ts';
import type { RunRecord } from '../journal/entry.ts';

/** Who sent a delivery. */
export type Caller = 'kubelet' | 'other';

/** One HTTP request for one hook of one container, after admission. */
export interface Delivery {
  readonly hook: HookName;
  readonly container: string;
  readonly caller: Caller;
  /** The `Idempotency-Key` header, if the caller sent one. */
  readonly key: string | undefined;
  /** The `traceparent` header of a caller that is no kubelet, as it came: it may be malformed. Default: none. */
  readonly traceparent?: string | undefined;
  /** The `Hookkeeper-Grace` header as it was sent; it is decoded where it is used. */
  readonly grace?: string | undefined;
  /** When it arrived, on the wall clock. */
  readonly atMs: number;
  /** How long it was held until anybody could serve it, in ms: its grace went on meanwhile. Default: not at all. */
  readonly waitedMs?: number;
  /** Aborts when its caller has gone away. That cancels nothing (P2): it is not waited for any longer, where it joined a run. */
  readonly gone?: AbortSignal;
  /** Nobody sent it: the app ended without a preStop, and only the tasks for that are run. */
  readonly withoutHook?: boolean;
}

/** How a delivery was served. */
export const DELIVERY_KINDS = ['executed', 'joined', 'replayed', 'resumed'] as const;
export type DeliveryKind = (typeof DELIVERY_KINDS)[number];

/** What the caller has to be told. */
export type Result =
  | {
      readonly kind: 'ended';
      readonly delivery: DeliveryKind;
      readonly run: RunRecord & { readonly state: 'ended' };
      /** What this delivery must not pass in silence: a journal that is not durable, a guess about the life. */
      readonly notes: readonly string[];
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** The hooks, as the HTTP edge sees them. */
export interface Deliveries {
  /** Serves one delivery: runs, resumes, joins, replays or refuses. Never rejects; resolves when there is something to answer. */
  deliver(delivery: Delivery): Promise<Result>;
  /** Looks, after a start, at what earlier processes left drained, and takes back what has to be. Never rejects. */
  reconcile(): Promise<void>;
  /** Takes in that hookkeeper itself was told to stop: its pod ends, and so a preStop is no restart. */
  sigterm(): void;
  /** How many runs are being executed now. */
  active(): number;
  /** Resolves when no run is being executed. */
  idle(): Promise<void>;
  /** Ends what goes on between deliveries: no timer is left of it. Deliveries are served all the same. */
  close(): void;
  /**
   * Ends every run at once, children killed, and puts into the journal that they are interrupted. Resolves when nothing of them is
   * left, or soon where a child does not go. Never rejects.
   */
  abort(reason: string): Promise<void>;
}
