import { systemClock } from '../../hooks/clock.ts';
import { createProcessList, type OwnProcess, ownedBy } from './own-processes.ts';
import { createProcessLooks, type Look, type ProcessLooks } from './process-looks.ts';

/** The looks that all groups of this process share. */
export const sharedLooks: ProcessLooks = createProcessLooks({ clock: systemClock, list: createProcessList() });

/** After so many looks that proved nothing, what they saw has to do: on a machine where much starts and ends, the next will be alike. */
const MOST_LOOKS = 10;

/** All processes that one command became: its process group, and what left that. */
export class ProcessGroup {
  readonly leader: number;
  readonly #marks: readonly string[];
  readonly #looks: ProcessLooks;

  /** `leader` is the PID of a child that was started detached; `marks` are in the environment of all that it starts. */
  constructor(leader: number, marks: readonly string[], looks: ProcessLooks = sharedLooks) {
    this.leader = leader;
    this.#marks = marks;
    this.#looks = looks;
  }

  /**
   * The processes that are alive, by a look that is shared with other groups. `atOnce`: without the pause between looks. That there
   * are none is said when a look proves it: one that left the group is unseen while it starts a program, and while its parent ends.
   */
  async alive(options: { readonly atOnce?: boolean } = {}): Promise<readonly OwnProcess[]> {
    for (let looks = 1; ; looks += 1) {
      const look = await this.#looks.next(this.leader, options);
      const alive = this.among(look);
      if (alive.length > 0 || looks === MOST_LOOKS || look?.some((one) => one.unsure) !== true) return alive;
    }
  }

  /** Stops its process group, unseen: only for as long as its leader has not been reaped. */
  freeze(): void {
    send(-this.leader, 'SIGSTOP');
  }

  /** Its processes. Where there is no /proc, the group goes by its leader, and what left it is not found. */
  among(look: Look): readonly OwnProcess[] {
    const group = this.leader;
    if (look !== undefined) return ownedBy(look, group, this.#marks);
    const leader = { pid: group, parent: process.pid, group, name: 'process group', startTime: 0, marks: '' };
    return send(-group, 0) ? [leader] : [];
  }
}

/** Signals processes that were just found, group by group: so that no fork within a group slips through. */
export function signalGroups(processes: readonly OwnProcess[], ...signals: readonly NodeJS.Signals[]): void {
  for (const group of new Set(processes.map((process) => process.group))) {
    for (const signal of signals) send(-group, signal);
  }
}

/** Remembers what got its SIGKILL: whatever is found alive beside that was forked in between, and has left its group. */
export class Kills {
  readonly #killed = new Set<string>();

  /** Sends SIGKILL to all of them; true when some of them had none yet. */
  send(processes: readonly OwnProcess[]): boolean {
    const before = this.#killed.size;
    for (const { pid, startTime } of processes) this.#killed.add(`${pid} ${startTime}`);
    signalGroups(processes, 'SIGKILL');
    return this.#killed.size > before;
  }
}

/** False when nobody is there, or nobody who is ours. A group below 2 would be everybody, or our own. */
function send(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return target < -1 && process.kill(target, signal);
  } catch {
    return false;
  }
}
