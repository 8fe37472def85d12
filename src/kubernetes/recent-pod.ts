import type { Clock } from '../hooks/clock.ts';
import type { PodReading, PodSource } from '../hooks/pod-facts.ts';

/** Who looks again and again asks the API server no more often than this, in ms. */
const EVERY_MS = 1000;

/** The pod as it was read at most a second ago: for a watch, and never for a decision about a delivery. */
export function recentPod(pod: PodSource, clock: Pick<Clock, 'monotonicMs'>): PodSource {
  let last: { readonly atMs: number; readonly reading: Promise<PodReading> } | undefined;
  return {
    read(signal) {
      const atMs = clock.monotonicMs();
      if (last === undefined || atMs - last.atMs >= EVERY_MS) last = { atMs, reading: pod.read(signal) };
      return last.reading;
    },
  };
}
