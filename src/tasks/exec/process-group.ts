import { systemClock } from '../../hooks/clock.ts';
import { createProcessList, isGone, type OwnProcess, ownedBy } from './own-processes.ts';
import { createProcessLooks, type Look, type ProcessLooks } from './process-looks.ts';

/** The looks that all groups of this process share. */
export const sharedLooks: ProcessLooks = createProcessLooks({ clock: systemClock, list: createProcessList() });

/** After so many looks that proved nothing, what they saw has to do: on a machine where much starts and ends, the next will be alike. */
const MOST_LOOKS = 10;

interface LookOptions {
  readonly atOnce?: boolean;
}

/** What a look saw of one command. */
export interface Seen {
  readonly alive: readonly OwnProcess[];
  readonly unsure: readonly OwnProcess[];
}

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
  async alive(options: LookOptions = {}): Promise<readonly OwnProcess[]> {
    return (await this.seen(options)).alive;
  }

  /** The same, with those of the last look that may turn out to be its processes. */
  async seen(options: LookOptions = {}): Promise<Seen> {
    for (let looks = 1; ; looks += 1) {
      const look = await this.#looks.next(this.leader, options);
      const alive = this.among(look);
      const unsure = look?.filter((one) => one.unsure === true) ?? [];
      if (alive.length > 0 || looks === MOST_LOOKS || unsure.length === 0) return { alive, unsure };
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
function signalGroups(processes: readonly OwnProcess[], ...signals: readonly NodeJS.Signals[]): void {
  for (const group of new Set(processes.map((process) => process.group))) {
    for (const signal of signals) send(-group, signal);
  }
}

/**
 * Gives SIGTERM to each process once, and to none that was started after the first: a trap that cleans up starts programs of its
 * own. One that was starting a program when the others got theirs, or was just leaving its group, gets it as soon as that is seen.
 */
export class Terms {
  readonly #groups = new Set<number>();
  #late: readonly OwnProcess[];

  constructor({ alive, unsure }: Seen) {
    this.#late = [...alive, ...unsure.filter((one) => !isGone(one))];
    this.#send(alive);
  }

  /** Whether somebody may still have to get it. */
  pending(): boolean {
    return this.#late.length > 0;
  }

  /** Takes the next look. */
  next({ alive, unsure }: Seen): void {
    const wasThere = ({ pid, startTime }: OwnProcess) =>
      this.#late.some((one) => one.pid === pid && one.startTime === startTime);
    this.#send(alive.filter(wasThere).filter(({ group }) => !this.#groups.has(group)));
    this.#late = unsure.filter(wasThere);
  }

  #send(processes: readonly OwnProcess[]): void {
    for (const { group } of processes) this.#groups.add(group);
    // A stopped process takes no SIGTERM before it goes on.
    signalGroups(processes, 'SIGTERM', 'SIGCONT');
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
