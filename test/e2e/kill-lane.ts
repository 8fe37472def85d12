import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { RUNS_PER_HOOK } from '../../src/journal/bounds.ts';
import { parseJournal } from '../../src/journal/codec.ts';
import type { RunRecord } from '../../src/journal/entry.ts';
import { type Service, type ServiceOptions, spawnService } from '../helpers/program.ts';
import type { Random } from '../helpers/random.ts';
import { json } from '../helpers/request.ts';
import { hooks, postStart, preStop, type Stage, stage, until } from './stage.ts';

/** How many lines the program logs of one delivery that runs all tasks: a kill comes after any of them. */
const LINES = 24;
/** A write of the journal and the start of a command take about so long each, in ms: a kill falls into any part of them. */
const SPREAD_MS = 6;
const MOST_KILLS_IN_A_ROW = 3;
/** No answer may come later: the grace less its reserve, in ms. */
const ANSWER_MS = 35_000;

/** The tasks of both hooks, in their order. */
export const LANE_TASKS = ['warm', 'register', 'first', 'left', 'right', 'at-most-once', 'last'];

/** What happened in a lane. */
export interface LaneReport {
  readonly kills: number;
  readonly runs: number;
  readonly executions: number;
  /** Executions beyond the first of a task of a run: it was interrupted. */
  readonly reruns: number;
  /** How many kills found the journal in which state: of the run that was going on, `task:state`, or `no claim`. */
  readonly found: ReadonlyMap<string, number>;
}

export interface LaneOptions {
  /** How the program is started. */
  readonly service?: (on: Stage) => Partial<ServiceOptions>;
  /** What else befalls the journal's folder when the sidecar was killed. */
  readonly afterKill?: (on: Stage) => void;
}

/** What is known of one lane's journal and tasks; each `check` looks at them anew. */
interface Lane {
  readonly stage: Stage;
  /** Executions of tasks that succeeded or whose run is over, as counted when that was journaled: `RUN TASK`. They never grow. */
  readonly frozen: Map<string, number>;
  readonly found: Map<string, number>;
  /** The runs that were seen in the journal, by their ID, in the order in which they came, each with its hook. */
  readonly seen: Map<string, string>;
  /** How many attempts of each task the journal has claimed, `RUN TASK`: also of runs that it has since dropped as old. */
  readonly claimed: Map<string, number>;
  readonly service: Partial<ServiceOptions>;
  readonly afterKill: () => void;
  kills: number;
  /** How long the last start took until the ports listened, in ms. */
  startMs: number;
}

/** Lives one after the other on one journal, each hook of each delivered again after each kill, until `kills` are reached. */
export async function runLane(
  kills: number,
  random: Random,
  { service: options = () => ({}), afterKill = () => {} }: LaneOptions = {},
): Promise<LaneReport> {
  const on = await stage();
  const { task, configure } = on;
  await configure(
    hooks({
      postStart: [task('warm'), task('register', 'sleep 0.005')],
      preStop: [
        task('first'),
        { parallel: [task('left', 'sleep 0.005'), task('right')] },
        task('at-most-once', 'sleep 0.005', { onInterrupted: 'skip' }),
        task('last', 'sleep 0.002', { priority: 'critical' }),
      ],
    }),
  );
  const lane: Lane = {
    stage: on,
    frozen: new Map(),
    found: new Map(),
    seen: new Map(),
    claimed: new Map(),
    service: options(on),
    afterKill: () => afterKill(on),
    kills: 0,
    startMs: 0,
  };
  let service = await start(lane);
  let runs = 0;
  while (lane.kills < kills) {
    for (const call of [postStart, preStop]) {
      service = await deliverUntilDone(lane, service, call, random);
      runs += 1;
    }
  }
  const counts = [...on.executionsByRun().values()];
  const executions = counts.reduce((all, count) => all + count, 0);
  return { kills: lane.kills, runs, executions, reruns: executions - counts.length, found: lane.found };
}

/** One hook of one life: delivered, killed, restarted, delivered again, and at last left alone until it is answered. */
async function deliverUntilDone(lane: Lane, first: Service, call: typeof preStop, random: Random): Promise<Service> {
  let service = first;
  for (let killed = 0; killed < MOST_KILLS_IN_A_ROW; killed += 1) {
    const reply = call(service);
    if (!(await killInTheMiddle(service, reply, random))) break;
    await checkAfterKill(lane);
    service = await startAgain(lane, random);
  }
  const calledMs = performance.now();
  const reply = await call(service);
  expect(performance.now() - calledMs, 'a late answer').toBeLessThan(ANSWER_MS);
  expect(reply).toMatchObject({ kind: 'answered', status: 200 });
  expect(lane.stage.processes(), 'processes are left').toEqual([]);
  expect(folder(lane), 'files are left').toEqual(['journal.json']);
  expect(checkJournal(lane).at(-1)).toMatchObject({ state: 'ended', outcome: 'succeeded' });
  return call === preStop && random() < 0.3 ? killAfterAnswer(lane, service, random) : service;
}

