/**
 * When a run has to be over (P5). The clock of a run starts at its first delivery; a redelivery by the kubelet brings a
 * fresh grace and moves the end (kubelet contract, section 4), and what is learned of the grace while the run goes moves it
 * either way. All instants here are monotonic.
 */
import type { Clock } from './clock.ts';

/** The end of a run's working time, which may move. */
export interface Deadline {
  /** What is left of the working time, in ms; 0 when it is over. */
  remainingMs(): number;
  /** The end on the wall clock, as of now. */
  epochMs(): number;
  /** The whole of the working time, as it was given last, in ms. */
  workMs(): number;
  /** Gives the run `workMs` counted from the instant `sinceMs`; returns by how many ms the end moved, below 0 for sooner. */
  give(workMs: number, sinceMs: number): number;
  /** Calls back whenever the end moves, until the returned function is called. */
  onMove(listener: () => void): () => void;
}

/** A deadline `workMs` from now. */
export function createDeadline(clock: Clock, workMs: number): Deadline {
  let wholeMs = workMs;
  let endMs = clock.monotonicMs() + workMs;
  const listeners = new Set<() => void>();
  const remainingMs = () => Math.max(0, endMs - clock.monotonicMs());
  return {
    remainingMs,
    epochMs: () => Math.round(clock.epochMs() + remainingMs()),
    workMs: () => wholeMs,
    give(givenMs, sinceMs) {
      const movedMs = sinceMs + givenMs - endMs;
      if (movedMs === 0 && givenMs === wholeMs) return 0;
      wholeMs = givenMs;
      endMs += movedMs;
      for (const listener of listeners) listener();
      return movedMs;
    },
    onMove(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** An AbortSignal that aborts when time is up, and may be given more or less. */
export interface TimeLimit extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Aborts its signal when `leftMs()` has gone by; asks again whenever the deadline moves, and then waits for that long.
 * Aborts with `parent`'s reason as soon as `parent` does. Dispose of it when the work is over.
 */
export function createTimeLimit(
  clock: Clock,
  deadline: Deadline,
  leftMs: () => number,
  reason: () => Error,
  parent: AbortSignal,
): TimeLimit {
  const controller = new AbortController();
  let cancel = () => {};
  const check = () => {
    cancel();
    const ms = leftMs();
    if (ms <= 0) controller.abort(reason());
    else cancel = clock.after(ms, check);
  };
  const onParent = () => controller.abort(parent.reason);
  const offMove = deadline.onMove(check);
  parent.addEventListener('abort', onParent, { once: true });
  if (parent.aborted) onParent();
  else check();
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      cancel();
      offMove();
      parent.removeEventListener('abort', onParent);
    },
  };
}
