import { writeConfig } from '../configs.ts';
import { syncMs } from '../disk.ts';
import { timedGet } from '../fresh-get.ts';
import { journalWrites } from '../journal-writes.ts';
import { processCount } from '../process-count.ts';
import { compare, type Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';
import { startServer } from '../server.ts';
import { hookkeeper, spawningServer, TRUE } from '../servers.ts';
import { type Side, sideOf, takeTurns, warmUp } from '../turns.ts';
import { WEBHOOK_IS_MISSING, webhook, webhookVersion } from '../webhook.ts';

const MEASURE = 'hook with one task, exec true';

const WARM_UP_CALLS = 100;

/** The file's, then its folder's. */
const SYNCS_PER_WRITE = 2;

/** What it costs that a command is managed: it is claimed and recorded on the disk, and logged. */
export const hook: Row = {
  name: 'hook',
  about: `latency of a ${MEASURE}, beside webhook (Go) and a few lines of node:http`,
  rounds: 300,
  async run({ program, rounds, scratch, progress }) {
    const journalDir = scratch.folder();
    const configFile = writeConfig(scratch.folder(), {
      app: { preStop: [{ name: 'only-task', exec: { command: [TRUE] } }] },
    });
    const server = await startServer(scratch, await hookkeeper({ program, configFile, journalDir }));
    let deliveries = 0;
    const ours = sideOf('Hookkeeper', () => {
      deliveries += 1;
      // Without a key of its own a delivery is a repeat, and runs nothing.
      const headers = { 'Idempotency-Key': `delivery-${deliveries}` };
      return timedGet({ port: server.port, path: '/prestop/app', headers });
    });
    const goSide = await webhookSide(scratch);
    const peers = [...(goSide === undefined ? [] : [goSide]), await spawningSide(scratch)];
    await warmUp(WARM_UP_CALLS, [ours, ...peers]);
    await takeTurns(rounds, [ours, ...peers], progress);
    const writes = (await journalWrites(server)) / deliveries;
    const notes = [...notesOf(writes, journalDir), ...(goSide === undefined ? [WEBHOOK_IS_MISSING] : [])];
    return { comparisons: peers.map((peer) => compare({ measure: MEASURE, unit: 'ms' }, ours, peer)), notes };
  },
};

function notesOf(writes: number, journalDir: string): string[] {
  const syncs = writes * SYNCS_PER_WRITE;
  const processes = processCount();
  return [
    `a run with one task writes the journal ${writes.toFixed(1)} times: ${syncs.toFixed(1)} syncs of the disk, where the peers have none`,
    `making 1 KiB durable on the disk of the temporary folder takes ${syncMs(journalDir).median.toFixed(2)} ms`,
    ...(processes === undefined
      ? []
      : [`what a command left running is looked for among the ${processes} processes here; a pod has a few`]),
  ];
}

async function spawningSide(scratch: Scratch): Promise<Side> {
  const { port } = await startServer(scratch, await spawningServer());
  return sideOf('node:http with spawn', () => timedGet({ port, path: '/run' }));
}

async function webhookSide(scratch: Scratch): Promise<Side | undefined> {
  const version = webhookVersion();
  if (version === undefined) return undefined;
  const { port } = await startServer(scratch, await webhook(scratch.folder()));
  return sideOf(`webhook ${version}`, () => timedGet({ port, path: '/hooks/true' }));
}
