import type { ActionProblem, Lookalike } from './task-kind.ts';

/** What a condition saw when it was looked at once. */
export type Reading =
  | {
      readonly kind: 'read';
      readonly met: boolean;
      /** What was seen, as it stands in a sentence: `12 connections`, `status 503`. No secret. */
      readonly saw: string;
      /** How far away the end is, where that is a number: it shows progress, a stall, and an estimate. 0 at the end. */
      readonly left: number | undefined;
    }
  | {
      readonly kind: 'unreadable';
      /** Why nothing was seen: `connection refused by 127.0.0.1:8080`. */
      readonly reason: string;
      /** The target takes no connections: several times in a row, this means that it is dead. */
      readonly refused: boolean;
    };

export interface ReadContext {
  /** Aborts when the look has to end; it is over soon after. */
  readonly signal: AbortSignal;
  /** Monotonic time, in ms, and a timer on it; `hooks/clock.ts` has one. */
  readonly clock: { monotonicMs(): number; after(ms: number, wake: () => void): () => void };
  /** What earlier tasks of the run captured, by name. */
  readonly captured: ReadonlyMap<string, string>;
}

/** Something that holds or does not: what a waiting task waits for, and what `when` asks before a task. */
export interface Condition {
  /** One line for people: `tcp 127.0.0.1:8080 is open`. No secret. */
  readonly summary: string;
  /** Which captured values it needs, and where that stands in it. Default: none. */
  readonly uses?: readonly { readonly name: string; readonly path: readonly (string | number)[] }[];
  /** Where it has what looks like a captured value, and is none. Default: nowhere. */
  lookalikes?(): readonly Lookalike[];
  /** Looks for what can be known wrong at load time. Never throws. */
  check(): readonly ActionProblem[];
  /** Looks once. Never rejects; leaves nothing open. */
  read(context: ReadContext): Promise<Reading>;
}

/** What `when` asks before a task: a condition, the reason of the stop, or both. */
export interface Guard {
  readonly reason: KnownStopReason | undefined;
  readonly condition: Condition | undefined;
}

/** Why a container is stopped, where that is known: its pod ends, or the container alone is started again. */
export const KNOWN_STOP_REASONS = ['termination', 'restart'] as const;
export type KnownStopReason = (typeof KNOWN_STOP_REASONS)[number];
