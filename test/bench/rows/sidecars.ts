import { setTimeout as sleep } from 'node:timers/promises';
import { QUICKSTART } from '../configs.ts';
import { canReadMemory, memoryOf } from '../process-memory.ts';
import { compare, type Row } from '../row.ts';
import { type RunningServer, type ServerSpec, startServer } from '../server.ts';
import { bareServer, hookkeeper } from '../servers.ts';

const SIDECARS = 200;

/** As `maxSurge` of a large Deployment lets it be. */
const BATCH = 10;

const IDLE_MS = 10_000;

/** Hundreds that are asked each millisecond would leave nothing for those that start. */
const PATIENCE = { limitMs: 180_000, pollMs: 50 };

/** Of all processes of one kind. */
interface Fleet {
  /** Until the last of those that were started at once answered, in ms. */
  readonly startMs: number;
  /** All together, after some idle seconds, in MB. */
  readonly unique: number;
  /** Until each had been replaced by a new one that answers, so many at a time, in ms. */
  readonly rolloutMs: number;
}

/** What a node carries that has a sidecar in each of very many pods. */
export const sidecars: Row = {
  name: 'sidecars',
  about: `${SIDECARS} at once: the start of the last, their unique memory, and a rolling restart, ${BATCH} at a time, beside as many bare node:http servers`,
  rounds: 1,
  async run({ program, rounds, scratch, progress }) {
    if (!canReadMemory()) return { comparisons: [], notes: ['not measured here: it needs the /proc of Linux'] };
    const ours: Fleet[] = [];
    const bare: Fleet[] = [];
    // Each side alone: both together would fill the memory of many machines.
    for (let round = 0; round < rounds; round += 1) {
      progress(round);
      const start = (spec: () => Promise<ServerSpec>) => async () => startServer(scratch, await spec(), PATIENCE);
      ours.push(
        await fleetOf(start(() => hookkeeper({ program, configFile: QUICKSTART, journalDir: scratch.folder() }))),
      );
      bare.push(await fleetOf(start(bareServer)));
    }
    const lineOf = (measure: string, unit: 'ms' | 'MB', kind: keyof Fleet) =>
      compare(
        { measure, unit },
        { values: ours.map((each) => each[kind]) },
        { name: 'bare node:http', values: bare.map((each) => each[kind]) },
      );
    return {
      comparisons: [
        lineOf(`start of the last of ${SIDECARS}`, 'ms', 'startMs'),
        lineOf(`unique memory of ${SIDECARS}`, 'MB', 'unique'),
        lineOf(`rolling restart of ${SIDECARS}`, 'ms', 'rolloutMs'),
      ],
      notes: [`${BATCH} new ones are started, then as many old ones ended, until all are new`],
    };
  },
};

async function fleetOf(start: () => Promise<RunningServer>): Promise<Fleet> {
  const startedMs = performance.now();
  const first = await Promise.all(Array.from({ length: SIDECARS }, start));
  const startMs = performance.now() - startedMs;
  await sleep(IDLE_MS);
  const unique = first.reduce((sum, { pid }) => sum + memoryOf(pid).unique, 0);
  const rolledMs = performance.now();
  const second: RunningServer[] = [];
  for (let from = 0; from < SIDECARS; from += BATCH) {
    second.push(...(await Promise.all(Array.from({ length: BATCH }, start))));
    await Promise.all(first.slice(from, from + BATCH).map(({ stop }) => stop()));
  }
  const rolloutMs = performance.now() - rolledMs;
  await Promise.all(second.map(({ stop }) => stop()));
  return { startMs, unique, rolloutMs };
}
