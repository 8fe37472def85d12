import { writeConfig } from '../configs.ts';
import { syncMs } from '../disk.ts';
import { timedGet } from '../fresh-get.ts';
import { compare, type Row } from '../row.ts';
import { startServer } from '../server.ts';
import { expressServer, hookkeeper } from '../servers.ts';
import { sideOf, takeTurns, warmUp } from '../turns.ts';

const MEASURE = 'hook without tasks';

const WARM_UP_CALLS = 100;

/** What a hook costs in which nothing is done: it is told apart from a repeat, recorded and logged. */
export const noTasks: Row = {
  name: 'no-tasks',
  about: `latency of a ${MEASURE}, beside a fixed answer of express`,
  rounds: 300,
  async run({ program, rounds, scratch, progress }) {
    const journalDir = scratch.folder();
    const configFile = writeConfig(scratch.folder(), { app: { preStop: [] } });
    const { port } = await startServer(scratch, await hookkeeper({ program, configFile, journalDir }));
    const express = await startServer(scratch, await expressServer());
    let deliveries = 0;
    const ours = sideOf('Hookkeeper', () => {
      deliveries += 1;
      return timedGet({ port, path: '/prestop/app', headers: { 'Idempotency-Key': `delivery-${deliveries}` } });
    });
    const peer = sideOf('bare express', () => timedGet({ port: express.port, path: '/' }));
    await warmUp(WARM_UP_CALLS, [ours, peer]);
    await takeTurns(rounds, [ours, peer], progress);
    return {
      comparisons: [compare({ measure: MEASURE, unit: 'ms' }, ours, peer)],
      notes: [
        `making 1 KiB durable on the disk of the temporary folder takes ${syncMs(journalDir).median.toFixed(2)} ms`,
      ],
    };
  },
};
