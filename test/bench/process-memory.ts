import { readFileSync } from 'node:fs';

/** Memory of a process, in MB (10^6 bytes). */
export interface ProcessMemory {
  /** What of it is in memory: VmRSS. */
  readonly resident: number;
  /** What would be free without it: private pages. What it shares with other processes, as the text of the node binary, is not in it. */
  readonly unique: number;
}

/** Whether this system tells; Linux does. */
export function canReadMemory(): boolean {
  try {
    return memoryOf(process.pid).unique > 0;
  } catch {
    return false;
  }
}

/** Throws where there is no `/proc`, or no such process. Source: proc_pid_status(5), proc_pid_smaps(5). */
export function memoryOf(pid: number): ProcessMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const unique = fieldOf(rollup, 'Private_Clean') + fieldOf(rollup, 'Private_Dirty');
  return { resident: fieldOf(status, 'VmRSS'), unique };
}

/** The most of it that was in memory at any time, in MB (10^6 bytes). Throws where there is no `/proc`, or no such process. */
export function peakOf(pid: number): number {
  return fieldOf(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM');
}

function fieldOf(text: string, name: string): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  if (kibibytes === undefined) throw new Error(`there is no ${name} in ${text.slice(0, 100)}`);
  return (Number(kibibytes) * 1024) / 1e6;
}
