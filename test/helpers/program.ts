import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Child, type Exit, startChild } from '../../src/rehearse/child.ts';
import { within } from './within.ts';

/** The built program: `npm test` builds it first. */
export const PROGRAM = join(import.meta.dirname, '..', '..', 'dist', 'hookkeeper.cjs');

/** Of our own environment the program gets PATH alone, so that no test depends on the rest. */
function environment(env: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], ...env };
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the program to its end. */
export function runProgram(args: readonly string[], env: Readonly<NodeJS.ProcessEnv> = {}): Promise<Ended> {
  const ended = new Promise<Ended>((resolve) => {
    const options = { env: environment(env), maxBuffer: 16 * 1024 * 1024 };
    const child = execFile(process.execPath, [PROGRAM, ...args], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
    onTestFinished(() => void child.kill('SIGKILL'));
  });
  return within(`the end of hookkeeper ${args.join(' ')}`, ended);
}

/** A line of the log, decoded; one that is no JSON has only `msg`. */
export type LogLine = Readonly<Record<string, unknown>>;

/** `hookkeeper serve`, with both ports listening. */
export interface Service {
  readonly pid: number;
  readonly port: number;
  readonly opsPort: number;
  readonly exited: Promise<Exit>;
  /** All that it printed so far. */
  log(): LogLine[];
  /** The first line that matches, of those printed already or of those to come. */
  line(what: string, matches: (line: LogLine) => boolean, boundMs?: number): Promise<LogLine>;
  /** Calls `listener` for each line from now on, until the returned function is called. */
  onLine(listener: (line: string) => void): () => void;
  kill(signal: NodeJS.Signals): void;
}

export interface ServiceOptions {
  readonly configFile: string;
  readonly journalDir: string;
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Further arguments of `serve`. */
  readonly args?: readonly string[];
  /** A command that becomes the program, such as `prlimit --fsize=1000`. */
  readonly wrapper?: readonly string[];
  /** Flags of Node.js itself. */
  readonly nodeFlags?: readonly string[];
}

/** Starts `hookkeeper serve` on free ports of 127.0.0.1 and waits for nothing. It ends with the test. */
export function spawnService({
  configFile,
  journalDir,
  env = {},
  args = [],
  wrapper = [],
  nodeFlags = [],
}: ServiceOptions): Child {
  const flags = { config: configFile, journal: journalDir, host: '127.0.0.1', port: '0', 'ops-port': '0' };
  const serve = [PROGRAM, 'serve', ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`), ...args];
  const [file = process.execPath, ...rest] = [...wrapper, process.execPath, ...nodeFlags, ...serve];
  const child = startChild(file, rest, environment(env));
  onTestFinished(() => end(child));
  return child;
}

/** As `spawnService`, and waits until both ports listen; throws with its output when it does not come up. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const child = spawnService(options);
  const log = () => child.lines().map(decode);
  const line: Service['line'] = async (what, matches, boundMs) => {
    const early = log().find(matches);
    if (early !== undefined) return early;
    const found = Promise.withResolvers<LogLine>();
    const off = child.onLine((text) => {
      const decoded = decode(text);
      if (matches(decoded)) found.resolve(decoded);
    });
    void child.exited.then(({ code, signal }) =>
      found.reject(new Error(`it ended with ${signal ?? code} before ${what}:\n${child.lines().join('\n')}`)),
    );
    return within(what, found.promise, boundMs).finally(off);
  };
  const listening = await line('listening', ({ port, opsPort }) => port !== undefined && opsPort !== undefined);
  return {
    pid: child.pid ?? -1,
    port: Number(listening['port']),
    opsPort: Number(listening['opsPort']),
    exited: child.exited,
    log,
    line,
    onLine: child.onLine,
    kill: child.kill,
  };
}

function decode(text: string): LogLine {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : { msg: text };
  } catch {
    return { msg: text };
  }
}

/** Two signals, so that no task outlives the test, and two different ones, as equal ones can become one. */
async function end(child: Child): Promise<void> {
  child.kill('SIGTERM');
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await child.exited;
  clearTimeout(timer);
}
