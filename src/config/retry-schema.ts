/** The schema of `retry`: how a task or an undo is tried again. */
import * as z from 'zod/mini';
import { DEFAULTS, LIMITS } from './defaults.ts';
import { durationField } from './fields.ts';
import { onDemand } from './on-demand.ts';

const retry = DEFAULTS.retry;

export const retrySchema = onDemand(() =>
  z.pipe(
    z.strictObject({
      attempts: z
        .prefault(z.int().check(z.gte(1), z.lte(LIMITS.attempts)), retry.attempts)
        .check(
          z.describe(
            'How many attempts in all; 1 means that it is not tried again. One that does not end when it is told to is the last.',
          ),
        ),
      minDelay: durationField('The wait before the second attempt.', retry.minDelayMs, { leastMs: 0 }),
      maxDelay: durationField('The longest wait between two attempts.', retry.maxDelayMs, { leastMs: 0 }),
      factor: z
        .prefault(z.number().check(z.gte(1), z.lte(10)), retry.factor)
        .check(z.describe('By how much the wait grows from attempt to attempt.')),
      jitter: z
        .prefault(z.boolean(), retry.jitter)
        .check(z.describe('Whether a random time, up to the same again, is added to each wait.')),
    }),
    z.transform(({ attempts, minDelay, maxDelay, factor, jitter }) => {
      return { attempts, minDelayMs: minDelay, maxDelayMs: maxDelay, factor, jitter };
    }),
  ),
);
