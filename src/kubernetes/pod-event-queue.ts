/**
 * The Events that wait to be sent. Events of one key that wait are one with a count; one key is sent every few seconds at most;
 * and all keys together share a rate, so that no flood of deliveries becomes a flood of the API server (P9). Pure but for its state.
 */
import type { PodEvent } from './pod-event.ts';

/** What is sent for one or more events of one key. */
export interface QueuedEvent {
  /** The newest of them. */
  readonly event: PodEvent;
  readonly count: number;
  /** On the wall clock. */
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

export interface PodEventQueue {
  /** `atMs` is on the wall clock. */
  add(event: PodEvent, atMs: number): void;
  /** Takes the oldest that may be sent now; with `all` also one that would wait for more of its key. */
  take(nowMs: number, all?: boolean): QueuedEvent | undefined;
  /** When there is one to take, in ms; undefined: the queue is empty. */
  dueMs(nowMs: number, all?: boolean): number | undefined;
  /** Puts back what could not be sent. */
  putBack(queued: QueuedEvent): void;
  /** How many had no room so far. */
  dropped(): number;
}

/** A pod's life has some ten Events; so many more wait for an API server that is away. */
const MOST_WAITING = 50;

/** Events of one key are sent no more often than this, in ms. */
const SAME_KEY_MS = 10_000;

/** So many may be sent at once, and then one more every `REFILL_MS`. */
const BURST = 20;
const REFILL_MS = 5000;

export function createPodEventQueue(): PodEventQueue {
  let waiting: readonly QueuedEvent[] = [];
  const sentMs = new Map<string, number>();
  let droppedCount = 0;
  let tokens = BURST;
  let refilledMs = 0;

  function refill(nowMs: number): void {
    const more = Math.floor((nowMs - refilledMs) / REFILL_MS);
    if (more <= 0) return;
    tokens = Math.min(BURST, tokens + more);
    refilledMs += more * REFILL_MS;
  }

  const keyDueMs = ({ event }: QueuedEvent) => (sentMs.get(event.key) ?? Number.NEGATIVE_INFINITY) + SAME_KEY_MS;

  function makeRoom(): void {
    if (waiting.length <= MOST_WAITING) return;
    const [least = waiting[0]] = waiting.filter(({ event }) => event.type === 'Normal');
    waiting = waiting.filter((each) => each !== least);
    droppedCount += least?.count ?? 0;
  }

  function put(queued: QueuedEvent): void {
    const same = waiting.find(({ event }) => event.key === queued.event.key);
    if (same === undefined) waiting = [...waiting, queued];
    else waiting = waiting.map((each) => (each === same ? merged(same, queued) : each));
    makeRoom();
  }

  return {
    add: (event, atMs) => put({ event, count: 1, firstAtMs: atMs, lastAtMs: atMs }),
    putBack(queued) {
      sentMs.delete(queued.event.key);
      put(queued);
    },
    take(nowMs, all = false) {
      refill(nowMs);
      const next = tokens < 1 ? undefined : waiting.find((each) => all || keyDueMs(each) <= nowMs);
      if (next === undefined) return undefined;
      if (tokens === BURST) refilledMs = nowMs;
      tokens -= 1;
      for (const [key, ms] of sentMs) if (nowMs - ms >= SAME_KEY_MS) sentMs.delete(key);
      sentMs.set(next.event.key, nowMs);
      waiting = waiting.filter((each) => each !== next);
      return next;
    },
    dueMs(nowMs, all = false) {
      if (waiting.length === 0) return undefined;
      refill(nowMs);
      const byKey = all ? nowMs : Math.min(...waiting.map(keyDueMs));
      return Math.max(nowMs, byKey, tokens < 1 ? refilledMs + REFILL_MS : nowMs);
    },
    dropped: () => droppedCount,
  };
}

function merged(one: QueuedEvent, other: QueuedEvent): QueuedEvent {
  const newest = other.lastAtMs >= one.lastAtMs ? other : one;
  return {
    event: newest.event,
    count: one.count + other.count,
    firstAtMs: Math.min(one.firstAtMs, other.firstAtMs),
    lastAtMs: newest.lastAtMs,
  };
}
