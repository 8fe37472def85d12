/** The schema of one task: the fields that all kinds share, and exactly one key that says the kind. */
import * as z from 'zod/mini';
import { Chosen, exactlyOneOf, kindFields } from './chosen-kind.ts';
import type { Guard } from './condition.ts';
import type { TaskConfig } from './config.ts';
import { DEFAULTS } from './defaults.ts';
import { durationSchema } from './duration.ts';
import { durationField, nameSchema } from './fields.ts';
import { onDemand } from './on-demand.ts';
import { retrySchema } from './retry-schema.ts';
import type { ActionFacts } from './task-kind.ts';
import type { TaskTable } from './task-table.ts';
import { undoField } from './undo-schema.ts';

function onEndSchema() {
  return z.enum(['fail', 'continue', 'stop']);
}

const commonFields = onDemand(() => ({
  name: nameSchema('The name of the task, unique within its hook: it is how the journal knows the task again.'),
  timeout: z
    .optional(durationSchema())
    .check(z.describe('The longest time for all attempts together. Default: what is left of the run.')),
  attemptTimeout: z
    .optional(durationSchema())
    .check(z.describe('The longest time for one attempt. Default: what is left of the task.')),
  retry: z.prefault(retrySchema(), {}).check(z.describe('How the task is tried again when an attempt fails.')),
  priority: z
    .prefault(z.enum(['critical', 'normal', 'optional']), DEFAULTS.task.priority)
    .check(
      z.describe('Which tasks are shed first when time is short: optional, then normal. Critical ones never are.'),
    ),
  minimum: durationField('With less time than this left the task is not started.', DEFAULTS.task.minimumMs, {
    leastMs: 0,
  }),
  onFailure: z
    .prefault(onEndSchema(), DEFAULTS.task.onFailure)
    .check(
      z.describe(
        "What the task's failure means for the run: fail it, continue without failing it, or stop it here without failing it.",
      ),
    ),
  onTimeout: z
    .optional(onEndSchema())
    .check(z.describe("What the task's timeout means for the run. Default: the value of onFailure.")),
  onInterrupted: z
    .prefault(z.enum(['rerun', 'skip', 'fail']), DEFAULTS.task.onInterrupted)
    .check(z.describe('What a redelivery does with this task if Hookkeeper died while it was running.')),
  alsoWithoutHook: z
    .prefault(z.boolean(), DEFAULTS.task.alsoWithoutHook)
    .check(
      z.describe(
        'Of a preStop only: whether the task is run, too, when the app has ended without a preStop (a crash, an out-of-memory kill, a Job that is done) and the pod is stopped.',
      ),
    ),
  parallel: z
    .optional(z.never({ error: 'must not stand inside a group' }))
    .check(z.describe('Only at the place of a task: a group of tasks that run side by side.')),
}));

function whenField(guard: z.ZodMiniType<Guard>) {
  return z
    .optional(guard)
    .check(
      z.describe(
        'The task is skipped unless this holds when its turn comes. The same words as in waitFor, and reason.',
      ),
    );
}

/** The schema of a task of one of the table's kinds: text in, a resolved task out. */
export function taskSchema<A extends ActionFacts>({
  kinds,
  guard,
  withoutUndo,
}: TaskTable<A>): z.ZodMiniType<TaskConfig<A>> {
  const names = kinds.map((kind) => kind.name);
  const written = z
    .strictObject({
      ...kindFields(kinds),
      ...commonFields(),
      when: whenField(guard()),
      undo: withoutUndo ? z.optional(z.never()) : undoField(kinds),
    })
    .check(
      exactlyOneOf(names),
      z.meta({
        id: 'task',
        description: `A task: its name, one of ${names.join(', ')}, and how it is run.`,
        oneOf: names.map((name) => ({ required: [name] })),
      }),
    );
  return z.pipe(
    written,
    z.transform((task): TaskConfig<A> => {
      const chosen = Object.values(task).find((value) => value instanceof Chosen);
      if (chosen === undefined) return z.NEVER;
      return {
        name: task.name,
        kind: chosen.kind,
        action: chosen.action,
        when: task.when?.condition,
        whenReason: task.when?.reason,
        timeoutMs: task.timeout,
        attemptTimeoutMs: task.attemptTimeout,
        retry: task.retry,
        priority: task.priority,
        minimumMs: task.minimum,
        onFailure: task.onFailure,
        onTimeout: task.onTimeout ?? task.onFailure,
        onInterrupted: task.onInterrupted,
        alsoWithoutHook: task.alsoWithoutHook,
        undo: task.undo,
      };
    }),
  );
}
