import * as z from 'zod/mini';
import { Chosen, exactlyOneOf, kindFields } from './chosen-kind.ts';
import type { UndoConfig } from './config.ts';
import { DEFAULTS } from './defaults.ts';
import { durationSchema } from './duration.ts';
import { durationField } from './fields.ts';
import { retrySchema } from './retry-schema.ts';
import type { ActionFacts, TaskKind } from './task-kind.ts';

/** The schema of `undo`: one of the kinds, and how it is tried. */
function undoSchema<A extends ActionFacts>(kinds: readonly TaskKind<A>[]): z.ZodMiniType<UndoConfig<A>> {
  const names = kinds.map((kind) => kind.name);
  const fields = {
    timeout: durationField('The longest time for all attempts together.', DEFAULTS.undo.timeoutMs),
    attemptTimeout: z
      .optional(durationSchema())
      .check(z.describe('The longest time for one attempt. Default: what is left of the timeout.')),
    retry: z.prefault(retrySchema(), {}).check(z.describe('How it is tried again when an attempt fails.')),
  };
  return z.pipe(
    z.strictObject({ ...kindFields(kinds), ...fields }).check(
      exactlyOneOf(names),
      z.meta({
        id: 'undo',
        description: `What takes a task back: one of ${names.join(', ')}, and how it is tried.`,
        oneOf: names.map((name) => ({ required: [name] })),
      }),
    ),
    z.transform((undo): UndoConfig<A> => {
      const chosen = Object.values(undo).find((value) => value instanceof Chosen);
      if (chosen === undefined) return z.NEVER;
      const { timeout, attemptTimeout, retry: tried } = undo;
      return {
        kind: chosen.kind,
        action: chosen.action,
        timeoutMs: timeout,
        attemptTimeoutMs: attemptTimeout,
        retry: tried,
      };
    }),
  );
}

export function undoField<A extends ActionFacts>(kinds: readonly TaskKind<A>[]) {
  return z
    .optional(undoSchema(kinds))
    .check(
      z.describe(
        'Of a preStop only: what is done, before the postStart, when the container comes back after a preStop that had started this task.',
      ),
    );
}
