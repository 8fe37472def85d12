import * as z from 'zod/mini';
import { durationSchema, formatDuration } from '../config/duration.ts';
import { durationField } from '../config/fields.ts';
import { onDemand } from '../config/on-demand.ts';
import type { TaskKind } from '../config/task-kind.ts';
import { wait } from '../hooks/clock.ts';
import type { TaskAction } from '../hooks/task.ts';

const duration = onDemand(() => durationSchema().check(z.describe('How long to wait.')));

const settings = onDemand(() =>
  z.union([
    z.strictObject({
      duration: duration(),
      jitter: durationField(
        'A random time of at most this is added, so that pods which end at the same moment do not act at the same moment.',
        0,
        { leastMs: 0 },
      ),
    }),
    z.pipe(
      duration(),
      z.transform((ms: number) => ({ duration: ms, jitter: 0 })),
    ),
  ]),
);

/** `sleep`: waits, so that the world outside can notice what a task before it announced. */
export const sleepTask: TaskKind<TaskAction> = sleepKind(Math.random);

/** `sleep` with a source of randomness, which gives numbers from 0 to below 1. */
export function sleepKind(random: () => number): TaskKind<TaskAction> {
  return {
    name: 'sleep',
    schema: () =>
      z.pipe(
        settings(),
        z.transform((sleep) => sleepAction(sleep, random)),
      ),
  };
}

function sleepAction(
  { duration: ms, jitter }: z.output<ReturnType<typeof settings>>,
  random: () => number,
): TaskAction {
  return {
    summary: `sleep ${formatDuration(ms)}${jitter > 0 ? ` to ${formatDuration(ms + jitter)}` : ''}`,
    ownMs: ms + jitter,
    lasts: [{ path: [], ms }],
    stopMs: 0,
    check: () => [],
    async run({ clock, signal }) {
      if (await wait(clock, ms + random() * jitter, signal)) return { outcome: 'succeeded' };
      return { outcome: 'failed', reason: 'was told to stop', retryable: true };
    },
  };
}
