import { writeConfig } from '../configs.ts';
import { freshGet, timedGet } from '../fresh-get.ts';
import { CALLERS, compareJoined } from '../joined.ts';
import { type Bench, type Comparison, compare, type Row } from '../row.ts';
import { startServer } from '../server.ts';
import { bareServer, expressServer, hookkeeper } from '../servers.ts';
import { sideOf, takeTurns, warmUp } from '../turns.ts';

/** Calls of one turn. */
const CALLS = 1000;

/** Calls that are on their way at a time. */
const AT_ONCE = 16;

const WARM_UP_TURNS = 2;

/** How fast deliveries are answered that start no run of their own: a kubelet that repeats itself must not cost the app its time. */
export const duplicates: Row = {
  name: 'duplicates',
  about: `deliveries replayed per second over new connections, ${AT_ONCE} at a time, and joined, ${CALLERS} at a time, beside express; replayed beside node:http, too`,
  rounds: 20,
  async run(bench) {
    return {
      comparisons: [...(await compareReplayed(bench)), ...(await compareJoined(bench))],
      notes: [
        `joined: ${CALLERS} callers each, in the time until all have been taken in and, once what they wait for has ended, until the last is answered; the pause between the two is not counted`,
        'bare express answers all that wait at once; ours makes the end of the run durable before',
      ],
    };
  },
};

/** Calls for a run that has succeeded. */
async function compareReplayed({ program, rounds, scratch, progress }: Bench): Promise<Comparison[]> {
  const configFile = writeConfig(scratch.folder(), { app: { preStop: [] } });
  const spec = await hookkeeper({ program, configFile, journalDir: scratch.folder() });
  const server = await startServer(scratch, spec);
  const plain = await startServer(scratch, await bareServer());
  const express = await startServer(scratch, await expressServer());
  const hook = { port: server.port, path: '/prestop/app' };
  await timedGet(hook);
  const { text } = await freshGet(hook);
  if (!text.includes('"delivery":"replayed"')) throw new Error(`a repeated delivery is not replayed: ${text}`);

  const ours = sideOf('Hookkeeper', () => callsPerSecond(hook));
  const peers = [
    sideOf('bare express', () => callsPerSecond({ port: express.port, path: '/' })),
    sideOf('bare node:http', () => callsPerSecond({ port: plain.port, path: '/' })),
  ];
  await warmUp(WARM_UP_TURNS, [ours, ...peers]);
  await takeTurns(rounds, [ours, ...peers], progress);
  await Promise.all([server, plain, express].map(({ stop }) => stop()));
  const measure = 'duplicates replayed (more is better)';
  return peers.map((peer) => compare({ measure, unit: '/s' }, ours, peer));
}

async function callsPerSecond(target: Parameters<typeof timedGet>[0]): Promise<number> {
  const startedMs = performance.now();
  let sent = 0;
  const caller = async () => {
    while (sent < CALLS) {
      sent += 1;
      await timedGet(target);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  return (CALLS / (performance.now() - startedMs)) * 1000;
}
