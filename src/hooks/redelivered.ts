import { type RunRecord, type Stop, UNKNOWN_STOP } from '../journal/entry.ts';
import type { Delivery } from './delivery.ts';

/** What is still known of a stop: our own SIGTERM, should we be told to stop now, too, is told anew. */
export function stopOf(earlier: RunRecord | undefined): Stop {
  return earlier?.stop === undefined || earlier.stop.source === 'sigterm' ? UNKNOWN_STOP : earlier.stop;
}

/** What one more delivery changes of a run's record. */
export function seenAgain(run: RunRecord, delivery: Delivery): { lastDeliveryAtMs: number; deliveries: number } {
  // Who joins what nobody asked for has its own run to come.
  const counts = run.deliveries > 0 && delivery.withoutHook !== true;
  return { lastDeliveryAtMs: delivery.atMs, deliveries: run.deliveries + (counts ? 1 : 0) };
}
