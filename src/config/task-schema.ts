/** The schema of one task: the fields that all kinds share, and exactly one key that says the kind. */
import * as z from 'zod/mini';
import type { Guard } from './condition.ts';
import type { TaskConfig, UndoConfig } from './config.ts';
import { DEFAULTS, LIMITS } from './defaults.ts';
import { durationSchema } from './duration.ts';
import { durationField, nameSchema } from './fields.ts';
import { onDemand } from './on-demand.ts';
import type { ActionFacts, TaskKind } from './task-kind.ts';
import type { TaskTable } from './task-table.ts';

const retry = DEFAULTS.retry;

const retrySchema = onDemand(() =>
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

/** What stood under the key of a kind. A class, so that it can be told from the values of the common fields. */
class Chosen<A> {
  readonly kind: string;
  readonly action: A;
  constructor(kind: string, action: A) {
    this.kind = kind;
    this.action = action;
  }
}

/** One field for each kind; exactly one of them must be there. */
function kindFields<A extends ActionFacts>(kinds: readonly TaskKind<A>[]) {
  const fields: Record<string, z.ZodMiniType<Chosen<A> | undefined>> = {};
  const absent = z.optional(z.never());
  for (const { name, schema, unused } of kinds) {
    fields[name] = unused
      ? absent
      : z.optional(
          z.pipe(
            schema(),
            z.transform((action: A) => new Chosen(name, action)),
          ),
        );
  }
  return fields;
}

/** Reports a task that has no kind, or several. Runs beside all other checks, so that everything is said at once. */
function exactlyOneOf(names: readonly string[]) {
  const check = z.check<unknown>(({ value, issues }) => {
    if (typeof value !== 'object' || value === null) return;
    const present = names.filter((name) => name in value);
    if (present.length === 1 || 'parallel' in value) return;
    const message = `must have exactly one of ${names.join(', ')}`;
    const [shown, remedy] =
      present.length === 0 ? ['none', 'say what the task does'] : [present.join(' and '), 'make a task of each'];
    issues.push({ code: 'custom', input: value, message, params: { shown, remedy, unlessUnknownKeys: true } });
  });
  check._zod.def.when = () => true;
  return check;
}

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

function undoField<A extends ActionFacts>(kinds: readonly TaskKind<A>[]) {
  return z
    .optional(undoSchema(kinds))
    .check(
      z.describe(
        'Of a preStop only: what is done, before the postStart, when the container comes back after a preStop that had started this task.',
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
