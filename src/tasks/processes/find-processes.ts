import type { ProcessPattern } from '../../config/config.ts';
import { containerIdOf, isInOurContainer, ofOtherPods } from '../../proc/container-id.ts';
import type { ListedProcess } from '../../proc/process-table.ts';
import { putInLater } from '../../proc/put-in-later.ts';
import { matchingProcesses, type Unreadable, visibleProcesses } from '../../proc/visible-processes.ts';
import { readSmallFileSync } from '../small-file.ts';

/** Which processes are meant. Where several are given, all must hold. */
export interface ProcessQuery extends ProcessPattern {
  /** A file whose first line is the PID. Where it is not there, no process is meant. */
  readonly pidFile?: string | undefined;
}

export type FoundProcess = Pick<ListedProcess, 'pid' | 'name' | 'startTime'>;

export type ProcessesFound = { readonly kind: 'found'; readonly processes: readonly FoundProcess[] } | Unreadable;

/** A PID file holds a number and a line end; PostgreSQL's has a few lines more. */
const PID_FILE_BYTES = 4096;

/** What cgroups tell of processes; those of the machine by default. */
export interface Cgroups {
  readonly containerIdOf: typeof containerIdOf;
  readonly ofOtherPods: typeof ofOtherPods;
}

const CGROUPS: Cgroups = { containerIdOf, ofOtherPods };

/**
 * Finds processes of other containers in a shared PID namespace; see `visibleProcesses`. What a probe or a person started in a container,
 * in ours too, is not meant, nor are other pods (`hostPID`). Never throws.
 */
export function findProcesses(query: ProcessQuery, cgroups: Cgroups = CGROUPS): ProcessesFound {
  const visible = visibleProcesses();
  if (visible.kind === 'unreadable') return visible;
  const file = readPidFile(query.pidFile);
  if (file.kind === 'unreadable') return file;
  const found = matchingProcesses(
    visible.others.filter(({ pid }) => file.means(pid)),
    query,
  );
  if ('kind' in found) return found;
  const isPutIn = putInLater(visible.others, cgroups.containerIdOf);
  const isOfOtherPod = cgroups.ofOtherPods();
  const isOurs = (pid: number) => isInOurContainer(pid, cgroups.containerIdOf);
  const meant = found.filter((each) => !isOurs(each.pid) && !isPutIn(each) && !isOfOtherPod(each.pid));
  return { kind: 'found', processes: meant.map(({ pid, name, startTime }) => ({ pid, name, startTime })) };
}

type PidFile = { readonly kind: 'read'; readonly means: (pid: number) => boolean } | Unreadable;

function readPidFile(path: string | undefined): PidFile {
  if (path === undefined) return { kind: 'read', means: () => true };
  const file = readSmallFileSync(path, PID_FILE_BYTES);
  if (!file.ok && file.problem === 'not there') return { kind: 'read', means: () => false };
  if (!file.ok) return { kind: 'unreadable', reason: `${path} is ${file.problem}` };
  const [, digits] = /^\s*([1-9][0-9]{0,9})\s*(\n|$)/.exec(file.bytes.toString('latin1')) ?? [];
  if (digits === undefined) return { kind: 'unreadable', reason: `${path} holds no PID` };
  return { kind: 'read', means: (pid) => pid === Number(digits) };
}
