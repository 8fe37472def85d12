import * as z from 'zod/mini';
import { HOOKS, type HookName } from '../config/config.ts';

const OUTCOMES = ['succeeded', 'skipped', 'failed', 'timedOut', 'interrupted'] as const;

const line = z.object({
  time: z.string(),
  event: z.string(),
  msg: z.string(),
  run: z.optional(z.string()),
  hook: z.optional(z.enum(HOOKS)),
  container: z.optional(z.string()),
  task: z.optional(z.string()),
  served: z.optional(z.string()),
  outcome: z.optional(z.enum(OUTCOMES)),
  attempt: z.optional(z.number()),
  durationMs: z.optional(z.number()),
  retryInMs: z.optional(z.number()),
  movedMs: z.optional(z.number()),
  deadlineAt: z.optional(z.string()),
  reason: z.optional(z.nullable(z.string())),
});

/** What a line of Hookkeeper's log says of a delivery, a run, a task or the journal. */
export interface LogEntry extends Omit<z.output<typeof line>, 'time' | 'deadlineAt'> {
  readonly hook?: HookName | undefined;
  /** On the wall clock, in ms. */
  readonly atMs: number;
  /** When the work of the run has to be over, on the wall clock, in ms. */
  readonly workEndMs: number | undefined;
}

/** Reads a line of the log; undefined where it is about something else, or is no JSON. Never throws. */
export function parseLogLine(text: string): LogEntry | undefined {
  try {
    const parsed = line.safeParse(JSON.parse(text));
    if (!parsed.success) return undefined;
    const { time, deadlineAt, ...rest } = parsed.data;
    return {
      ...rest,
      atMs: Date.parse(time),
      workEndMs: deadlineAt === undefined ? undefined : Date.parse(deadlineAt),
    };
  } catch {
    return undefined;
  }
}
