/**
 * When a run has to be over (P5). The clock of a run starts at its first delivery; a redelivery by the kubelet brings a
 * fresh grace and moves the end (kubelet contract, section 4). All instants here are monotonic.
 */

import type { GraceConfig, HookConfig, HookName } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { DeadlineSource } from '../journal/entry.ts';
import type { Clock } from './clock.ts';

/** The deadline a run is given: its working time is `graceMs` minus `reserveMs`. */
export interface Grace {
  readonly source: DeadlineSource;
  readonly graceMs: number;
  readonly reserveMs: number;
}

/**
 * The grace of a hook. A preStop has the pod's, unless the hook's own `timeout` is shorter than its working time: then the
 * rest is reserve. A postStart has its `timeout`, as the kubelet has none for it.
 */
export function graceOf(hook: HookName, config: HookConfig<ActionFacts>, grace: GraceConfig): Grace {
  const { periodMs, reserveMs, source } = grace;
  const timeoutMs = config.timeoutMs;
  if (hook === 'postStart') return { source: 'postStart.timeout', graceMs: timeoutMs ?? periodMs, reserveMs: 0 };
  if (timeoutMs === undefined || timeoutMs >= periodMs - reserveMs) return { source, graceMs: periodMs, reserveMs };
  return { source: 'preStop.timeout', graceMs: periodMs, reserveMs: periodMs - timeoutMs };
}

/** The end of a run's working time, which may move to a later instant. */
export interface Deadline {
  /** What is left of the working time, in ms; 0 when it is over. */
  remainingMs(): number;
  /** The end on the wall clock, as of now. */
  epochMs(): number;
  /** Moves the end to `workMs` from now, if that is later; returns by how many ms it moved. */
  extend(workMs: number): number;
  /** Calls back whenever the end moves, until the returned function is called. */
  onMove(listener: () => void): () => void;
}

/** A deadline `workMs` from now. */
export function createDeadline(clock: Clock, workMs: number): Deadline {
  let endMs = clock.monotonicMs() + workMs;
  const listeners = new Set<() => void>();
  const remainingMs = () => Math.max(0, endMs - clock.monotonicMs());
  return {
    remainingMs,
    epochMs: () => Math.round(clock.epochMs() + remainingMs()),
    extend(freshMs) {
      const movedMs = clock.monotonicMs() + freshMs - endMs;
      if (movedMs <= 0) return 0;
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

/** An AbortSignal that aborts when time is up, and may be given more. */
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
