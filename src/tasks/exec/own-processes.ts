import { environmentOf, type GroupedProcess, listPids, processAt } from '../../proc/process-table.ts';

/** A process that is still there. */
export interface OwnProcess extends GroupedProcess {
  /** The entries of its environment that can be marks, each between two NULs. */
  readonly marks: string;
  /**
   * It may be ours, or have started one that is, and a look cannot tell: it is just starting a program, or ended while the look
   * was taken. A look with such a one is no proof that nothing of ours is alive; the next one may be.
   */
  readonly unsure?: true;
}

/** How the processes of this machine are read: see process-table.ts. */
export interface ProcessReader {
  listPids(): number[];
  processAt(pid: number): GroupedProcess | undefined;
  environmentOf(pid: number): string | undefined;
}

/** Every mark begins so, and nothing else of an environment is kept. */
const MARK = 'HOOKKEEPER_';

/** Who starts a program has an environment after so many looks; who has none then was started without one. */
const UNSURE_LOOKS = 10;

/** Stands for a process that was gone before it could be read, or is a zombie. No process has such a start. */
const GONE = -1;

/** Whether it ended while the look was taken. */
export function isGone({ startTime }: OwnProcess): boolean {
  return startTime === GONE;
}

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
  let known = new Map<number, Known>();
  const withMarks = (found: GroupedProcess): OwnProcess => {
    const before = known.get(found.pid);
    const same = before?.startTime === found.startTime ? before : undefined;
    if (same !== undefined && same.unsureLooks === 0) return { ...found, marks: same.marks };
    const environment = reader.environmentOf(found.pid);
    const marks = marksIn(environment ?? '');
    // An empty one may only be hidden while the process starts a program.
    const unsureLooks = environment === '' ? ((same?.unsureLooks ?? 0) + 1) % UNSURE_LOOKS : 0;
    known.set(found.pid, { startTime: found.startTime, marks, unsureLooks });
    return unsureLooks === 0 ? { ...found, marks } : { ...found, marks, unsure: true };
  };
  const gone = (pid: number): OwnProcess[] => {
    // Of one that was known it was known what it started, and a zombie starts nothing more.
    if (known.has(pid)) return [];
    known.set(pid, { startTime: GONE, marks: '', unsureLooks: 0 });
    return [{ pid, parent: 0, group: 0, name: '', startTime: GONE, marks: '', unsure: true }];
  };
  return (leaders) => {
    let pids: readonly number[];
    try {
      pids = reader.listPids();
    } catch {
      return undefined;
    }
    const before = known;
    known = new Map(
      pids.flatMap((pid) => {
        const one = before.get(pid);
        return one === undefined ? [] : [[pid, one]];
      }),
    );
    return pids.flatMap((pid) => {
      if (pid === process.pid) return [];
      const found = reader.processAt(pid);
      if (found === undefined) return gone(pid);
      // The group says enough: most need no look at their environment.
      return [leaders.has(found.group) ? { ...found, marks: '' } : withMarks(found)];
    });
  };
}

/** What is kept of a process from one look to the next. */
interface Known {
  readonly startTime: number;
  readonly marks: string;
  /** How often its environment was empty; 0 when its marks are known. */
  readonly unsureLooks: number;
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
