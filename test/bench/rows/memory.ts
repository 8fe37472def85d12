import { setTimeout as sleep } from 'node:timers/promises';
import { QUICKSTART } from '../configs.ts';
import { canReadMemory, memoryOf, type ProcessMemory } from '../process-memory.ts';
import { compare, type Row } from '../row.ts';
import { type RunningServer, startServer } from '../server.ts';
import { bareServer, hookkeeper } from '../servers.ts';

/** By then Node has done what it puts off at its start, in seconds. */
const IDLE_SECONDS = 10;

/** What a sidecar costs that waits for its hooks, which is what it does nearly always. */
export const memory: Row = {
  name: 'memory',
  about: `resident and unique memory after ${IDLE_SECONDS} idle seconds, beside a bare node:http server`,
  rounds: 6,
  async run({ program, rounds, scratch, progress }) {
    if (!canReadMemory()) return { comparisons: [], notes: ['not measured here: it needs the /proc of Linux'] };
    const ours: RunningServer[] = [];
    const bare: RunningServer[] = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(round);
      const spec = await hookkeeper({ program, configFile: QUICKSTART, journalDir: scratch.folder() });
      ours.push(await startServer(scratch, spec));
      bare.push(await startServer(scratch, await bareServer()));
    }
    await sleep(IDLE_SECONDS * 1000);
    const [oursMemory, bareMemory] = [memoryOfAll(ours), memoryOfAll(bare)];
    await Promise.all([...ours, ...bare].map((server) => server.stop()));
    const lineOf = (kind: keyof ProcessMemory, aim?: { readonly aim: number }) =>
      compare(
        { measure: `${kind} memory, idle for ${IDLE_SECONDS} s`, unit: 'MB', ...aim },
        { values: oursMemory.map((each) => each[kind]) },
        { name: 'bare node:http', values: bareMemory.map((each) => each[kind]) },
      );
    const notes = ['unique memory is what one more pod costs on a node where another one runs the same Node'];
    return { comparisons: [lineOf('resident'), lineOf('unique', { aim: 2 })], notes };
  },
};

function memoryOfAll(servers: readonly RunningServer[]): ProcessMemory[] {
  return servers.map(({ pid }) => memoryOf(pid));
}
