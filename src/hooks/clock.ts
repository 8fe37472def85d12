import { monotonicMs } from '../config/monotonic-ms.ts';

/**
 * Time, passed in. Deadlines are kept on the monotonic clock, so that a jump of the wall clock moves none of them; the
 * journal and the logs have wall-clock time, which people read.
 */
export interface Clock {
  /** Wall-clock time in ms since 1970. May jump. */
  epochMs(): number;
  /** Monotonic time in ms since some fixed instant of this process. Never jumps. */
  monotonicMs(): number;
  /** Calls `wake` once after `ms`, unless the returned function is called first. With `unref` no process stays alive for it. */
  after(ms: number, wake: () => void, timer?: { readonly unref: boolean }): () => void;
}

/** Node waits at most this long in one timer (2^31 - 1 ms); a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The clock of this machine. */
export const systemClock: Clock = {
  epochMs: () => Date.now(),
  monotonicMs,
  after(ms, wake, { unref } = { unref: false }) {
    const timer = setTimeout(wake, Math.min(Math.max(0, ms), LONGEST_TIMER_MS));
    if (unref) timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, or as soon as `signal` aborts; true when the whole time went by. Never rejects. */
export function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const onAbort = () => {
      cancel();
      resolve(false);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** So soon it is seen that what is waited for became shorter, in ms. */
const SEEN_WITHIN_MS = 50;

/**
 * Waits as `wait` does, but for a time that may become shorter or longer meanwhile: `leftMs` tells what is left of it now.
 */
export async function waitOut(clock: Clock, leftMs: () => number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const ms = leftMs();
    if (ms <= 0) return true;
    await wait(clock, Math.min(ms, SEEN_WITHIN_MS), signal);
  }
  return false;
}
