import type { HookName } from '../config/config.ts';
import type { LifeMarks } from './marks.ts';

/** How a task ended. A value, never an exception. */
export const TASK_OUTCOMES = ['succeeded', 'failed', 'timedOut', 'skipped', 'interrupted'] as const;
export type TaskOutcome = (typeof TASK_OUTCOMES)[number];

/** How a run ended. */
export const RUN_OUTCOMES = ['succeeded', 'failed', 'timedOut'] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** Where a run's deadline came from. */
export const DEADLINE_SOURCES = [
  'api',
  'header',
  'environment',
  'config',
  'default',
  'postStart.timeout',
  'preStop.timeout',
] as const;
export type DeadlineSource = (typeof DEADLINE_SOURCES)[number];

/** The deadline a run is given: its working time is `graceMs` minus `reserveMs`. */
export interface RunGrace {
  readonly source: DeadlineSource;
  readonly graceMs: number;
  readonly reserveMs: number;
  /** That the API server told `graceMs`, also where `source` is what ends the run before it; else undefined. */
  readonly toldByApi?: true | undefined;
  /** What was believed before something that knows better told another grace; undefined when nothing did. */
  readonly insteadOf?: { readonly source: DeadlineSource; readonly graceMs: number } | undefined;
}

/** Why a container is stopped: its pod ends, or it alone is started again. */
export const STOP_REASONS = ['termination', 'restart', 'unknown'] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/** What tells why a container is stopped: the API server, Hookkeeper's own SIGTERM, or that the container came back. */
export const STOP_SOURCES = ['none', 'api', 'sigterm', 'comeback'] as const;
export type StopSource = (typeof STOP_SOURCES)[number];

/** Why a preStop came, as far as it is known, and what told it, in a sentence. */
export interface Stop {
  readonly reason: StopReason;
  readonly source: StopSource;
  readonly why: string;
}

/** What hookkeeper's own SIGTERM tells. Where it was started again after that, its pod lived on. */
export const OWN_SIGTERM: Stop = {
  reason: 'termination',
  source: 'sigterm',
  why: 'hookkeeper itself was told to stop',
};

export const UNKNOWN_STOP: Stop = { reason: 'unknown', source: 'none', why: 'nothing has told it' };

/** What told which life of the container a delivery belongs to, best first. */
export const EVIDENCE = ['idempotency-key', 'process', 'api', 'sockets', 'sequence'] as const;
export type Evidence = (typeof EVIDENCE)[number];

/** One life of the app container, and how it was told from others. */
export interface Incarnation {
  /** `life-3`, or `key-` and the caller's own key. */
  readonly id: string;
  readonly evidence: Evidence;
  /** Why this one, in a sentence. */
  readonly why: string;
  /** What this life is known by. None in journals of older programs, and of a caller's own key. */
  readonly marks?: LifeMarks | undefined;
}

/** A task of a run. Each variant holds what is true in that state. `output` is the tail of what it printed. */
export type TaskRecord =
  | { readonly state: 'pending'; readonly name: string }
  | { readonly state: 'running'; readonly name: string; readonly attempts: number; readonly startedAtMs: number }
  | {
      readonly state: 'ended';
      readonly name: string;
      readonly outcome: TaskOutcome;
      /** All attempts, those of earlier deliveries and of a dead process included; 0 for one that was never started. */
      readonly attempts: number;
      readonly startedAtMs: number;
      readonly durationMs: number;
      readonly reason: string | null;
      readonly output: string;
      /** Values that later tasks of the run may use, by name. */
      readonly captured: Readonly<Record<string, string>>;
    };

/**
 * How a preStop is taken back, as its container came back: a record for each of its tasks that is, in the order that they are
 * taken back. It is over when all of them have ended.
 */
export interface UndoRecord {
  /** What showed that the container came back, in a sentence. */
  readonly why: string;
  /** Names the process that takes it back now; none while nobody does. */
  readonly instance?: string | undefined;
  readonly tasks: readonly TaskRecord[];
}

interface RunFacts {
  readonly id: string;
  /** Grows with each run of the journal: the order of runs, whatever the wall clock does. */
  readonly sequence: number;
  readonly hook: HookName;
  readonly container: string;
  readonly incarnation: Incarnation;
  readonly configDigest: string;
  /** The W3C `traceparent` of the run: the trace to which all that its tasks send belongs. */
  readonly traceparent: string;
  readonly firstDeliveryAtMs: number;
  readonly lastDeliveryAtMs: number;
  /** 0: nobody sent it, as the app had ended without a preStop (`alsoWithoutHook`). */
  readonly deliveries: number;
  readonly deadline: RunGrace;
  /** Of a preStop; undefined in what an older program wrote. */
  readonly stop?: Stop | undefined;
  /**
   * Of a preStop: its tasks with an undo, by name. The undo itself is in the config, and another one may be in force when it is due.
   * A task that `tasks` does not have was started before the run was gone on with under a config without it.
   */
  readonly undoable?: readonly string[] | undefined;
  /** Of a preStop that is taken back, or was. */
  readonly undo?: UndoRecord | undefined;
  readonly tasks: readonly TaskRecord[];
}

/**
 * One run, as the journal keeps it. `running` is the claim of the process named by `instance`; a claim of a process that is
 * dead becomes `interrupted` when the journal is opened.
 */
export type RunRecord =
  | (RunFacts & { readonly state: 'running'; readonly instance: string })
  | (RunFacts & { readonly state: 'interrupted' })
  | (RunFacts & {
      readonly state: 'ended';
      readonly outcome: RunOutcome;
      readonly reason: string | null;
      readonly endedAtMs: number;
      readonly durationMs: number;
      /** What was left of the working time when the answer was due, in ms. */
      readonly remainingMs: number;
    });

/** The ID of a life that its callers name by a key. */
export function keyedLife(key: string): string {
  return `key-${key}`;
}

/** The key that callers name the life of a run by; undefined where nobody does. */
export function keyOf({ incarnation: { id, evidence } }: RunRecord): string | undefined {
  return evidence === 'idempotency-key' ? id.slice(keyedLife('').length) : undefined;
}

/** Whether the caller named its life: such lives are apart from those that the kubelet begins and ends. */
export function isKeyed({ incarnation }: Pick<RunRecord, 'incarnation'>): boolean {
  return incarnation.evidence === 'idempotency-key';
}

/** Whether what the journal was told is on the disk. */
export type Durability =
  | { readonly state: 'durable' }
  | { readonly state: 'degraded'; readonly reason: string; readonly sinceMs: number };

/** The durable record of runs, newest last. What is put is seen at once; `commit` makes it durable. */
export interface Journal {
  /** All runs of a container, both hooks, in order of `sequence`. */
  runsOf(container: string): readonly RunRecord[];
  /** All runs, in order of `sequence`. */
  all(): readonly RunRecord[];
  nextSequence(): number;
  /** Adds the run, or replaces the one with its ID, and drops what is beyond the bounds. In memory only. */
  put(run: RunRecord): void;
  /**
   * Resolves when all that was put before is on the disk, or when it can't be had: a full or hanging disk degrades the
   * journal to memory, and never stops a run (P7). Never rejects.
   */
  commit(): Promise<Durability>;
  durability(): Durability;
}
