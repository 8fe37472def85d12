import * as z from 'zod/mini';
import { seconds } from '../hooks/sentence.ts';

const line = z.object({
  event: z.string(),
  run: z.optional(z.string()),
  hook: z.optional(z.string()),
  task: z.optional(z.string()),
  msg: z.string(),
  served: z.optional(z.string()),
  outcome: z.optional(z.string()),
  durationMs: z.optional(z.number()),
  retryInMs: z.optional(z.number()),
  movedMs: z.optional(z.number()),
  attempt: z.optional(z.number()),
  reason: z.optional(z.nullable(z.string())),
});

/** What a line of Hookkeeper's log says happened to a delivery, a run or a task. */
export type HookLine = z.output<typeof line>;

/** Reads a line of the log; undefined where it is about something else, or is no JSON. */
export function parseHookLine(text: string): HookLine | undefined {
  try {
    const parsed = line.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** One short sentence for people who watch; undefined where a line is not worth one. */
export function narrate(happened: HookLine): string | undefined {
  const { event, hook = '', task = '', outcome = '', durationMs = 0 } = happened;
  const because = happened.reason == null ? '' : `: ${happened.reason}`;
  switch (event) {
    case 'delivered':
      return `${hook}: ${happened.served === 'executed' ? 'a new run' : `${happened.served}, run ${happened.run}`}`;
    case 'deadlineMoved':
      return (happened.movedMs ?? 0) < 0
        ? `${hook}: goes on, with less time`
        : `${hook}: goes on, with the fresh grace of the new delivery`;
    case 'taskStarted':
      return `${task}: started`;
    case 'attemptEnded':
      if (happened.retryInMs === undefined) return undefined;
      return `${task}: attempt ${happened.attempt} ${outcome}, again in ${seconds(happened.retryInMs)}${because}`;
    case 'taskOutput':
      return happened.msg.replace(/^.*? printed: /, `${task} | `);
    case 'taskEnded':
      return `${task}: ${outcome} after ${seconds(durationMs)}${because}`;
    case 'runEnded':
      return `${hook}: ${outcome} after ${seconds(durationMs)}${because}`;
    default:
      return undefined;
  }
}
