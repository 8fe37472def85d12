import type { Clock } from '../../src/hooks/clock.ts';

export interface ManualClock extends Clock {
  /** Lets `ms` go by: whoever waited for an instant up to then is woken, in order. */
  advance(ms: number): void;
  /** How many wait for an instant. */
  pending(): number;
  /** In how many ms the first of them is woken; undefined where none waits. */
  nextMs(): number | undefined;
}

/** A clock that stands still until it is told to go on. Real sockets and files go on as they like meanwhile. */
export function manualClock(): ManualClock {
  const EPOCH_MS = Date.UTC(2026, 0, 1);
  let nowMs = 0;
  let waiting: { atMs: number; wake: () => void }[] = [];
  return {
    epochMs: () => EPOCH_MS + nowMs,
    monotonicMs: () => nowMs,
    after(ms, wake) {
      const entry = { atMs: nowMs + ms, wake };
      waiting.push(entry);
      return () => {
        waiting = waiting.filter((each) => each !== entry);
      };
    },
    pending: () => waiting.length,
    nextMs: () => (waiting.length === 0 ? undefined : Math.min(...waiting.map(({ atMs }) => atMs)) - nowMs),
    advance(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        const next = waiting.toSorted((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > untilMs) break;
        waiting = waiting.filter((each) => each !== next);
        nowMs = next.atMs;
        next.wake();
      }
      nowMs = untilMs;
    },
  };
}
