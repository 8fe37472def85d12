/** The schema of the whole config file. The JSON Schema is made from it, so every field describes itself. */
import * as z from 'zod/mini';
import { appFields } from './app-schema.ts';
import type { ContainerConfig, HookConfig, HookName, LifecycleConfig, TaskConfig } from './config.ts';
import { DEFAULTS, LIMITS } from './defaults.ts';
import { durationSchema, formatDuration } from './duration.ts';
import { namesOfKeys } from './fields.ts';
import { hookSchemas } from './hook-schema.ts';
import { lifecycleSchema } from './lifecycle-schema.ts';
import { onDemand } from './on-demand.ts';
import type { ActionFacts, ActionProblem, Kept, Sought } from './task-kind.ts';
import { taskSchema } from './task-schema.ts';
import type { TaskTable } from './task-table.ts';

/** The grace period as the file has it, in ms; undefined where it says nothing. */
export interface WrittenGrace {
  readonly periodMs: number | undefined;
  readonly reserveMs: number | undefined;
}

/** The file, decoded: what has defaults has them, but for the grace, on which the environment has a say. */
export interface WrittenConfig<A extends ActionFacts> {
  readonly grace: WrittenGrace;
  readonly access: { readonly tokenFile: string | undefined };
  readonly lifecycle: LifecycleConfig;
  readonly containers: ReadonlyMap<string, ContainerConfig<A>>;
}

/** What knows by itself whether it is wrong. */
export interface Checkable {
  check(): readonly ActionProblem[];
  checkText?(): readonly ActionProblem[];
  keeps?(container: string): Kept | undefined;
  seeks?(container: string): Sought;
}

/** The schema of the file, and of those parts that can be understood when others can't. */
export interface ConfigSchema<A extends ActionFacts> {
  readonly whole: z.ZodMiniType<WrittenConfig<A>>;
  readonly grace: z.ZodMiniType<WrittenGrace>;
  readonly hooks: Readonly<Record<HookName, z.ZodMiniType<HookConfig<A>>>>;
  readonly task: z.ZodMiniType<TaskConfig<A>>;
  /** What a task may hold that can be checked by itself, by its key: the settings of each kind, and a condition. */
  readonly checkable: ReadonlyMap<string, () => z.ZodMiniType<Checkable>>;
}

const period = formatDuration(DEFAULTS.grace.periodMs);
const reserve = formatDuration(DEFAULTS.grace.reserveMs);

const graceSchema = onDemand<z.ZodMiniType<WrittenGrace>>(() =>
  z.pipe(
    z.strictObject({
      period: z
        .optional(durationSchema({ leastMs: 1000 }))
        .check(
          z.describe(
            `The pod's terminationGracePeriodSeconds, as a duration. HOOKKEEPER_GRACE_PERIOD wins over it. Default: ${period}, as in Kubernetes.`,
          ),
        ),
      reserve: z
        .optional(durationSchema({ leastMs: 0 }))
        .check(
          z.describe(
            `The part of the grace period that is kept for the app's own SIGTERM handling and for the answer. HOOKKEEPER_GRACE_RESERVE wins over it. Default: ${reserve}.`,
          ),
        ),
    }),
    z.transform((grace) => ({ periodMs: grace.period, reserveMs: grace.reserve })),
  ),
);

const accessSchema = onDemand(() =>
  z.strictObject({
    tokenFile: z
      .optional(z.string().check(z.minLength(1)))
      .check(
        z.describe(
          'A file with the secret that callers must send. Of several, one a line, each is good: while one is rotated, the hooks of the pods that run send the old one. Default: none, and everybody who can connect may call.',
        ),
      ),
  }),
);

function containersSchema<A extends ActionFacts>(hooks: ConfigSchema<A>['hooks']) {
  const container = z
    .strictObject({
      postStart: z.optional(hooks.postStart).check(z.describe('What is done when the container has started.')),
      preStop: z.optional(hooks.preStop).check(z.describe('What is done before the container is stopped.')),
      ...appFields(),
    })
    .check(
      z.refine((hook) => hook.postStart !== undefined || hook.preStop !== undefined, {
        error: 'must have a postStart, a preStop or both',
        params: { remedy: 'write a hook with its tasks, or "postStart: []" for one that does nothing' },
      }),
      z.meta({
        id: 'container',
        description: 'The hooks of one container, and how its app is known.',
        anyOf: [{ required: ['postStart'] }, { required: ['preStop'] }],
      }),
    );
  return z.record(z.string(), container).check(
    ...namesOfKeys("The container's name in the pod."),
    z.refine((containers) => Object.keys(containers).length >= 1, {
      error: 'must have at least 1 container',
      params: { remedy: 'name a container of the pod' },
    }),
    z.refine((containers) => Object.keys(containers).length <= LIMITS.containers, {
      error: `must have at most ${LIMITS.containers} containers`,
      params: { remedy: 'remove some' },
    }),
    z.meta({ minProperties: 1, maxProperties: LIMITS.containers }),
    z.describe("The containers whose hooks are run, by the container's name in the pod."),
  );
}

/** A guard that asks for the reason alone has nothing that could be wrong. */
function checkableGuard<A extends ActionFacts>({ guard }: TaskTable<A>): z.ZodMiniType<Checkable> {
  return z.pipe(
    guard(),
    z.transform(({ condition }): Checkable => condition ?? { check: () => [] }),
  );
}

/** Builds the schema of a config whose tasks are made of `table`. */
export function configSchema<A extends ActionFacts>(table: TaskTable<A>): ConfigSchema<A> {
  const task = taskSchema(table);
  const hooks = hookSchemas(task);
  const written = z.strictObject({
    version: z.literal(1).check(z.describe("The version of this file's format.")),
    grace: z.prefault(graceSchema(), {}).check(z.describe('How long the pod has from the first preStop to SIGKILL.')),
    access: z.prefault(accessSchema(), {}).check(z.describe('Who may call the hooks.')),
    lifecycle: z.prefault(lifecycleSchema(), {}).check(z.describe('How Hookkeeper itself ends.')),
    containers: containersSchema(hooks),
  });
  const whole = z.pipe(
    written,
    z.transform(({ grace, access, lifecycle, containers }): WrittenConfig<A> => {
      const entries = Object.entries(containers).map(([name, container]) => {
        const { postStart, preStop, ports, process } = container;
        return [name, { name, postStart, preStop, ports, process }] as const;
      });
      return { grace, access: { tokenFile: access.tokenFile }, lifecycle, containers: new Map(entries) };
    }),
  );
  const checkable = new Map<string, () => z.ZodMiniType<Checkable>>(
    table.kinds.map(({ name, schema }) => [name, schema]),
  );
  return { whole, grace: graceSchema(), hooks, task, checkable: checkable.set('when', () => checkableGuard(table)) };
}
