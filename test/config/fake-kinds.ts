import * as z from 'zod/mini';
import type { Guard } from '../../src/config/condition.ts';
import { durationSchema } from '../../src/config/duration.ts';
import type { ActionFacts, ActionProblem, TaskKind } from '../../src/config/task-kind.ts';
import type { TaskTable } from '../../src/config/task-table.ts';

/** What the tests of the config need of an action. */
export interface FakeAction extends ActionFacts {
  readonly did: string;
}

function notThere(...path: readonly (string | number)[]): ActionProblem {
  const rule = 'must be an executable file';
  return { severity: 'error', path, rule, value: '"missing"', remedy: 'check the mount of the volume' };
}

/** `work: {command: [..], stop: 1s, least: 1s}`: only a timeout bounds it. The command `missing` is known not to be there. */
const work: TaskKind<FakeAction> = {
  name: 'work',
  schema: () =>
    z.pipe(
      z.strictObject({
        command: z.array(z.string()).check(z.minLength(1), z.describe('What is called.')),
        stop: z.prefault(durationSchema({ leastMs: 0 }), '0s'),
        least: z.prefault(durationSchema({ leastMs: 0 }), '0s'),
        env: z.optional(z.record(z.string(), z.string())),
      }),
      z.transform(({ command, stop, least }) => ({
        did: 'work',
        summary: `work ${command.join(' ')}`,
        ownMs: undefined,
        lasts: [{ path: ['least'], ms: least }],
        stopMs: stop,
        check: () => (command[0] === 'missing' ? [notThere('command', 0)] : []),
      })),
    ),
};

/** `pause: 5s`, or `pause: {time: 5s, more: 1s}`: it lasts that long, and up to so much more. */
const pause: TaskKind<FakeAction> = {
  name: 'pause',
  schema: () =>
    z.pipe(
      z.union([
        z.strictObject({ time: durationSchema(), more: z.prefault(durationSchema({ leastMs: 0 }), '0s') }),
        z.pipe(
          durationSchema(),
          z.transform((time: number) => ({ time, more: 0 })),
        ),
      ]),
      z.transform(({ time, more }) => ({
        did: 'pause',
        summary: `pause ${time} ms`,
        ownMs: time + more,
        lasts: [{ path: [], ms: time }],
        stopMs: 0,
        check: () => [],
      })),
    ),
};

/** `when: { met: true }`, `when: { reason: restart }`. The file `missing` is known not to be there. */
const guard = () =>
  z.pipe(
    z.strictObject({
      met: z.optional(z.boolean()).check(z.describe('Whether it holds.')),
      file: z.optional(z.string()),
      reason: z.optional(z.enum(['termination', 'restart'])),
    }),
    z.transform(({ met, file, reason }): Guard => {
      if (met === undefined) return { reason, condition: undefined };
      const read = async () => ({ kind: 'read', met, saw: 'nothing', left: undefined }) as const;
      const check = () => (file === 'missing' ? [notThere('file')] : []);
      return { reason, condition: { summary: `met ${met}`, check, read } };
    }),
  );

export const fakeTable: TaskTable<FakeAction> = { kinds: [work, pause], guard };
