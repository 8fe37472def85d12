import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Stage, stage, until } from '../e2e/stage.ts';
import { IMAGE_ENV, IMAGE_FLAGS } from '../helpers/image-flags.ts';
import type { Service } from '../helpers/program.ts';
import { type Random, randomFrom } from '../helpers/random.ts';
import type { Reply } from '../helpers/request.ts';
import { type MemoryCgroup, memoryCgroup } from './memory-cgroup.ts';
import { type Broken, hand, MEMORY_MIB, ROUND, SEED } from './tally.ts';

/** One side by side with others: a pod's sidecar, its own random numbers, and what it counts. */
export interface Side {
  /** `start` starts the program as the image does, with a temporary folder of its own and under the limit of memory. */
  readonly stage: Stage;
  /** Begins anew with each round, so that a round is the same whatever was played before it. */
  random: Random;
  injected: number;
  readonly broken: Broken[];
  /** Notes a broken promise unless `holds`. */
  must(promise: Broken['promise'], holds: boolean, what: string): void;
}

/** How many sidecars live at a time: two processors are kept busy by four. */
const SIDES = 4;
/** No answer may come later after its hook: the grace of `hooks` in the stage, less its reserve, in ms. */
const ANSWER_MS = 35_000;
/** How long something that is going to be closed or to end may still be there, in ms. */
const SOON_MS = 10_000;

/** What a service had right after its start, and where it may leave something. */
interface Trace {
  readonly sockets: number;
  readonly journalDir: string;
  readonly temporary: string;
  readonly cgroup: MemoryCgroup | undefined;
}

const traces = new WeakMap<Service, Trace>();

export interface Rounds {
  /** A sentence for the report, when all is played. */
  readonly note?: () => string;
  /** The limit of memory, in MiB; default: that of the command line. */
  readonly memoryMib?: number;
}

/** Plays `round` for each of `rounds`, on some sides at a time, and hands the sum in. A round that throws is a broken promise. */
export async function playRounds(
  fault: string,
  rounds: number,
  round: (side: Side, index: number) => Promise<void>,
  { note, memoryMib = MEMORY_MIB }: Rounds = {},
): Promise<void> {
  const indices = ROUND === undefined ? Array.from({ length: rounds }, (_, index) => index) : [ROUND];
  let next = 0;
  const sides = await Promise.all(Array.from({ length: Math.min(SIDES, indices.length) }, () => newSide(memoryMib)));
  await Promise.all(
    sides.map(async (side) => {
      while (next < indices.length && side.broken.length === 0) {
        side.round = indices[next++] ?? 0;
        side.random = randomFrom(SEED + side.round);
        await round(side, side.round).catch((error: unknown) => side.must('wrong', false, String(error)));
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
    duplicates: executed - counts.length,
    broken: sides.flatMap(({ broken }) => broken),
    ...(note === undefined ? {} : { note: note() }),
  });
}

async function newSide(memoryMib: number): Promise<Side & { round: number }> {
  const side: Side & { round: number } = {
    stage: traced(await stage(), memoryMib),
    random: Math.random,
    round: 0,
    injected: 0,
    broken: [],
    must(promise, holds, what) {
      if (!holds) side.broken.push({ promise, what, round: side.round });
    },
  };
  return side;
}

/** A stage whose services leave a trace, by which it is seen what they leave behind. */
function traced(on: Stage, memoryMib: number): Stage {
  let services = 0;
  return {
    ...on,
    async start(options = {}) {
      services += 1;
      const temporary = join(on.dir, `tmp-${services}`);
      mkdirSync(temporary);
      const cgroup = memoryMib === 0 ? undefined : memoryCgroup(memoryMib);
      const service = await on.start({
        ...options,
        nodeFlags: IMAGE_FLAGS,
        env: { ...IMAGE_ENV, TMPDIR: temporary, ...options.env },
        wrapper: [...(cgroup?.wrapper ?? []), ...(options.wrapper ?? [])],
      });
      const journalDir = options.journalDir ?? on.journalDir;
      traces.set(service, { sockets: socketsOf(service), journalDir, temporary, cgroup });
      return service;
    },
  };
}

function socketsOf({ pid }: Service): number {
  const descriptors = `/proc/${pid}/fd`;
  return readdirSync(descriptors).filter((descriptor) => isSocket(join(descriptors, descriptor))).length;
}

/** Its children that have ended, and that it did not reap. */
function zombiesOf({ pid }: Service): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((child) => child !== '');
  return children.filter(isZombie).length;
}

function isZombie(pid: string): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // It was reaped since.
    return false;
  }
}

function isSocket(descriptor: string): boolean {
  try {
    return readlinkSync(descriptor).startsWith('socket:');
  } catch {
    // It was closed since.
    return false;
  }
}

/** Waits for the answer to a hook that was just called, and counts one that comes after the deadline. */
export async function answerOf(side: Side, call: Promise<Reply>, what: string): Promise<Reply> {
  const startedMs = performance.now();
  const reply = await call;
  const tookMs = performance.now() - startedMs;
  side.must('late', tookMs < ANSWER_MS, `${what}: answered after ${tookMs} ms`);
  return reply;
}

/** Waits until no process of the side's tasks is left, and counts those that stay. */
export async function mustLeaveNothing(side: Side, what: string): Promise<void> {
  const { processes } = side.stage;
  await until('the end of the tasks', () => processes().length === 0, SOON_MS).catch(() => {});
  side.must('processes', processes().length === 0, `${what}: ${processes().length} processes are left`);
}

/** Waits until a service has no socket but those that it had at its start, ends it as the kubelet does, and expects it to end by itself. */
export async function mustEnd(side: Side, service: Service, what: string): Promise<void> {
  const { sockets: before } = traceOf(service);
  // Names that nobody waits for any more are still looked up, one after the other: between two of them there is no socket.
  let left = Number.NaN;
  const isOver = () => {
    left = socketsOf(service) - before;
    return left <= 0;
  };
  await until('the end of the sockets', isOver, SOON_MS).catch(() => {});
  side.must('sockets', left <= 0, `${what}: ${left} sockets are left`);
  await until('the end of the zombies', () => zombiesOf(service) === 0, SOON_MS).catch(() => {});
  side.must('processes', zombiesOf(service) === 0, `${what}: ${zombiesOf(service)} zombies are left`);
  service.kill('SIGTERM');
  await mustHaveEnded(side, service, what);
}

/** Waits for the end of a service that was told to end, and looks at what it leaves. */
export async function mustHaveEnded(side: Side, service: Service, what: string): Promise<void> {
  const { code } = await service.exited;
  const { journalDir, temporary, cgroup } = traceOf(service);
  side.must('wrong', code === 0, `${what}: it ended with ${code}`);
  const files = [...readdirSync(temporary), ...readdirSync(journalDir).filter((name) => name.endsWith('.tmp'))];
  side.must('temporary files', files.length === 0, `${what}: ${files.join(' ')}`);
  const kills = cgroup?.kills() ?? 0;
  side.must('out of memory', kills === 0, `${what}: ${kills} processes were killed for their memory`);
}

function traceOf(service: Service): Trace {
  const trace = traces.get(service);
  if (trace === undefined) throw new Error('it was not started by a side');
  return trace;
}
