import { readdirSync, readFileSync } from 'node:fs';

/** A process that is still there. */
export interface OwnProcess {
  readonly pid: number;
  /** The kernel's short name of its program, at most 15 characters. */
  readonly name: string;
  /** The number of its process group. */
  readonly group: number;
}

/**
 * Finds the living processes that came from the command with the PID `leader`: those of its process group, and those that
 * left it but carry all of `marks` (`NAME=value`) in the environment with which their program was started. Zombies do not
 * count: where PID 1 does not reap, they stay for ever. Reads /proc (proc_pid_stat(5), proc_pid_environ(5)), so it is for
 * Linux; undefined where that can't be read.
 *
 * It does not find a process that left the group and was started with an environment of its own (`env -i`) or runs as a user
 * whose environment we may not read.
 */
export function findOwnProcesses(leader: number, marks: readonly string[]): OwnProcess[] | undefined {
  let pids: number[];
  let lastPid: number;
  try {
    lastPid = Number(readFileSync('/proc/loadavg', 'latin1').trimEnd().split(' ').at(-1));
    pids = readdirSync('/proc').map(Number);
  } catch {
    return undefined;
  }
  // PIDs are given in rising order, so what the leader started has a higher one, unless the counter began anew since.
  const lowest = lastPid >= leader ? leader : 1;
  return pids.flatMap((pid) => (pid >= lowest && pid !== process.pid ? ownProcess(pid, leader, marks) : []));
}

function ownProcess(pid: number, leader: number, marks: readonly string[]): OwnProcess[] {
  const stat = read(`/proc/${pid}/stat`);
  // The name stands in brackets and may hold any character, brackets too.
  const [name, rest] = [
    stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
    stat.slice(stat.lastIndexOf(')') + 2),
  ];
  const [state = '', , groupText] = rest.split(' ', 3);
  const group = Number(groupText);
  if ('ZX'.includes(state)) return [];
  if (group === leader) return [{ pid, name, group }];
  const environment = `\0${read(`/proc/${pid}/environ`)}`;
  return marks.every((mark) => environment.includes(`\0${mark}\0`)) ? [{ pid, name, group }] : [];
}

/** Empty when the process is gone or not ours to read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
