import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { peakOf } from './process-memory.ts';

const run = promisify(execFile);

/** Between two looks at the memory, in ms: a peak only rises, and what comes after the last look is little. */
const LOOK_EVERY_MS = 50;

/** What a shell command took. */
export interface Ran {
  readonly ms: number;
  /** The peaks of resident memory of the processes of its pipeline, summed, in MB; they need not be of the same moment. */
  readonly peak: number;
}

/** Runs a shell command to its end; throws where it fails, and where there is no `/proc`. */
export async function runShell(command: string): Promise<Ran> {
  const startedMs = performance.now();
  const running = run('sh', ['-c', command]);
  const peaks = new Map<number, number>();
  const timer = setInterval(() => {
    for (const [pid, peak] of peaksOfChildren(running.child.pid)) peaks.set(pid, peak);
  }, LOOK_EVERY_MS);
  try {
    await running;
  } finally {
    clearInterval(timer);
  }
  const ms = performance.now() - startedMs;
  return { ms, peak: [...peaks.values()].reduce((sum, peak) => sum + peak, 0) };
}

/** Of those that are there now. Source: proc_tid_children(5). */
function peaksOfChildren(parent: number | undefined): [number, number][] {
  try {
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'latin1').match(/\d+/g) ?? [];
    return children.map((pid) => [Number(pid), peakOf(Number(pid))]);
  } catch {
    // One of them has just ended, as the others will.
    return [];
  }
}
