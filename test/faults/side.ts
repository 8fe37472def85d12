import { type Stage, stage, until } from '../e2e/stage.ts';
import type { Service } from '../helpers/program.ts';
import { type Random, randomFrom } from '../helpers/random.ts';
import { type Broken, hand, SEED } from './tally.ts';

/** One side by side with others: a pod's sidecar, its own random numbers, and what it counts. */
export interface Side {
  readonly stage: Stage;
  readonly random: Random;
  injected: number;
  readonly broken: Broken[];
  /** Notes a broken promise unless `holds`. */
  must(promise: Broken['promise'], holds: boolean, what: string): void;
}

/** How many sidecars live at a time: two processors are kept busy by four. */
const SIDES = 4;

/** Plays `round` for each of `rounds`, on some sides at a time, and hands the sum in. A round that throws is a broken promise. */
export async function playRounds(
  fault: string,
  rounds: number,
  round: (side: Side, index: number) => Promise<void>,
  note?: () => string,
): Promise<void> {
  let next = 0;
  const sides = await Promise.all(
    Array.from({ length: Math.min(SIDES, rounds) }, async (_, index): Promise<Side> => {
      const side: Side = {
        stage: await stage(),
        random: randomFrom(SEED + index),
        injected: 0,
        broken: [],
        must(promise, holds, what) {
          if (!holds) this.broken.push({ promise, what });
        },
      };
      return side;
    }),
  );
  await Promise.all(
    sides.map(async (side) => {
      while (next < rounds && side.broken.length === 0) {
        const index = next++;
        await round(side, index).catch((error: unknown) => {
          side.broken.push({ promise: 'wrong', what: `round ${index}: ${String(error)}` });
        });
      }
    }),
  );
  const counts = sides.flatMap(({ stage: { executionsByRun } }) => [...executionsByRun().values()]);
  const executed = counts.reduce((all, count) => all + count, 0);
  hand({
    fault,
    rounds: next,
    injected: sides.reduce((all, side) => all + side.injected, 0),
    executed,
    rerun: executed - counts.length,
    broken: sides.flatMap(({ broken }) => broken),
    ...(note === undefined ? {} : { note: note() }),
  });
}

/** Waits until no process of the side's tasks is left, and counts those that stay. */
export async function mustLeaveNothing(side: Side, what: string): Promise<void> {
  const { processes } = side.stage;
  await until('the end of the tasks', () => processes().length === 0, 5000).catch(() => {});
  side.must('leaked', processes().length === 0, `${what}: ${processes().length} processes are left`);
}

/** Ends a service as the kubelet does, and expects it to end by itself. */
export async function mustEnd(side: Side, service: Service, what: string): Promise<void> {
  service.kill('SIGTERM');
  const { code } = await service.exited;
  side.must('wrong', code === 0, `${what}: it ended with ${code}`);
}
