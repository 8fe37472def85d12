/** The schema of a hook: a list of steps, or a mapping with the steps below `tasks` and the hook's own settings. */
import * as z from 'zod/mini';
import type { HookConfig, HookName, Step, TaskConfig } from './config.ts';
import { DEFAULTS, LIMITS } from './defaults.ts';
import { durationSchema } from './duration.ts';
import { durationField } from './fields.ts';
import { onDemand } from './on-demand.ts';
import type { ActionFacts } from './task-kind.ts';

function stepSchema<A extends ActionFacts>(task: z.ZodMiniType<TaskConfig<A>>): z.ZodMiniType<Step<A>> {
  const tasks = z
    .array(task)
    .check(z.minLength(1), z.maxLength(LIMITS.tasks), z.describe('The tasks that run side by side.'));
  const group = z.strictObject({ parallel: tasks }).check(
    z.meta({
      id: 'group',
      description: 'Tasks that run side by side. The next step starts when all of them have ended.',
    }),
  );
  return z.union([
    z.pipe(
      task,
      z.transform((one: TaskConfig<A>) => ({ kind: 'task' as const, task: one })),
    ),
    z.pipe(
      group,
      z.transform(({ parallel }) => ({ kind: 'parallel' as const, tasks: parallel })),
    ),
  ]);
}

type Steps<A extends ActionFacts> = z.ZodMiniType<Step<A>[]>;

const onRedelivery = onDemand(() =>
  z
    .prefault(z.enum(['resume', 'replay']), DEFAULTS.hook.onRedelivery)
    .check(
      z.describe(
        'What another delivery for a failed or timed-out run does: try again what did not succeed, or only tell the recorded result.',
      ),
    ),
);

const unknownReason = onDemand(() =>
  z
    .prefault(z.enum(['termination', 'restart']), DEFAULTS.hook.unknownReason)
    .check(
      z.describe(
        'What a stop is taken for when nothing tells whether the pod ends or the container alone is started again: for `when: {reason}`, and for whether the sidecar that comes back takes drains back.',
      ),
    ),
);

function postStart<A extends ActionFacts>(tasks: Steps<A>): z.ZodMiniType<HookConfig<A>> {
  const timeout = durationField(
    'The longest time of a run. The kubelet itself has no timeout for a postStart.',
    DEFAULTS.postStart.timeoutMs,
  );
  const dedupeWindow = durationField(
    'Within this time of the first delivery of a succeeded run, another delivery is the same one and gets the recorded result.',
    DEFAULTS.postStart.dedupeWindowMs,
    { leastMs: 0 },
  );
  return z.pipe(
    z.strictObject({ tasks, timeout, dedupeWindow, onRedelivery: onRedelivery() }),
    z.transform((hook) => ({
      steps: hook.tasks,
      timeoutMs: hook.timeout,
      dedupeWindowMs: hook.dedupeWindow,
      onRedelivery: hook.onRedelivery,
      unknownReason: DEFAULTS.hook.unknownReason,
    })),
  );
}

function preStop<A extends ActionFacts>(tasks: Steps<A>): z.ZodMiniType<HookConfig<A>> {
  const timeout = z
    .optional(durationSchema())
    .check(z.describe('The longest time of a run. Default: the grace period minus the reserve.'));
  return z.pipe(
    z.strictObject({ tasks, timeout, onRedelivery: onRedelivery(), unknownReason: unknownReason() }),
    z.transform((hook) => ({
      steps: hook.tasks,
      timeoutMs: hook.timeout,
      dedupeWindowMs: 0,
      onRedelivery: hook.onRedelivery,
      unknownReason: hook.unknownReason,
    })),
  );
}

/** A bare list is a hook with the default settings. */
function orList<A extends ActionFacts>(
  steps: Steps<A>,
  full: z.ZodMiniType<HookConfig<A>>,
  settings: Omit<HookConfig<A>, 'steps'>,
): z.ZodMiniType<HookConfig<A>> {
  const list = z.pipe(
    steps,
    z.transform((written: Step<A>[]) => ({ ...settings, steps: written })),
  );
  return z.union([list, full]);
}

/** The schemas of both hooks, for tasks of the given schema. */
export function hookSchemas<A extends ActionFacts>(
  task: z.ZodMiniType<TaskConfig<A>>,
): Readonly<Record<HookName, z.ZodMiniType<HookConfig<A>>>> {
  const steps = z
    .array(stepSchema(task))
    .check(
      z.maxLength(LIMITS.tasks),
      z.meta({ id: 'steps', description: 'What is done, in this order. May be empty.' }),
    );
  const { timeoutMs, dedupeWindowMs } = DEFAULTS.postStart;
  return {
    postStart: orList(steps, postStart(steps), { timeoutMs, dedupeWindowMs, ...DEFAULTS.hook }),
    preStop: orList(steps, preStop(steps), { timeoutMs: undefined, dedupeWindowMs: 0, ...DEFAULTS.hook }),
  };
}
