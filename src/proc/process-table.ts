import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';

/** A living process, as /proc shows it (proc_pid_stat(5)). */
export interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  /** The kernel's short name of its program, at most 15 bytes. */
  readonly name: string;
  /** When it was started, in clock ticks since the machine was: a PID with another start is another process. */
  readonly startTime: number;
}

/** A process with the number of its process group. */
export interface GroupedProcess extends ListedProcess {
  readonly group: number;
}

/** Flag of a thread of the kernel (PF_KTHREAD in the kernel's sched.h). */
const KERNEL_THREAD = 0x0020_0000;

/** Java's class paths are long, and its main class stands behind them. */
const COMMAND_LINE_BYTES = 32 * 1024;

/** Every living process that we can see, threads of the kernel left out. Undefined where there is no /proc. */
export function listProcesses(): ListedProcess[] | undefined {
  try {
    return listPids().flatMap(listed);
  } catch {
    return undefined;
  }
}

/** The PIDs of all that we can see, zombies and threads of the kernel too. Throws where there is no /proc. */
export function listPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number);
}

/** The process that has this PID now; undefined where none has. */
export function processAt(pid: number): GroupedProcess | undefined {
  return listed(pid)[0];
}

/**
 * The environment with which the program of a process was started, each `NAME=value` ended by a NUL. Empty when there is none,
 * and when the process is gone or just starting a program; undefined when it is not ours to read.
 */
export function environmentOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'EACCES' || code === 'EPERM' ? undefined : '';
  }
}

function listed(pid: number): GroupedProcess[] {
  const stat = read(`/proc/${pid}/stat`);
  // The name stands in brackets and may hold any character, brackets too.
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  const [state = '', parent, group] = fields;
  // Zombies do not count: where PID 1 does not reap, they stay for ever.
  if (end < 0 || 'ZX'.includes(state) || (Number(fields[6]) & KERNEL_THREAD) !== 0) return [];
  const name = stat.slice(stat.indexOf('(') + 1, end);
  return [{ pid, parent: Number(parent), group: Number(group), name, startTime: Number(fields[19]) }];
}

/** Empty when the process is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The command line, at most its first 32 KiB, its arguments apart; empty when the process is gone or has none. */
export function commandLineOf(pid: number): string[] {
  let file: number;
  try {
    file = openSync(`/proc/${pid}/cmdline`, 'r');
  } catch {
    return [];
  }
  try {
    const bytes = Buffer.alloc(COMMAND_LINE_BYTES);
    const text = bytes.toString('utf8', 0, readSync(file, bytes));
    let end = text.length;
    while (text[end - 1] === '\0') end -= 1;
    return text.slice(0, end).split('\0');
  } catch {
    return [];
  } finally {
    closeSync(file);
  }
}
