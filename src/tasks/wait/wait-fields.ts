/** The words that all that waits has in common; what they do is in `wait-until.ts`. */
import * as z from 'zod/mini';
import { durationSchema } from '../../config/duration.ts';
import { durationField } from '../../config/fields.ts';
import { conditionSchema } from './condition.ts';
import type { WaitSettings } from './wait-until.ts';

/** The fields, for a `z.strictObject`. `everyMs` is the default of `every`, in ms. */
export function waitFields(everyMs: number) {
  return {
    every: durationField('The wait between two looks.', everyMs, { leastMs: 10 }),
    atLeast: durationField('The end counts only after this time.', 0, { leastMs: 0 }),
    seenFirst: z
      .optional(conditionSchema())
      .check(z.describe('The end counts only after this was seen to hold once. The same words as in waitFor.')),
    stall: z
      .optional(durationSchema())
      .check(z.describe('Without progress for this time the task fails. Default: it waits on, up to its timeout.')),
  };
}

type WaitFields = z.output<z.ZodMiniObject<ReturnType<typeof waitFields>>>;

/** What the fields mean to the loop. */
export function waitSettings(
  { every, atLeast, seenFirst, stall }: WaitFields,
  gone: WaitSettings['gone'],
): WaitSettings {
  return { everyMs: every, atLeastMs: atLeast, seenFirst, stallMs: stall, gone };
}

/** What of them has to pass before the task can succeed. */
export function waitLasts({ atLeast }: Pick<WaitFields, 'atLeast'>) {
  return [{ path: ['atLeast'], ms: atLeast }];
}
