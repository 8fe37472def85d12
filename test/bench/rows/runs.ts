import { setTimeout as sleep } from 'node:timers/promises';
import { writeConfig } from '../configs.ts';
import { timedGet } from '../fresh-get.ts';
import { canReadMemory, memoryOf } from '../process-memory.ts';
import { type Bench, compare, type Row } from '../row.ts';
import { type RunningServer, startServer } from '../server.ts';
import { hookkeeper, spawningServer, TRUE } from '../servers.ts';

const RUNS = 1000;

/** By then what the runs left has been collected, in ms. */
const SETTLE_MS = 10_000;

/** Whether a sidecar grows with what it does. */
export const runs: Row = {
  name: 'runs',
  about: `unique memory after ${RUNS} runs of exec true, beside itself before them and a few lines of node:http`,
  rounds: 3,
  async run(bench) {
    if (!canReadMemory()) return { comparisons: [], notes: ['not measured here: it needs the /proc of Linux'] };
    const [before, after, spawning]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < bench.rounds; round += 1) {
      bench.progress(round);
      const ours = await ourSide(bench);
      before.push(ours.before);
      after.push(ours.after);
      const peer = await startServer(bench.scratch, await spawningServer());
      spawning.push(await memoryAfter(peer, () => timedGet({ port: peer.port, path: '/run' })));
    }
    const measure = `unique memory after ${RUNS} runs`;
    return {
      comparisons: [
        compare({ measure, unit: 'MB' }, { values: after }, { name: 'itself before', values: before }),
        compare({ measure, unit: 'MB' }, { values: after }, { name: 'node:http with spawn', values: spawning }),
      ],
      notes: [],
    };
  },
};

async function ourSide({ program, scratch }: Bench): Promise<{ readonly before: number; readonly after: number }> {
  const configFile = writeConfig(scratch.folder(), {
    app: { preStop: [{ name: 'only-task', exec: { command: [TRUE] } }] },
  });
  const server = await startServer(scratch, await hookkeeper({ program, configFile, journalDir: scratch.folder() }));
  await sleep(SETTLE_MS);
  const before = memoryOf(server.pid).unique;
  let deliveries = 0;
  const after = await memoryAfter(server, () => {
    deliveries += 1;
    const headers = { 'Idempotency-Key': `delivery-${deliveries}` };
    return timedGet({ port: server.port, path: '/prestop/app', headers });
  });
  return { before, after };
}

async function memoryAfter({ pid, stop }: RunningServer, once: () => Promise<unknown>): Promise<number> {
  for (let run = 0; run < RUNS; run += 1) await once();
  await sleep(SETTLE_MS);
  const { unique } = memoryOf(pid);
  await stop();
  return unique;
}
