import type { Clock } from '../../hooks/clock.ts';
import { wait } from '../../hooks/clock.ts';

/** What a job is given beside its settings. */
export interface JobControl {
  readonly clock: Clock;
  /** Throws `Stopped` once the job was told to stop. Cheap: synchronous loops ask it all the time. */
  throwIfStopped(): void;
  /** Tells how far it is, for the log. May be called at any rate. */
  progress(message: () => string): void;
}

/** How often a pause looks whether it has to end, in ms. */
const LOOK_EVERY_MS = 50;

/** Lets time go by in a job. Throws `Stopped` soon after it was told to stop. */
export async function pause(control: JobControl, ms: number): Promise<void> {
  const never = new AbortController().signal;
  const untilMs = control.clock.monotonicMs() + ms;
  for (;;) {
    control.throwIfStopped();
    const leftMs = untilMs - control.clock.monotonicMs();
    if (leftMs <= 0) return;
    await wait(control.clock, Math.min(leftMs, LOOK_EVERY_MS), never);
  }
}

/** Aborts soon after the job was told to stop; until it is disposed of. */
export interface StopSignal extends Disposable {
  readonly signal: AbortSignal;
}

export function stopSignal(control: JobControl): StopSignal {
  const stopped = new AbortController();
  let cancel = () => {};
  const look = () => {
    try {
      control.throwIfStopped();
      cancel = control.clock.after(LOOK_EVERY_MS, look);
    } catch (error) {
      stopped.abort(error);
    }
  };
  look();
  return { signal: stopped.signal, [Symbol.dispose]: () => cancel() };
}

/** Keeps a stream of bytes below a rate, over any time longer than a second. */
export interface RateLimit {
  /** Resolves when so many bytes may go. Rejects with `Stopped`. */
  take(bytes: number): Promise<void>;
}

/** `bytesPerSecond` undefined: no limit. */
export function createRateLimit(bytesPerSecond: number | undefined, control: JobControl): RateLimit {
  if (bytesPerSecond === undefined) return { take: async () => control.throwIfStopped() };
  let freeAtMs = control.clock.monotonicMs();
  return {
    async take(bytes) {
      const nowMs = control.clock.monotonicMs();
      freeAtMs = Math.max(freeAtMs, nowMs) + (bytes / bytesPerSecond) * 1000;
      await pause(control, freeAtMs - nowMs);
    },
  };
}
