import { appendFileSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect } from 'vitest';

/** What one kind of fault showed. Whatever must not happen is counted, so that a report says how often it did. */
export interface Tally {
  readonly fault: string;
  readonly rounds: number;
  /** Faults that were injected: kills, full disks, hangs. */
  readonly injected: number;
  /** Executions of tasks that were seen. */
  readonly executed: number;
  /** Executions beyond the first, of tasks that a fault had interrupted: `onInterrupted: rerun` asks for them. */
  readonly duplicates: number;
  /** Each sentence is one thing that must not happen, such as a journaled-finished task that was run again. */
  readonly broken: readonly Broken[];
  readonly note?: string;
}

/** The promises that are counted, in the order of the report; a name of what may leak stands for that some of it was left. */
export const PROMISES = [
  'finished again',
  'records lost',
  'good lost',
  'late',
  'processes',
  'sockets',
  'temporary files',
  'unreadable',
  'out of memory',
  'wrong',
] as const;
export interface Broken {
  readonly promise: (typeof PROMISES)[number];
  readonly what: string;
  /** The round that it happened in; undefined where rounds do not stand for themselves. */
  readonly round?: number | undefined;
}

export const ROUNDS = Number(process.env['FAULTS_ROUNDS'] ?? 1);
export const SEED = Number(process.env['FAULTS_SEED'] ?? Date.now() % 1_000_000);

/** How many rounds of a kind there are: its own number, times that of the command line. */
export const times = (rounds: number): number => Math.max(1, Math.round(rounds * ROUNDS));

/** The only round of each kind that is played, to see again what happened in it; undefined: all. */
export const ROUND = process.env['FAULTS_ROUND'] === undefined ? undefined : Number(process.env['FAULTS_ROUND']);

/** The memory that each sidecar and its children have, in MiB; 0: as much as there is. */
export const MEMORY_MIB = Number(process.env['FAULTS_MEMORY'] ?? 64);

/** Hands a tally to the report, and throws for one that has a broken promise, with the command that plays it again. */
export function hand(tally: Tally): void {
  const file = process.env['FAULTS_REPORT'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(tally)}\n`);
  if (tally.broken.length === 0) return;
  const told = tally.broken.slice(0, 20).map(({ promise, what, round }) => `${promise}: ${what}\n  ${again(round)}`);
  throw new Error(`${tally.fault}: ${tally.broken.length} broken promises\n${told.join('\n')}`);
}

function again(round: number | undefined): string {
  const kind = basename(expect.getState().testPath ?? '', '.fault.ts');
  const only = round === undefined ? '' : ` --round ${round}`;
  return `npm run faults -- --only ${kind} --seed ${SEED} --rounds ${ROUNDS} --memory ${MEMORY_MIB}${only}`;
}

/** The tallies that were handed in, from the file that they are written to. */
export function readTallies(file: string): Tally[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Tally => JSON.parse(line));
}
