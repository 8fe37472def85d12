import { setTimeout as sleep } from 'node:timers/promises';
import { QUICKSTART } from '../configs.ts';
import { canReadMemory, memoryOf, type ProcessMemory } from '../process-memory.ts';
import { type Comparison, compare, type Row } from '../row.ts';
import { type RunningServer, type ServerSpec, startServer } from '../server.ts';
import { bareServer, hookkeeper } from '../servers.ts';
import { WEBHOOK_IS_MISSING, webhook, webhookVersion } from '../webhook.ts';

/** By then Node has done what it puts off at its start, in seconds. */
const IDLE_SECONDS = 10;

/** What a sidecar costs that waits for its hooks, which is what it does nearly always. */
export const memory: Row = {
  name: 'memory',
  about: `resident and unique memory after ${IDLE_SECONDS} idle seconds, beside a bare node:http server and webhook (Go)`,
  rounds: 6,
  async run({ program, rounds, scratch, progress }) {
    if (!canReadMemory()) return { comparisons: [], notes: ['not measured here: it needs the /proc of Linux'] };
    const version = webhookVersion();
    const kinds: readonly { readonly name: string; readonly spec: () => Promise<ServerSpec> }[] = [
      {
        name: 'Hookkeeper',
        spec: () => hookkeeper({ program, configFile: QUICKSTART, journalDir: scratch.folder() }),
      },
      { name: 'bare node:http', spec: bareServer },
      ...(version === undefined ? [] : [{ name: `webhook ${version}`, spec: () => webhook(scratch.folder()) }]),
    ];
    const running = kinds.map(({ name, spec }) => ({ name, spec, servers: [] as RunningServer[] }));
    // All at once, so that each shares with others what a pod shares with the pods beside it.
    for (let round = 0; round < rounds; round += 1) {
      progress(round);
      for (const { spec, servers } of running) servers.push(await startServer(scratch, await spec()));
    }
    await sleep(IDLE_SECONDS * 1000);
    const measured = running.map(({ name, servers }) => ({ name, values: servers.map(({ pid }) => memoryOf(pid)) }));
    await Promise.all(running.flatMap(({ servers }) => servers.map((server) => server.stop())));
    const [ours, ...peers] = measured;
    return {
      comparisons: ours === undefined ? [] : peers.flatMap((peer, index) => linesOf(ours, peer, index === 0)),
      notes: [
        'unique memory is what one more pod costs on a node where another one runs the same Node',
        ...(version === undefined ? [WEBHOOK_IS_MISSING] : []),
      ],
    };
  },
};

interface Measured {
  readonly name: string;
  readonly values: readonly ProcessMemory[];
}

function linesOf(ours: Measured, peer: Measured, aimed: boolean): Comparison[] {
  const lineOf = (kind: keyof ProcessMemory, aim?: { readonly aim: number }) => {
    const [hookkeeper, other] = [ours, peer].map(({ name, values }) => ({
      name,
      values: values.map((each) => each[kind]),
    }));
    const what = { measure: `${kind} memory, idle for ${IDLE_SECONDS} s`, unit: 'MB' as const, ...aim };
    return hookkeeper === undefined || other === undefined ? [] : [compare(what, hookkeeper, other)];
  };
  return [...lineOf('resident'), ...lineOf('unique', aimed ? { aim: 1.25 } : undefined)];
}
