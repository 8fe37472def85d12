import { type Clock, wait } from '../hooks/clock.ts';

/** Tells somebody who waits that something changed; what rang before is heard at once. */
export interface Wake {
  ring(): void;
  /** Resolves at the next ring, after `ms`, or when `signal` aborts. */
  heard(clock: Clock, ms: number, signal: AbortSignal): Promise<void>;
}

/** The longest wait without a look, in ms. */
const LOOK_AGAIN_MS = 60_000;

export function createWake(): Wake {
  let rung = new AbortController();
  return {
    ring: () => rung.abort(),
    async heard(clock, ms, signal) {
      await wait(clock, Math.min(ms, LOOK_AGAIN_MS), AbortSignal.any([signal, rung.signal]));
      rung = new AbortController();
    },
  };
}
