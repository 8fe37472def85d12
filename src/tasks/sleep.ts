import * as z from 'zod/mini';
import { durationSchema, formatDuration } from '../config/duration.ts';
import type { TaskKind } from '../config/task-kind.ts';
import { wait } from '../hooks/clock.ts';
import type { TaskAction } from '../hooks/task.ts';

const duration = durationSchema().check(z.describe('How long to wait.'));

const settings = z.union([z.strictObject({ duration }), duration]);

/** `sleep`: waits, so that the world outside can notice what a task before it announced. */
export const sleepTask: TaskKind<TaskAction> = { name: 'sleep', schema: z.pipe(settings, z.transform(sleepAction)) };

function sleepAction(sleep: z.output<typeof settings>): TaskAction {
  const ms = typeof sleep === 'number' ? sleep : sleep.duration;
  return {
    summary: `sleep ${formatDuration(ms)}`,
    ownMs: ms,
    stopMs: 0,
    check: () => [],
    async run({ clock, signal }) {
      if (await wait(clock, ms, signal)) return { outcome: 'succeeded' };
      return { outcome: 'failed', reason: 'was told to stop', retryable: true };
    },
  };
}
