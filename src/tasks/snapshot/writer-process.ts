import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Writer } from './file-names.ts';

/** A writer of this process, and what it knows of the others. */
export interface OwnWriter extends Writer {
  /** The earlier jobs of this process that were under way when this one began. */
  readonly otherJobs: readonly number[];
}

/** This process as a writer. Its job numbers only rise. */
export function ownWriter(job: number, otherJobs: readonly number[]): OwnWriter {
  return { host: thisHost(), pid: process.pid, start: startOf(process.pid) ?? 0, job, otherJobs };
}

/** Whether a writer is still at work, as `own` sees it; undefined where it is of another pod, which cannot be known. */
export function isAlive({ host, pid, start, job }: Writer, own: OwnWriter): boolean | undefined {
  if (host !== own.host) return undefined;
  if (pid === own.pid && start === own.start) return job >= own.job || own.otherJobs.includes(job);
  return startOf(pid) === start;
}

function thisHost(): string {
  return hostname().replaceAll(/[^-A-Za-z0-9.]/g, '') || 'unknown';
}

/** The process's start in ticks since boot; undefined where there is none. Source: proc_pid_stat(5), field 22. */
function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field, the command in parentheses, may hold spaces.
    const start = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    return Number.isInteger(start) ? start : undefined;
  } catch {
    return undefined;
  }
}
