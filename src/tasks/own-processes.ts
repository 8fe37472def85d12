import { environmentOf, type GroupedProcess, listPids, processAt } from '../proc/process-table.ts';

/** A process that is still there. */
export interface OwnProcess extends GroupedProcess {
  /** The entries of its environment that can be marks, each between two NULs. */
  readonly marks: string;
}

/** How the processes of this machine are read: see process-table.ts. */
export interface ProcessReader {
  listPids(): number[];
  processAt(pid: number): GroupedProcess | undefined;
  environmentOf(pid: number): string;
}

/** Every mark begins so, and nothing else of an environment is kept. */
const MARK = 'HOOKKEEPER_';

const PROC: ProcessReader = { listPids, processAt, environmentOf };

/**
 * Makes what lists the living processes that can have come from the commands with the PIDs `leaders`. Zombies do not count:
 * where PID 1 does not reap, they stay for ever. An environment is read once in a process's life: what was ours stays ours,
 * whatever program it becomes. All PIDs count: the counter may have
 * begun anew since the leader, or have gone round. It is for Linux; the list is undefined where there is no /proc.
 */
export function createProcessList(
  reader: ProcessReader = PROC,
): (leaders: ReadonlySet<number>) => readonly OwnProcess[] | undefined {
  let known = new Map<number, OwnProcess>();
  const withMarks = (found: GroupedProcess): OwnProcess => {
    const before = known.get(found.pid);
    if (before?.startTime === found.startTime) return { ...found, marks: before.marks };
    const environment = reader.environmentOf(found.pid);
    const process = { ...found, marks: marksIn(environment) };
    // An empty one may only be hidden while the process starts a program.
    if (environment !== '') known.set(found.pid, process);
    return process;
  };
  return (leaders) => {
    let pids: readonly number[];
    try {
      pids = reader.listPids();
    } catch {
      return undefined;
    }
    known = new Map(pids.flatMap((pid) => known.get(pid) ?? []).map((process) => [process.pid, process]));
    return pids.flatMap((pid) => {
      const found = pid !== process.pid ? reader.processAt(pid) : undefined;
      if (found === undefined) return [];
      // The group says enough: most need no look at their environment.
      return [leaders.has(found.group) ? { ...found, marks: '' } : withMarks(found)];
    });
  };
}

/**
 * Those of `processes` that came from the command with the PID `leader`: those of its process group, and those that left it but
 * carry all of `marks` (`HOOKKEEPER_NAME=value`) in their environment.
 *
 * It does not find a process that left the group and was started with an environment of its own (`env -i`) or runs as a user
 * whose environment we may not read.
 */
export function ownedBy(
  processes: readonly OwnProcess[],
  leader: number,
  marks: readonly string[],
): readonly OwnProcess[] {
  return processes.filter((one) => one.group === leader || marks.every((mark) => one.marks.includes(`\0${mark}\0`)));
}

function marksIn(environment: string): string {
  const entries = environment.split('\0').filter((entry) => entry.startsWith(MARK));
  return entries.length === 0 ? '' : `\0${entries.join('\0')}\0`;
}
