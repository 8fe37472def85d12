import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../hooks/clock.ts';

/** A clock on which hours go by in no time: whenever nothing is left to do, it is the instant that somebody waits for. */
export interface VirtualClock extends Clock {
  /** Lets time go by until `work` has ended. Rejects when `work` does, or when it waits for nothing that this clock knows. */
  play<T>(work: Promise<T>): Promise<T>;
}

/** A virtual clock at 0. */
export function createVirtualClock(): VirtualClock {
  let nowMs = 0;
  const waiting = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  return {
    epochMs: () => nowMs,
    monotonicMs: () => nowMs,
    after(ms, wake) {
      const entry = { atMs: nowMs + Math.max(0, ms), wake };
      waiting.add(entry);
      return () => void waiting.delete(entry);
    },
    async play(work) {
      let over = false;
      const end = () => {
        over = true;
      };
      work.then(end, end);
      for (;;) {
        // All that promises have to do is done before.
        await setImmediate();
        if (over) return work;
        const [next] = [...waiting].toSorted((a, b) => a.atMs - b.atMs);
        if (next === undefined) throw new Error('something waits for what no clock brings');
        waiting.delete(next);
        nowMs = next.atMs;
        next.wake();
      }
    },
  };
}
