import type { Figure } from '../config/figure.ts';
import type { RunRecord, Stop, TaskRecord } from '../journal/entry.ts';
import type { Delivery, DeliveryKind } from './delivery.ts';
import type { Identity } from './incarnation.ts';

type EndedRun = RunRecord & { readonly state: 'ended' };
type EndedTask = TaskRecord & { readonly state: 'ended' };

/** What happens to deliveries, runs and tasks, as it happens: the one source of logs, metrics and timelines. */
export type HookEvent =
  | {
      readonly type: 'delivered';
      readonly delivery: Delivery;
      readonly served: DeliveryKind;
      readonly run: RunRecord;
      readonly identity: Identity;
    }
  | { readonly type: 'deliveryRefused'; readonly delivery: Delivery; readonly reason: string }
  | {
      readonly type: 'runStarted';
      readonly run: RunRecord;
      readonly resumed: boolean;
      readonly remainingMs: number;
      readonly deadlineEpochMs: number;
    }
  | {
      readonly type: 'deadlineMoved';
      readonly run: RunRecord;
      /** Below 0 when it is sooner now. */
      readonly movedMs: number;
      /** Why, in a sentence without a subject. */
      readonly why: string;
      readonly remainingMs: number;
      readonly deadlineEpochMs: number;
    }
  /** Why a container is stopped was learned, or could not be. */
  | { readonly type: 'stopReason'; readonly run: RunRecord; readonly stop: Stop }
  /** `run`, a preStop, is taken back, as its container came back. */
  | { readonly type: 'undoStarted'; readonly run: RunRecord; readonly why: string; readonly remainingMs: number }
  | {
      readonly type: 'undoEnded';
      readonly run: RunRecord;
      /** What did not succeed, in words. */
      readonly failed: readonly string[];
      readonly durationMs: number;
    }
  /**
   * After a start of hookkeeper: it can't be told yet what becomes of such a preStop, as its app may still be ending; `untilMs` is
   * undefined where it is gone, and may come back at any time.
   */
  | { readonly type: 'reconcileWaits'; readonly run: RunRecord; readonly untilMs: number | undefined }
  /** What becomes of a preStop that no hook took back: after a start in any case, else where it is taken back. */
  | { readonly type: 'reconciled'; readonly run: RunRecord; readonly undone: boolean; readonly why: string }
  /** A header of a delivery was passed over. */
  | { readonly type: 'graceIgnored'; readonly run: RunRecord; readonly reason: string }
  | {
      readonly type: 'taskStarted';
      readonly run: RunRecord;
      readonly task: string;
      readonly kind: string;
      readonly summary: string;
      readonly budgetMs: number;
      readonly remainingMs: number;
    }
  | {
      readonly type: 'attemptEnded';
      readonly run: RunRecord;
      readonly task: string;
      readonly attempt: number;
      readonly attempts: number;
      readonly outcome: 'succeeded' | 'skipped' | 'failed' | 'timedOut';
      readonly reason: string | null;
      readonly durationMs: number;
      readonly retryInMs: number | undefined;
      readonly remainingMs: number;
    }
  | {
      readonly type: 'taskOutput';
      readonly run: RunRecord;
      readonly task: string;
      readonly attempt: number;
      readonly line: string;
      readonly remainingMs: number;
    }
  | {
      readonly type: 'taskProgress';
      readonly run: RunRecord;
      readonly task: string;
      readonly attempt: number;
      readonly message: string;
      readonly remainingMs: number;
    }
  | {
      readonly type: 'outputLimit';
      readonly run: RunRecord;
      readonly task: string;
      readonly lines: number;
      readonly remainingMs: number;
    }
  | {
      readonly type: 'taskFigure';
      readonly run: RunRecord;
      readonly task: string;
      readonly figure: Figure;
      readonly value: number;
    }
  | {
      readonly type: 'taskEnded';
      readonly run: RunRecord;
      readonly task: EndedTask;
      /** Whether it was not started for want of time. */
      readonly shed: boolean;
      readonly remainingMs: number;
    }
  | { readonly type: 'runEnded'; readonly run: EndedRun }
  /** A run was broken off for good, as its container is another by now, or is being stopped. */
  | { readonly type: 'runBrokenOff'; readonly run: RunRecord; readonly why: string }
  | { readonly type: 'runBug'; readonly run: RunRecord; readonly error: unknown }
  | { readonly type: 'taskBug'; readonly run: RunRecord; readonly task: string; readonly error: unknown };

export type Emit = (event: HookEvent) => void;
