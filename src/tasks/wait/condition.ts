/** The one place where a condition is written: `when` takes these words, and so does all that waits. */
import * as z from 'zod/mini';
import { onDemand } from '../../config/on-demand.ts';
import type { ActionProblem } from '../../config/task-kind.ts';
import { exactlyOneOf } from '../exactly-one.ts';
import type { TaskCondition } from './condition-kind.ts';
import { fileCondition } from './file-condition.ts';
import { httpCondition } from './http-condition.ts';
import { metricCondition } from './metric-condition.ts';
import { processCondition } from './process-condition.ts';
import { tcpCondition } from './tcp-condition.ts';

/** The kinds of conditions, by their keys. */
export const CONDITION_KINDS = ['tcp', 'http', 'metric', 'file', 'process'] as const;

/** Them as fields for a `z.strictObject` that has `oneCondition` for a check. */
export const conditionFields = onDemand(() => ({
  tcp: z
    .optional(tcpCondition())
    .check(z.describe('A port is open or closed: an address such as 127.0.0.1:8080, or {address, is}.')),
  http: z.optional(httpCondition()).check(z.describe('What an HTTP endpoint answers.')),
  metric: z.optional(metricCondition()).check(z.describe('The value of a metric at a Prometheus endpoint.')),
  file: z.optional(fileCondition()).check(z.describe('A file is there or not: a path, or {path, is, matches}.')),
  process: z
    .optional(processCondition())
    .check(z.describe('A process of another container is gone or there; the pod has to share its PID namespace.')),
}));

type ConditionFields = { readonly [kind in (typeof CONDITION_KINDS)[number]]?: TaskCondition | undefined };

/** The check that exactly one of the fields is there. */
export const oneCondition = exactlyOneOf(CONDITION_KINDS, 'say what has to hold');

/** What `when` and `seenFirst` take: exactly one thing that holds or does not. */
export const conditionSchema = onDemand<z.ZodMiniType<TaskCondition>>(() =>
  z.pipe(
    z.strictObject(conditionFields()).check(
      oneCondition,
      z.meta({
        id: 'condition',
        description: 'Something that holds or does not: exactly one of these.',
        oneOf: CONDITION_KINDS.map((kind) => ({ required: [kind] })),
      }),
    ),
    z.transform((fields) => chosenCondition(fields) ?? z.NEVER),
  ),
);

/** The condition that is there; its paths begin at its kind. */
export function chosenCondition(fields: ConditionFields): TaskCondition | undefined {
  for (const kind of CONDITION_KINDS) {
    const condition = fields[kind];
    if (condition === undefined) continue;
    const below = <T extends Pick<ActionProblem, 'path'>>(each: T): T => ({ ...each, path: [kind, ...each.path] });
    return {
      ...condition,
      uses: (condition.uses ?? []).map(below),
      lookalikes: () => (condition.lookalikes?.() ?? []).map(below),
      check: () => condition.check().map(below),
    };
  }
  return undefined;
}
