/** A few random lives of a pod around the built program; test/walk has thousands of them around the core alone. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/journal/entry.ts';
import { within } from '../helpers/within.ts';
import { type Life, live } from './life.ts';
import { reportLine, reportOf } from './life-report.ts';
import { hooks, type Stage, until } from './stage.ts';

const WALKS = 24;
/** Printed with each failure: with it in here, the same walks are drawn again. */
const SEED = Math.floor(Math.random() * 2 ** 32);
const MOST_STEPS = 6;
/** The longest pause between two things that happen, in ms. */
const PAUSE_MS = 500;

/** What may happen to a pod. */
const STEPS: readonly ((life: Life) => void)[] = [
  ({ signal }) => signal('app', 'SIGKILL'),
  ({ signal }) => signal('hookkeeper', 'SIGKILL'),
  ({ pod }) => pod.killKubelet(),
  ({ pod }) => pod.startKubelet(),
  ({ pod }) => pod.failProbe('app'),
  () => {},
];

/** Numbers from 0 to below 1, the same for the same seed: a walk that failed can be walked again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const config = ({ task }: Stage) =>
  hooks({
    postStart: [task('warm'), task('register', 'sleep 0.05')],
    preStop: [task('drain', 'sleep 0.1'), { parallel: [task('left'), task('right', 'sleep 0.1')] }, task('save')],
  });

async function walk(random: () => number): Promise<Life> {
  const life = await live({ config, times: { backOffMs: 500, kubeletStartMs: 200 } });
  const { pod } = life;
  const steps = 1 + Math.floor(random() * MOST_STEPS);
  for (let step = 0; step < steps; step += 1) {
    await pause(random() * PAUSE_MS);
    STEPS[Math.floor(random() * STEPS.length)]?.(life);
  }
  pod.startKubelet();
  pod.delete();
  await within('the end of the pod', pod.ended, 45_000);
  return life;
}

/** What the journal and the executions say of each other. */
function brokenIn(runs: readonly RunRecord[], counted: ReadonlyMap<string, number>): string[] {
  return runs.flatMap(({ id, tasks }) =>
    tasks.flatMap((task) => {
      const count = counted.get(`${id} ${task.name}`) ?? 0;
      const attempts = task.state === 'pending' ? 0 : task.attempts;
      const lost = task.state === 'ended' && task.outcome === 'succeeded' && count === 0;
      return [
        ...(count > attempts
          ? [`${task.name} of ${id} was executed ${count} times, ${attempts} of them journaled`]
          : []),
        ...(lost ? [`${task.name} of ${id} succeeded without an execution`] : []),
      ];
    }),
  );
}

describe('a random life of a pod around the built program', () => {
  it.each(Array.from({ length: WALKS }, (_, index) => index))(
    `breaks no promise: walk %i of seed ${SEED}`,
    async (index) => {
      const life = await walk(randomFrom(SEED + index));
      const { on, events } = life;
      const report = reportOf(life);
      process.stdout.write(`${reportLine(`walk ${index} of seed ${SEED}`, report)}\n`);
      const delivered = report.deliveries.some((line) => / (executed|joined|resumed|replayed)$/.test(line));
      const { runs } = delivered ? await on.journal() : { runs: [] };
      expect(brokenIn(runs, on.executionsByRun())).toEqual([]);
      // Where no process was killed, each task of a run was executed once.
      const killed = events.some(
        (event) => event.type === 'containerEnded' && event.container === 'hookkeeper' && event.exit.signal !== null,
      );
      if (!killed) {
        expect([...on.executionsByRun().values()].filter((count) => count > 1)).toEqual([]);
        expect(report.exit).toBe(0);
        expect(report.deliveries.filter((line) => line.endsWith(' failure'))).toEqual([]);
      }
      await until('the end of all tasks', () => on.processes().length === 0);
    },
  );
});
