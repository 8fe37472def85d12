import type { Condition, ReadContext } from '../config/condition.ts';
import { lookWithin } from './look.ts';

/** A look at a condition takes no longer than this, in ms: it must not eat what the task itself needs. */
const LOOK_MS = 2000;

/**
 * Why a task is not started as its `when` does not hold, or undefined when it does. One that can't be read does not hold: a
 * guard is there to keep a task from what it was not meant for. Never rejects.
 */
export async function whyNotNow(when: Condition, context: ReadContext, leftMs: number): Promise<string | undefined> {
  const reading = await lookWithin(when, context, Math.min(LOOK_MS, leftMs));
  if (reading.kind === 'read' && reading.met) return undefined;
  const saw = reading.kind === 'read' ? reading.saw : `it could not be read, ${reading.reason}`;
  return `was skipped as its when, ${when.summary}, does not hold: ${saw}`;
}
