import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/hooks/clock.ts';

export interface VirtualClock extends Clock {
  /** Lets time go by: each timer fires at its instant, and what it sets off is over before the next one. */
  pass(ms: number): Promise<void>;
}

/** When its time begins on the wall clock. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

/** Time for code that waits for nothing but this clock: promises settle between two instants. */
export function virtualClock(): VirtualClock {
  let nowMs = 0;
  let timers: { readonly atMs: number; readonly wake: () => void }[] = [];
  const next = () =>
    timers.reduce<(typeof timers)[number] | undefined>(
      (first, each) => (first !== undefined && first.atMs <= each.atMs ? first : each),
      undefined,
    );
  return {
    epochMs: () => EPOCH_MS + nowMs,
    monotonicMs: () => nowMs,
    after(ms, wake) {
      // Whole ms, as those of a real timer: what is left of a fraction would be waited for for ever.
      const timer = { atMs: nowMs + Math.ceil(Math.max(0, ms)), wake };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    async pass(ms) {
      const untilMs = nowMs + ms;
      await turn();
      for (let timer = next(); timer !== undefined && timer.atMs <= untilMs; timer = next()) {
        const due = timer;
        timers = timers.filter((each) => each !== due);
        nowMs = due.atMs;
        due.wake();
        await turn();
      }
      nowMs = untilMs;
    },
  };
}

/** The same time, until the one who lives by it dies: from then on nobody is woken. */
export function mortal(clock: Clock): { readonly clock: Clock; readonly die: () => void } {
  let dead = false;
  return {
    clock: { ...clock, after: (ms, wake) => clock.after(ms, () => dead || wake()) },
    die() {
      dead = true;
    },
  };
}
