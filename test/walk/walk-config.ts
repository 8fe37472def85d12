import * as z from 'zod/mini';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { TaskKind } from '../../src/config/task-kind.ts';
import type { Clock } from '../../src/hooks/clock.ts';
import type { AttemptContext, AttemptResult, TaskAction } from '../../src/hooks/task.ts';
import { guardSchema } from '../../src/tasks/guard.ts';

export const GRACE_MS = 30_000;
export const RESERVE_MS = 5000;
export const POST_START_MS = 20_000;

const TEXT = `
version: 1
grace: { period: ${GRACE_MS}ms, reserve: ${RESERVE_MS}ms }
containers:
  app:
    postStart:
      timeout: ${POST_START_MS}ms
      tasks:
        - { name: warm, step: {} }
        - { name: register, step: {} }
    preStop:
      - { name: drain, step: {}, undo: { step: {} } }
      - parallel:
          - { name: left, step: {}, undo: { step: {} } }
          - { name: right, step: {}, onFailure: continue }
      - { name: tidy, step: {}, priority: optional }
      - { name: save, step: {}, undo: { step: {} }, priority: critical, timeout: 3s, alsoWithoutHook: true }
`;

export type Perform = (attempt: AttemptContext) => Promise<AttemptResult>;

/** Who performs the tasks of the process that lives by a clock. */
export const performers = new WeakMap<Clock, Perform>();

const step: TaskKind<TaskAction> = {
  name: 'step',
  schema: () =>
    z.pipe(
      z.strictObject({}),
      z.transform(() => ({
        summary: 'step',
        ownMs: undefined,
        stopMs: 0,
        check: () => [],
        run(attempt: AttemptContext) {
          const perform = performers.get(attempt.clock);
          return perform === undefined ? Promise.reject(new Error('nobody performs')) : perform(attempt);
        },
      })),
    ),
};

/** The config of a walk with such a sidecar. */
export function walkConfig(sidecar: 'native' | 'regular'): Config<TaskAction> {
  const table = { kinds: [step], guard: guardSchema };
  const loaded = loadConfig({ text: `${TEXT}lifecycle: { sidecar: ${sidecar} }\n`, file: 'walk.yaml', table, env: {} });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ rule, path }) => `${path} ${rule}`).join('\n'));
  return loaded.config;
}
