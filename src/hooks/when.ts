import type { Condition, ReadContext } from '../config/condition.ts';

/** A look at a condition takes no longer than this, in ms: it must not eat what the task itself needs. */
const LOOK_MS = 2000;

/**
 * Why a task is not started as its `when` does not hold, or undefined when it does. One that can't be read does not hold: a
 * guard is there to keep a task from what it was not meant for. Never rejects.
 */
export async function whyNotNow(
  when: Condition,
  { clock, signal, captured }: ReadContext,
  leftMs: number,
): Promise<string | undefined> {
  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  const cancel = clock.after(Math.min(LOOK_MS, leftMs), stop);
  signal.addEventListener('abort', stop, { once: true });
  const reading = await when.read({ signal: controller.signal, clock, captured });
  cancel();
  signal.removeEventListener('abort', stop);
  if (reading.kind === 'read' && reading.met) return undefined;
  const saw = reading.kind === 'read' ? reading.saw : `it could not be read, ${reading.reason}`;
  return `was skipped as its when, ${when.summary}, does not hold: ${saw}`;
}
