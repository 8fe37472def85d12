import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A process of ours whose output goes to a file: nobody has to read it while something is measured. */
interface Child {
  readonly pid: number;
  readonly hasEnded: () => boolean;
  /** The end of what it printed. */
  readonly output: () => string;
  /** Kills it and waits until it is gone. */
  readonly stop: () => Promise<void>;
}

/** The processes and folders of one run of the benchmark. All of them go with it, however it ends. */
export interface Scratch {
  /** A new, empty folder. */
  readonly folder: () => string;
  /** `env` is all of its environment but for PATH. */
  readonly spawn: (file: string, args: readonly string[], env?: Readonly<Record<string, string>>) => Child;
  /** Kills and removes everything at once. */
  readonly dispose: () => void;
}

const SHOWN_OUTPUT = 2000;

/** Makes the folder that all else is in; it is under the system's one for temporary files. */
export function createScratch(): Scratch {
  const root = mkdtempSync(join(tmpdir(), 'hookkeeper-bench-'));
  const children = new Set<ChildProcess>();
  const folder = () => mkdtempSync(join(root, 'f-'));
  return {
    folder,
    spawn(file, args, env = {}) {
      const cwd = folder();
      const log = join(cwd, 'output');
      const fd = openSync(log, 'w');
      // Nothing of our own environment: NODE_OPTIONS or a HOOKKEEPER_ variable would change what is measured.
      const options = { cwd, env: { PATH: process.env['PATH'] ?? '', ...env } };
      const child = spawn(file, args, { ...options, stdio: ['ignore', fd, fd] });
      closeSync(fd);
      // One that cannot be started has no pid.
      child.on('error', () => {});
      if (child.pid === undefined) throw new Error(`cannot start ${file}`);
      children.add(child);
      const ended = once(child, 'exit').then(() => children.delete(child));
      return {
        pid: child.pid,
        hasEnded: () => !children.has(child),
        output: () => readFileSync(log, 'utf8').slice(-SHOWN_OUTPUT),
        async stop() {
          child.kill('SIGKILL');
          await ended;
        },
      };
    },
    dispose() {
      for (const child of children) child.kill('SIGKILL');
      // A process that was just killed may still have been making a file.
      rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}
