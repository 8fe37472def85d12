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

  /** The processes that are alive. Where there is no /proc, the group goes by its leader, and what left it is not found. */
  alive(): readonly OwnProcess[] {
    const found = findOwnProcesses(this.#leader, this.#marks);
    if (found !== undefined) return found;
    const [pid, name] = [this.#leader, 'process group'];
    return send(-pid, 0) ? [{ pid, name, group: pid }] : [];
  }

  /** Signals every process that is alive, group by group: so that no fork slips through. */
  signal(signal: NodeJS.Signals): void {
    for (const group of new Set(this.alive().map((process) => process.group))) send(-group, signal);
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
