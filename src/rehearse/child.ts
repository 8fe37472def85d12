import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a process ended: with a code, or by a signal. -1 when it could not be started. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of ours and what it prints. */
export interface Child {
  readonly pid: number | undefined;
  /** Resolves when it has ended and all it printed was read. Never rejects. */
  readonly exited: Promise<Exit>;
  /** The last lines of stdout and stderr, oldest first. */
  lines(): readonly string[];
  /** Calls `listener` for each line from now on, until the returned function is called. */
  onLine(listener: (line: string) => void): () => void;
  /** Does nothing when it has ended. */
  kill(signal: NodeJS.Signals): void;
}

/** How long the output of a group that has ended is read, in ms: all that is there is read long before. */
const LEFT_OPEN_MS = 1000;

/** How many lines are kept. */
const LINES_KEPT = 20_000;

export interface ChildOptions {
  /**
   * A process group of its own, which ends with the process, as a container does: and a Ctrl-C at our terminal does not reach
   * it. Default: no.
   */
  readonly group?: boolean;
}

/** Starts a program with exactly this environment. Its stdin is empty. */
export function startChild(
  file: string,
  args: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
  { group = false }: ChildOptions = {},
): Child {
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: group });
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  const take = (line: string) => {
    lines.push(line);
    if (lines.length > LINES_KEPT) lines.shift();
    for (const listener of listeners) listener(line);
  };
  createInterface({ input: child.stdout }).on('line', take);
  createInterface({ input: child.stderr }).on('line', take);
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => {
      take(error.message);
      if (child.pid === undefined) resolve({ code: -1, signal: null });
    });
    if (group) {
      child.once('exit', () => {
        killGroup(child.pid);
        // Somebody who left the group may keep our ends of its pipes open for ever.
        const close = () => [child.stdout, child.stderr].forEach((stream) => void stream.destroy());
        const late = setTimeout(close, LEFT_OPEN_MS);
        child.once('close', () => clearTimeout(late));
      });
    }
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return {
    pid: child.pid,
    exited,
    lines: () => lines,
    onLine(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    kill: (signal) => void child.kill(signal),
  };
}

/** What a leader left behind. */
function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}
