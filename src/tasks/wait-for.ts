import * as z from 'zod/mini';
import type { Condition } from '../config/condition.ts';
import { durationSchema } from '../config/duration.ts';
import { durationField } from '../config/fields.ts';
import { onDemand } from '../config/on-demand.ts';
import type { TaskKind } from '../config/task-kind.ts';
import { lookWithin } from '../hooks/look.ts';
import type { TaskAction } from '../hooks/task.ts';
import { chosenCondition, conditionFields, oneCondition } from './wait/condition.ts';
import { waitFields, waitLasts, waitSettings } from './wait/wait-fields.ts';
import { waitUntil } from './wait/wait-until.ts';

/** Slow answers are no failure, and a look that hangs must not be the whole wait. */
const LOOK_MS = 5000;

const settings = onDemand(() =>
  z
    .strictObject({
      ...conditionFields(),
      ...waitFields(1000),
      every: z
        .optional(durationSchema({ leastMs: 10 }))
        .check(
          z.describe(
            'The wait between two looks. Default: 1s for http and metric, 500ms for process, 250ms for tcp and file.',
          ),
        ),
      lookTimeout: durationField('The longest time for one look.', LOOK_MS),
      gone: z
        .prefault(z.enum(['fail', 'succeed', 'skip']), 'fail')
        .check(
          z.describe(
            'How the task ends when the target of http or metric refuses connections three times in a row: it is dead. ' +
              'In a postStart only after it was once there.',
          ),
        ),
    })
    .check(oneCondition),
);

/** `waitFor`: waits until a condition holds. */
export const waitForTask: TaskKind<TaskAction> = {
  name: 'waitFor',
  schema: () => z.pipe(settings(), z.transform(waitForAction)),
};

function waitForAction({ every, lookTimeout, gone, ...wait }: z.output<ReturnType<typeof settings>>): TaskAction {
  const condition = chosenCondition(wait);
  if (condition === undefined) return z.NEVER;
  const { seenFirst } = wait;
  const bounded = <C extends Condition>(each: C): C => ({
    ...each,
    read: (context) => lookWithin(each, context, lookTimeout),
  });
  const loop = waitSettings(
    { ...wait, every: every ?? condition.everyMs, seenFirst: seenFirst && bounded(seenFirst) },
    gone,
  );
  const first = <T extends { readonly path: readonly (string | number)[] }>(each: T): T => {
    return { ...each, path: ['seenFirst', ...each.path] };
  };
  return {
    summary: `waitFor ${condition.summary}`,
    ownMs: undefined,
    lasts: waitLasts(wait),
    stopMs: 0,
    uses: [...(condition.uses ?? []), ...(seenFirst?.uses ?? []).map(first)],
    lookalikes: () => [...(condition.lookalikes?.() ?? []), ...(seenFirst?.lookalikes?.() ?? []).map(first)],
    check: () => [...condition.check(), ...(seenFirst?.check() ?? []).map(first)],
    run: (attempt) => waitUntil(bounded(condition), loop, attempt),
  };
}
