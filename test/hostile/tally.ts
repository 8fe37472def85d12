import { appendFileSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect } from 'vitest';

/** What one attack, or one fuzzer, showed. */
export interface Tally {
  readonly attack: string;
  /** Hostile requests, or inputs of a fuzzer. */
  readonly requests: number;
  readonly connections: number;
  readonly seconds: number;
  /** The honest caller beside the attack; undefined of a fuzzer. */
  readonly honest?: Honest;
  /** The CPU time of a fuzzer, in s. */
  readonly cpuSeconds?: number;
  /** Each sentence is one thing that must not happen. */
  readonly broken: readonly Broken[];
  readonly note?: string;
}

/** What an honest kubelet saw, and what the program cost meanwhile. */
interface Honest {
  readonly hooks: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly slowestMs: number;
  readonly probes: number;
  /** The most that the program had at a time: memory of its own, without the pages of files, in MiB, and descriptors. */
  readonly privateMib: number;
  readonly descriptors: number;
}

/** The promises that are counted, in the order of the report. */
export const PROMISES = ['unanswered', 'late', 'executed', 'shown', 'unbounded', 'wrong'] as const;
export interface Broken {
  readonly promise: (typeof PROMISES)[number];
  readonly what: string;
}

/** Hostile requests in all, and the time for each fuzzer in s. */
export const REQUESTS = Number(process.env['HOSTILE_REQUESTS'] ?? 1000);
export const SECONDS = Number(process.env['HOSTILE_SECONDS'] ?? 1);
/** The memory that the program and its children have, in MiB, as a container's limit; 0: as much as there is. */
export const MEMORY_MIB = Number(process.env['HOSTILE_MEMORY'] ?? 128);
export const SEED = Number(process.env['HOSTILE_SEED'] ?? Date.now() % 1_000_000);

/** Hands a tally to the report, and throws for one that has a broken promise, with the command that attacks so again. */
export function hand(tally: Tally): void {
  const file = process.env['HOSTILE_REPORT'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(tally)}\n`);
  if (tally.broken.length === 0) return;
  const told = tally.broken.slice(0, 20).map(({ promise, what }) => `${promise}: ${what}`);
  const kind = basename(expect.getState().testPath ?? '', '.hostile.ts');
  const load = `--requests ${REQUESTS} --seconds ${SECONDS} --memory ${MEMORY_MIB}`;
  const again = `npm run hostile -- --only ${kind} --seed ${SEED} ${load}`;
  throw new Error(`${tally.attack}: ${tally.broken.length} broken promises\n${told.join('\n')}\nagain: ${again}`);
}

/** The tallies that were handed in, from the file that they are written to. */
export function readTallies(file: string): Tally[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Tally => JSON.parse(line));
}