/** What was answered is on the disk, and is answered again without being done again. */
async function killAfterAnswer(lane: Lane, service: Service, random: Random): Promise<Service> {
  service.kill('SIGKILL');
  await service.exited;
  await checkAfterKill(lane);
  expect(checkJournal(lane).at(-1), 'lost the record of its end').toMatchObject({ state: 'ended', hook: 'preStop' });
  const next = await startAgain(lane, random);
  expect(json(await preStop(next)), 'executed again after its answer').toMatchObject({ delivery: 'replayed' });
  checkJournal(lane);
  return next;
}

/** Kills some time after some line of the log; false when the delivery was answered before that. */
async function killInTheMiddle(service: Service, reply: Promise<unknown>, random: Random): Promise<boolean> {
  const answered = reply.then(() => false);
  let lines = Math.floor(random() * LINES);
  const { promise: reached, resolve } = Promise.withResolvers<true>();
  const count = () => {
    if (lines-- <= 0) resolve(true);
  };
  const off = service.onLine(count);
  count();
  const due = await Promise.race([reached, answered]);
  off();
  if (!due) return false;
  if (random() < 0.8) await pause(random() * SPREAD_MS);
  service.kill('SIGKILL');
  await service.exited;
  await reply;
  return true;
}

/** Starts again on the same journal; now and then that is killed too, before it serves. */
async function startAgain(lane: Lane, random: Random): Promise<Service> {
  const { configFile, journalDir } = lane.stage;
  while (random() < 0.15) {
    const child = spawnService({ configFile, journalDir, ...lane.service });
    await Promise.race([pause(random() * lane.startMs), child.exited]);
    child.kill('SIGKILL');
    await child.exited;
    await checkAfterKill(lane);
  }
  return start(lane);
}

async function start(lane: Lane): Promise<Service> {
  const beginMs = performance.now();
  const service = await lane.stage.start(lane.service);
  lane.startMs = performance.now() - beginMs;
  expect(folder(lane), 'files are left').toEqual(['journal.json']);
  const bad = service.log().filter(({ event }) => event === 'journal.movedAside' || event === 'journal.degraded');
  expect(bad, 'the journal was unreadable').toEqual([]);
  return service;
}

async function checkAfterKill(lane: Lane): Promise<void> {
  lane.kills += 1;
  // What a killed sidecar leaves behind ends by itself, as there is no PID 1 of a container here that ends with it.
  await until('the end of the tasks', () => lane.stage.processes().length === 0);
  lane.afterKill();
  expect(
    folder(lane).filter((name) => name !== '.journal.json.tmp'),
    'files are left',
  ).toEqual(folder(lane).includes('journal.json') ? ['journal.json'] : []);
  const going = checkJournal(lane).at(-1);
  const states = going?.state !== 'running' ? ['no claim'] : going.tasks.map(({ name, state }) => `${name} ${state}`);
  for (const state of states) lane.found.set(state, (lane.found.get(state) ?? 0) + 1);
}

/** Compares the journal with the executions; returns its runs. */
function checkJournal({ stage: { journalDir, executionsByRun }, frozen, seen, claimed }: Lane): readonly RunRecord[] {
  const counted = executionsByRun();
  const runs = readRuns(journalDir);
  for (const { id, hook } of runs) seen.set(id, hook);
  expect(lostOf(seen, runs), 'lost their record').toEqual([]);
  const again = [...frozen].filter(([key, count]) => (counted.get(key) ?? 0) !== count);
  expect(again, 'executed again after their success was journaled').toEqual([]);

  const tasks = runs.flatMap((run) =>
    run.tasks.map((task) => ({
      run,
      task,
      key: `${run.id} ${task.name}`,
      count: counted.get(`${run.id} ${task.name}`) ?? 0,
    })),
  );
  for (const { key, task } of tasks) if (task.state !== 'pending') claimed.set(key, task.attempts);
  const unclaimed = [...counted].filter(([key, count]) => !frozen.has(key) && count > (claimed.get(key) ?? 0));
  expect(unclaimed, 'executed without a claim on the disk').toEqual([]);
  const twice = [...counted].filter(([key, count]) => key.endsWith(' at-most-once') && count > 1);
  expect(twice, 'executed again though interrupted').toEqual([]);
  for (const { run, task, key, count } of tasks) {
    const succeeded = task.state === 'ended' && task.outcome === 'succeeded';
    if (succeeded) expect(count, `executions of ${key}, which succeeded`).toBeGreaterThan(0);
    if (succeeded || run.state === 'ended') frozen.set(key, count);
  }
  return runs;
}

/** The runs that a journal has had, and should still have. */
function lostOf(seen: ReadonlyMap<string, string>, runs: readonly RunRecord[]): string[] {
  const there = new Set(runs.map(({ id }) => id));
  const ofHook = (hook: string) => [...seen].filter(([, its]) => its === hook).map(([id]) => id);
  const newest = ['postStart', 'preStop'].flatMap((hook) => ofHook(hook).slice(-RUNS_PER_HOOK));
  return newest.filter((id) => !there.has(id));
}

function readRuns(journalDir: string): readonly RunRecord[] {
  if (!readdirSync(journalDir).includes('journal.json')) return [];
  const decoded = parseJournal(readFileSync(join(journalDir, 'journal.json'), 'utf8'));
  expect(decoded, 'the journal is unreadable').toMatchObject({ kind: 'journal' });
  return decoded.kind === 'journal' ? decoded.data.runs : [];
}

function folder({ stage: { journalDir } }: Lane): string[] {
  return readdirSync(journalDir).toSorted();
}
