import { basename } from 'node:path';
import { matching } from './bounded-match.ts';
import { surroundings } from './pid-namespace.ts';
import { commandLineOf, type ListedProcess, listProcesses } from './process-table.ts';
import { readSmallFileSync } from './small-file.ts';

/** Which processes are meant. Where several are given, all must hold. */
export interface ProcessQuery {
  /** The name of the program: the kernel's short name, or the file name of the first word of its command line. */
  readonly name?: string | undefined;
  /** Matches the command line, its arguments joined by spaces, of which the first 32 KiB count. */
  readonly commandLine?: RegExp | undefined;
  /** A file whose first line is the PID. Where it is not there, no process is meant. */
  readonly pidFile?: string | undefined;
}

export interface FoundProcess {
  readonly pid: number;
  readonly name: string;
  /** In clock ticks since the machine was started: a PID with another start is another process. */
  readonly startTime: number;
}

export type ProcessesFound =
  | { readonly kind: 'found'; readonly processes: readonly FoundProcess[] }
  /** It can't be known which processes there are. The reason stands behind a colon. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** A PID file holds a number and a line end; PostgreSQL's has a few lines more. */
const PID_FILE_BYTES = 4096;

/** The kernel keeps so many bytes of a program's name (TASK_COMM_LEN in its sched.h, less the NUL). */
const SHORT_NAME_LENGTH = 15;

/** What to say, and what to do, where the containers of the pod do not see each other's processes. */
export const NOT_SHARED = "the pod's containers do not share a PID namespace (shareProcessNamespace: true in its spec)";

/**
 * Finds processes of other containers in a shared PID namespace. Never among them: PID 1, threads of the kernel, zombies, and
 * what is ours: this process, those it came from and those it started. `unreadable` where only our own are visible, since "none"
 * would be no truth then. Reads /proc at once, about 20 µs a process. Never throws.
 */
export function findProcesses(query: ProcessQuery): ProcessesFound {
  const all = listProcesses();
  if (all === undefined) return { kind: 'unreadable', reason: 'there is no /proc that can be read' };
  const { others, shared } = surroundings(all, process.pid);
  if (!shared) return { kind: 'unreadable', reason: NOT_SHARED };
  const file = readPidFile(query.pidFile);
  if (file.kind === 'unreadable') return file;
  const candidates = others.filter((each) => file.means(each.pid) && hasName(each, query.name));
  const found = withCommandLine(candidates, query.commandLine);
  if (found === undefined) return { kind: 'unreadable', reason: 'matching the command lines took too long' };
  return { kind: 'found', processes: found.map(({ pid, name, startTime }) => ({ pid, name, startTime })) };
}

/** Whether processes of other containers can be seen; undefined where there is no /proc. */
export function sharesPidNamespace(): boolean | undefined {
  const all = listProcesses();
  return all && surroundings(all, process.pid).shared;
}

type PidFile =
  | { readonly kind: 'read'; readonly means: (pid: number) => boolean }
  | (ProcessesFound & { readonly kind: 'unreadable' });

function readPidFile(path: string | undefined): PidFile {
  if (path === undefined) return { kind: 'read', means: () => true };
  const file = readSmallFileSync(path, PID_FILE_BYTES);
  if (!file.ok && file.problem === 'not there') return { kind: 'read', means: () => false };
  if (!file.ok) return { kind: 'unreadable', reason: `${path} is ${file.problem}` };
  const [, digits] = /^\s*([1-9][0-9]{0,9})\s*(\n|$)/.exec(file.bytes.toString('latin1')) ?? [];
  if (digits === undefined) return { kind: 'unreadable', reason: `${path} holds no PID` };
  return { kind: 'read', means: (pid) => pid === Number(digits) };
}

/** Titles that programs give themselves, such as `nginx: master process`, replace the command line, and not the short name. */
function hasName({ pid, name: short }: ListedProcess, name: string | undefined): boolean {
  if (name === undefined || short === name) return true;
  const first = basename(commandLineOf(pid)[0] ?? '');
  if (first === name) return true;
  return Buffer.byteLength(short) === SHORT_NAME_LENGTH && name.startsWith(short) && !first.startsWith(short);
}

function withCommandLine(processes: readonly ListedProcess[], pattern: RegExp | undefined) {
  if (pattern === undefined) return processes;
  const matches = matching(
    pattern,
    processes.map(({ pid }) => commandLineOf(pid).join(' ')),
  );
  return matches && processes.filter((_, index) => matches.has(index));
}
