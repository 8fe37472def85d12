/** What `when` takes: one of the conditions, the reason of the stop, or both. */
import * as z from 'zod/mini';
import type { Guard } from '../config/condition.ts';
import { onDemand } from '../config/on-demand.ts';
import { CONDITION_KINDS, chosenCondition, conditionFields } from './wait/condition.ts';

/** Reports a guard that asks for nothing, or for several conditions. Runs beside all other checks. */
const somethingAsked = z.check<unknown>(({ value, issues }) => {
  if (typeof value !== 'object' || value === null) return;
  const present = CONDITION_KINDS.filter((kind) => kind in value);
  if (present.length === 1 || (present.length === 0 && 'reason' in value)) return;
  const message = `must have exactly one of ${CONDITION_KINDS.join(', ')}, or reason, or reason beside it`;
  const shown = present.length === 0 ? 'none' : present.join(' and ');
  const remedy = present.length === 0 ? 'say what has to hold' : 'remove all but one';
  issues.push({ code: 'custom', input: value, message, params: { shown, remedy, unlessUnknownKeys: true } });
});
somethingAsked._zod.def.when = () => true;

const required = (kind: string) => ({ required: [kind] });

export const guardSchema = onDemand<z.ZodMiniType<Guard>>(() =>
  z.pipe(
    z
      .strictObject({
        ...conditionFields(),
        reason: z
          .optional(z.enum(['termination', 'restart']))
          .check(
            z.describe(
              'In a preStop: whether the pod ends (termination), or the container alone is started again (restart). Where nothing tells, `unknownReason` decides.',
            ),
          ),
      })
      .check(
        somethingAsked,
        z.meta({
          id: 'when',
          description:
            'What must hold for a task to be started: one of the conditions, the reason of the stop, or both.',
          oneOf: [
            ...CONDITION_KINDS.map(required),
            { ...required('reason'), not: { anyOf: CONDITION_KINDS.map(required) } },
          ],
        }),
      ),
    z.transform((fields): Guard => ({ reason: fields.reason, condition: chosenCondition(fields) })),
  ),
);
