/** Decodes what the ops port sends of its status, for the page and for `hookkeeper status`: it may be another version's. */
import * as z from 'zod/mini';
import { HOOKS } from '../config/config.ts';
import type { StatusChange, StatusView } from './status-view.ts';

const ms = z.number();
const maybeMs = z.nullable(ms);
const maybeText = z.nullable(z.string());
const TASK_STATES = ['pending', 'running', 'succeeded', 'failed', 'timedOut', 'skipped', 'interrupted'] as const;
const RUN_STATES = ['running', 'succeeded', 'failed', 'timedOut', 'interrupted'] as const;

const attempt = z.object({
  number: z.number(),
  startedAtMs: ms,
  endedAtMs: ms,
  outcome: z.enum(['succeeded', 'skipped', 'failed', 'timedOut']),
  reason: maybeText,
  retryInMs: maybeMs,
});
const delivery = z.object({
  number: z.number(),
  atMs: ms,
  untilMs: maybeMs,
  from: z.string(),
  served: z.string(),
  broken: z.boolean(),
});
const task = z.object({
  name: z.string(),
  state: z.enum(TASK_STATES),
  startedAtMs: maybeMs,
  durationMs: maybeMs,
  attempts: z.number(),
  tries: z.array(attempt),
  reason: maybeText,
  output: z.string(),
  progress: maybeText,
});
const deadline = z.object({ source: z.string(), graceMs: ms, reserveMs: ms });
/** A run as it is shown. */
export const runViewSchema = z.object({
  id: z.string(),
  sequence: z.number(),
  hook: z.enum(HOOKS),
  container: z.string(),
  life: z.object({ id: z.string(), evidence: z.string(), why: z.string() }),
  state: z.enum(RUN_STATES),
  stop: z.nullable(z.object({ reason: z.string(), why: z.string() })),
  reason: maybeText,
  configDigest: z.string(),
  startedAtMs: ms,
  endedAtMs: maybeMs,
  durationMs: maybeMs,
  deliveryCount: z.number(),
  deliveries: z.array(delivery),
  deadline,
  workEndMs: ms,
  tasks: z.array(task),
  undo: z.nullable(z.object({ why: z.string(), tasks: z.array(task) })),
});
const service = {
  version: z.string(),
  state: z.string(),
  told: z.nullable(z.object({ signal: z.string(), atMs: ms, awaits: z.array(z.string()) })),
  startedAtMs: ms,
  nowMs: ms,
  config: z.object({ file: z.string(), digest: z.string(), loadedAtMs: ms, problems: z.array(z.string()) }),
  deadline,
  journal: z.discriminatedUnion('state', [
    z.object({ state: z.literal('durable') }),
    z.object({ state: z.literal('degraded'), reason: z.string(), sinceMs: ms }),
  ]),
  containers: z.array(
    z.object({ name: z.string(), hooks: z.array(z.object({ hook: z.enum(HOOKS), tasks: z.number() })) }),
  ),
  runs: z.array(runViewSchema),
};
const status = z.object(service);
const change = z.object({ ...service, order: z.array(z.string()) });

/** The view in a text of JSON, or undefined for anything else. Never throws. */
export function parseStatusView(text: string): StatusView | undefined {
  return decoded(status, text);
}

/** The change in a text of JSON, or undefined for anything else. Never throws. */
export function parseStatusChange(text: string): StatusChange | undefined {
  return decoded(change, text);
}

function decoded<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  text: string,
) {
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
