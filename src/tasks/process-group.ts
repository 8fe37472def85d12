import { findOwnProcesses, type OwnProcess } from './own-processes.ts';

/** All processes that one command became: its process group, and what left that. */
export class ProcessGroup {
  readonly #leader: number;
  readonly #marks: readonly string[];

  /** `leader` is the PID of a child that was started detached; `marks` are in the environment of all that it starts. */
  constructor(leader: number, marks: readonly string[]) {
    this.#leader = leader;
    this.#marks = marks;
  }

  /** The processes that are alive. Where there is no /proc, whoever is left of the group goes by the leader's PID. */
  alive(): readonly OwnProcess[] {
    const found = findOwnProcesses(this.#leader, this.#marks);
    if (found !== undefined) return found;
    return send(-this.#leader, 0) ? [{ pid: this.#leader, name: 'process group', inGroup: true }] : [];
  }

  /** Signals every process that is alive. The group is signalled as one, so that no fork slips through. */
  signal(signal: NodeJS.Signals): void {
    const alive = this.alive();
    // An empty group is left alone: its number may be somebody else's by now.
    if (alive.some((process) => process.inGroup)) send(-this.#leader, signal);
    for (const { pid, inGroup } of alive) if (!inGroup) send(pid, signal);
  }
}

/** False when nobody is there, or nobody who is ours. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
