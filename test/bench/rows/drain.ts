import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeConfig } from '../configs.ts';
import { freshGet } from '../fresh-get.ts';
import { cpuMsOf } from '../process-cpu.ts';
import { type Comparison, compare, type Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';
import { type RunningServer, startServer } from '../server.ts';
import { type AppWithClients, appWithClients, connectionPoller, hookkeeper } from '../servers.ts';

/** Connections; each is two sockets here, as both ends of it are on this machine. */
const SIZES = [1, 500, 25_000];

/** Both ends of so many are far from the limit of descriptors of one process. */
const MOST_OF_ONE_APP = 8500;

/** How long they are all open, in ms, and how much longer by turns: a poll must not always come at the same time. */
const OPEN_MS = 10_000;
const LONGER_MS = 5000;

/** A preStop comes long after the start: by then V8 has collected what the start has left, which is no cost of a drain. In ms. */
const IDLE_MS = 15_000;

/** By then the hook has been received, and all that waits has looked once, in ms. */
const SETTLE_MS = 1000;

const POLLS = [1000, 5000];

/** What the round before has left in TIME_WAIT is not of this one; the kernel lets go of it after a minute. */
const LEFT_OVER = 1000;
const LET_GO_MS = 75_000;

/** What was measured of one waiting process. */
interface Waited {
  readonly lags: number[];
  /** Of one core, while nothing happened, in %. */
  readonly costs: number[];
}

/** How soon after the last connection a drain is over, and what it costs until then. */
export const drain: Row = {
  name: 'drain',
  about:
    'time from the end of the last connection to the answer of the hook, and processor time until then, beside polling scripts',
  rounds: 3,
  async run({ program, rounds, scratch, progress }) {
    if (!existsSync('/proc/net/tcp'))
      return { comparisons: [], notes: ['not measured here: it needs the /proc of Linux'] };
    const comparisons: Comparison[] = [];
    for (const size of SIZES) {
      const stage = await setUp(program, scratch, size);
      for (let round = 0; round < rounds; round += 1) {
        progress(round);
        await untilLetGo();
        await measureOnce(stage, size, OPEN_MS + ((round * 0.618) % 1) * LONGER_MS);
      }
      comparisons.push(...comparisonsOf(stage, `${size} connection${size === 1 ? '' : 's'}`));
      await Promise.all([...stage.apps, stage.ours, ...stage.polls].map(({ server }) => server.stop()));
    }
    return {
      comparisons,
      notes: [
        `each connection is two sockets, as its client is on this machine too: up to ${2 * (SIZES.at(-1) ?? 0)}; the tables also have those of all other processes`,
        'what one round leaves in TIME_WAIT is waited for before the next; what it leaves itself is in the tables at its end',
        `each process has done nothing for ${IDLE_MS / 1000} s before the first round, as in a pod`,
        'the time is to the answer of the hook, the journal included; the ports of Hookkeeper, and all other processes, are in the same network',
      ],
    };
  },
};

interface Stage {
  readonly apps: readonly { readonly server: RunningServer }[];
  readonly ours: { readonly server: RunningServer } & Waited;
  readonly polls: readonly ({ readonly server: RunningServer; readonly everyMs: number } & Waited)[];
}

async function setUp(program: string, scratch: Scratch, size: number): Promise<Stage> {
  const specs: AppWithClients[] = [];
  for (let from = 0; from < size; from += MOST_OF_ONE_APP) specs.push(await appWithClients());
  const ports = specs.map(({ appPort }) => appPort);
  const folder = scratch.folder();
  const configFile = writeConfig(folder, { app: { preStop: [{ name: 'only-task', drain: { ports } }] } });
  const apps = [];
  for (const spec of specs) apps.push({ server: await startServer(scratch, spec) });
  const server = await startServer(scratch, await hookkeeper({ program, configFile, journalDir: scratch.folder() }));
  const polls = [];
  for (const everyMs of POLLS) {
    const poller = await startServer(scratch, await connectionPoller(everyMs, ports));
    polls.push({ server: poller, everyMs, lags: [], costs: [] });
  }
  await sleep(IDLE_MS);
  return { apps, ours: { server, lags: [], costs: [] }, polls };
}

async function untilLetGo(): Promise<void> {
  const untilMs = performance.now() + LET_GO_MS;
  while (performance.now() < untilMs) {
    const left = /^TCP:.* tw (\d+)/m.exec(readFileSync('/proc/net/sockstat', 'utf8'))?.[1];
    if (Number(left ?? 0) < LEFT_OVER) return;
    await sleep(1000);
  }
}

let deliveries = 0;

async function measureOnce({ apps, ours, polls }: Stage, size: number, openMs: number): Promise<void> {
  const count = Math.ceil(size / apps.length);
  await Promise.all(apps.map(({ server }) => get(server.port, `/open?count=${count}`)));
  deliveries += 1;
  const ends = [
    get(ours.server.port, '/prestop/app', { 'Idempotency-Key': `drain-${deliveries}` }).then(() => Date.now()),
    ...polls.map(({ server }) => get(server.port, '/wait').then(Number)),
  ];
  const waiting = [ours, ...polls];
  await sleep(SETTLE_MS);
  const [beforeMs, before] = [performance.now(), waiting.map(({ server }) => cpuMsOf(server.pid))];
  await sleep(openMs);
  const lastedMs = performance.now() - beforeMs;
  for (const [index, { server, costs }] of waiting.entries()) {
    costs.push(((cpuMsOf(server.pid) - (before[index] ?? 0)) / lastedMs) * 100);
  }
  const lastEnd = Math.max(...(await Promise.all(apps.map(({ server }) => get(server.port, '/end').then(Number)))));
  for (const [index, end] of ends.entries()) waiting[index]?.lags.push((await end) - lastEnd);
}

async function get(port: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const { status, text } = await freshGet({ port, path, headers });
  if (status !== 200) throw new Error(`${path} of port ${port} was answered with ${text.slice(0, 500)}`);
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

function comparisonsOf({ ours, polls }: Stage, what: string): Comparison[] {
  return polls.flatMap(({ everyMs, lags, costs }) => {
    const name = `poll each ${everyMs / 1000} s`;
    return [
      compare({ measure: `lag after ${what}`, unit: 'ms' }, { values: ours.lags }, { name, values: lags }),
      compare({ measure: `cost with ${what}`, unit: '%' }, { values: ours.costs }, { name, values: costs }),
    ];
  });
}
