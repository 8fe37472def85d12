/** How fast callers are joined: many at once come while something is done, are taken in, and are answered when it has ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { writeConfig } from './configs.ts';
import { type Answer, freshGet, timedGet } from './fresh-get.ts';
import { createGate, type Gate } from './gate.ts';
import { type Bench, type Comparison, compare } from './row.ts';
import { startServer } from './server.ts';
import { hookkeeper, joiningServer } from './servers.ts';
import { type Side, sideOf, takeTurns, warmUp } from './turns.ts';

/** As many as a port queues in one moment. */
export const CALLERS = 500;

const WARM_UP_TURNS = 2;

/** Between two questions how many have been taken in, in ms; who is asked answers when it has done what came before. */
const ASK_EVERY_MS = 5;

/** Who has not been taken in by then will not be, in ms. */
const LIMIT_MS = 60_000;

const JOINED = /^hookkeeper_deliveries_total\{hook="preStop",container="app",served="joined"\} (\d+)$/m;

/** One that does something and joins who comes meanwhile. */
interface Joining {
  readonly name: string;
  /** So that the next call is no repeat of what has ended. */
  readonly renew: () => Promise<unknown>;
  readonly call: () => Promise<Answer>;
  /** Whether an answer is that of a joined call. */
  readonly isJoined: (answer: Answer) => boolean;
  /** How many calls it has joined so far. */
  readonly count: () => Promise<number>;
}

type JoiningSide = Side & {
  /** From the end of what was done to the last answer, in ms, in each of its turns. */
  readonly answeredMs: number[];
};

/** Measures Hookkeeper beside express, in turns. */
export async function compareJoined({ program, rounds, scratch, progress }: Bench): Promise<Comparison[]> {
  const gate = await createGate();
  try {
    const preStop = [{ name: 'held', http: { url: gate.url } }];
    const configFile = writeConfig(scratch.folder(), { app: { postStart: [], preStop } });
    const ours = await startServer(scratch, await hookkeeper({ program, configFile, journalDir: scratch.folder() }));
    const express = await startServer(scratch, await joiningServer(gate.url));
    const [first, peer] = [joiningSide(gate, ourOne(ours)), joiningSide(gate, bareOne(express.port))];
    const sides = [first, peer];
    await warmUp(WARM_UP_TURNS, sides);
    for (const { answeredMs } of sides) answeredMs.length = 0;
    await takeTurns(rounds, sides, progress);
    const end = { measure: `from the end to the last of ${CALLERS} joined`, unit: 'ms' } as const;
    return [
      compare({ measure: 'duplicates joined (more is better)', unit: '/s' }, first, peer),
      compare(end, { values: first.answeredMs }, { name: peer.name, values: peer.answeredMs }),
    ];
  } finally {
    gate.close();
  }
}

function ourOne({
  port,
  readiness,
}: {
  readonly port: number;
  readonly readiness: { readonly port: number };
}): Joining {
  return {
    name: 'Hookkeeper',
    renew: () => timedGet({ port, path: '/poststart/app' }),
    call: () => freshGet({ port, path: '/prestop/app' }),
    isJoined: ({ text }) => text.includes('"delivery":"joined"'),
    async count() {
      const { text } = await freshGet({ port: readiness.port, path: '/metrics' });
      return Number(JOINED.exec(text)?.[1] ?? Number.NaN);
    },
  };
}

function bareOne(port: number): Joining {
  return {
    name: 'bare express',
    renew: () => Promise.resolve(),
    call: () => freshGet({ port, path: '/' }),
    isJoined: ({ status }) => status === 200,
    async count() {
      const { text } = await freshGet({ port, path: '/waiting' });
      // The first caller waits, too.
      return Math.max(0, Number(/\d+$/.exec(text)?.[0] ?? 0) - 1);
    },
  };
}

/** Measures how many are joined per second; the time in which all have been taken in and nothing happens is not counted. */
function joiningSide(gate: Gate, joining: Joining): JoiningSide {
  const answeredMs: number[] = [];
  const side = sideOf(joining.name, async () => {
    const { takenMs, lastMs } = await joinOnce(gate, joining);
    answeredMs.push(lastMs);
    return (CALLERS / (takenMs + lastMs)) * 1000;
  });
  return { ...side, answeredMs };
}

async function joinOnce(gate: Gate, { name, renew, call, isJoined, count }: Joining) {
  await renew();
  const before = await count();
  const reached = gate.reached();
  const first = call();
  const early = first.then(({ text }) =>
    Promise.reject(new Error(`${name} waited for nothing: ${text.slice(0, 500)}`)),
  );
  await Promise.race([reached, early]);
  const startedMs = performance.now();
  const calls = Promise.all(Array.from({ length: CALLERS }, call));
  // One that fails is told when all are awaited.
  calls.catch(() => {});
  while ((await count()) - before < CALLERS && performance.now() - startedMs < LIMIT_MS) await sleep(ASK_EVERY_MS);
  const takenMs = performance.now() - startedMs;
  const openedMs = performance.now();
  gate.open();
  const answers = await calls;
  const lastMs = performance.now() - openedMs;
  await first;
  const other = answers.find((answer) => !isJoined(answer));
  if (other !== undefined) throw new Error(`a call of ${name} was not joined: ${other.text.slice(0, 500)}`);
  return { takenMs, lastMs };
}
