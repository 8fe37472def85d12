/** The processes of the pod's other containers, as far as they can be seen from here. */
import { basename } from 'node:path';
import { matching } from '../config/bounded-match.ts';
import type { ProcessPattern } from '../config/config.ts';
import { surroundings } from './pid-namespace.ts';
import { commandLineOf, type ListedProcess, listProcesses } from './process-table.ts';

/** It can't be known which processes there are. The reason stands behind a colon. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly reason: string;
}

export type VisibleProcesses = { readonly kind: 'visible'; readonly others: readonly ListedProcess[] } | Unreadable;

/** The kernel keeps so many bytes of a program's name (TASK_COMM_LEN in its sched.h, less the NUL). */
const SHORT_NAME_LENGTH = 15;

/** What to say, and what to do, where the containers of the pod do not see each other's processes. */
export const NOT_SHARED = "the pod's containers do not share a PID namespace (shareProcessNamespace: true in its spec)";

/**
 * The processes of other containers in a shared PID namespace. Never among them: PID 1, threads of the kernel, zombies, and what
 * is ours: this process, those it came from and those it started. `unreadable` where only our own are visible, since "none" would
 * be no truth then. Reads /proc at once, about 20 µs a process. Never throws.
 */
export function visibleProcesses(): VisibleProcesses {
  const all = listProcesses();
  if (all === undefined) return { kind: 'unreadable', reason: 'there is no /proc that can be read' };
  const { others, shared } = surroundings(all, process.pid);
  return shared ? { kind: 'visible', others } : { kind: 'unreadable', reason: NOT_SHARED };
}

/** Whether processes of other containers can be seen; undefined where there is no /proc. */
export function sharesPidNamespace(): boolean | undefined {
  const all = listProcesses();
  return all && surroundings(all, process.pid).shared;
}

/** Those of `processes` that are meant; `unreadable` when that can't be told in time. Never throws. */
export function matchingProcesses(
  processes: readonly ListedProcess[],
  { name, commandLine }: ProcessPattern,
): readonly ListedProcess[] | Unreadable {
  const named = name === undefined ? processes : processes.filter((each) => hasName(each, name));
  if (commandLine === undefined) return named;
  const lines = named.map(({ pid }) => commandLineOf(pid).join(' '));
  const matches = matching(commandLine, lines);
  if (matches === undefined) return { kind: 'unreadable', reason: 'matching the command lines took too long' };
  return named.filter((_, index) => matches.has(index));
}

/** The first word of a title that a program gave itself: `sidekiq 7.2 shop [0 of 5 busy]`, `gunicorn: master [shop]`. */
const TITLE = /^([^/\s:]+)[\s:]/;

/**
 * Titles that programs give themselves replace the command line, and of some the short name, too. Of a script, that may be its
 * interpreter's.
 */
function hasName({ pid, name: short }: ListedProcess, name: string): boolean {
  if (short === name) return true;
  const [whole = ''] = commandLineOf(pid);
  const first = basename(whole);
  if (first === name || TITLE.exec(whole)?.[1] === name) return true;
  const isCut = Buffer.byteLength(short) === SHORT_NAME_LENGTH && name.startsWith(short);
  return isCut && (!first.startsWith(short) || first.startsWith(`${name}:`) || first.startsWith(`${name} `));
}
