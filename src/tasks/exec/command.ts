import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { wait } from '../../hooks/clock.ts';
import type { AttemptContext } from '../../hooks/task.ts';
import { LineSplitter } from '../line-splitter.ts';
import { endGroup } from './group-end.ts';
import { isReachable } from './hung-volume.ts';
import { trackGroup } from './live-groups.ts';
import { ProcessGroup } from './process-group.ts';

/** A command, ready to be started. */
export interface Command {
  /** A path, or a name that is looked up on the PATH of `env`. */
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The `NAME=value` pairs of `env` by which a process of this attempt is known. */
  readonly marks: readonly string[];
  /** Undefined: ours. */
  readonly workingDir: string | undefined;
}

/** How a command ended. */
export type CommandEnd =
  | { readonly kind: 'notStarted'; readonly code: string }
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  /** It was told to stop before it ended by itself. */
  | { readonly kind: 'stopped' };

/** With all processes gone the pipes are at their end, unless somebody holds them whom we could not find: then they are cut. */
const DRAIN_MS = 200;

/** A pipe holds a few chunks of 64 KiB, and at least one is read in each turn. */
const DRAIN_TURNS = 20;

/** Takes about a millisecond. */
const MANY_LINES = 4000;

type Child = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Runs a command in a process group of its own, with /dev/null for stdin and both outputs passed on line by line. When the
 * attempt's signal aborts, the group gets SIGTERM, and SIGKILL after `stopMs`. Resolves when the command and all that it started
 * are gone; what a finished command left running is ended, and said. Never rejects.
 */
export async function runCommand(command: Command, attempt: AttemptContext): Promise<CommandEnd> {
  if (attempt.rerun) await endLeftover(command.marks, attempt);
  if (attempt.signal.aborted || !(await isReachable(command, attempt))) return { kind: 'stopped' };
  const started = await start(command);
  if (started.kind === 'notStarted') return started;
  const { child, pid } = started;

  const group = new ProcessGroup(pid, command.marks);
  const forget = trackGroup(group);
  const exited = signalOn(child, 'exit');
  const output = passOn(child, attempt);
  await either(exited, attempt.signal);
  const stopped = !exited.aborted;
  await endGroup(group, { exited, stopped, attempt });
  await output.drained();
  forget();
  if (stopped) return { kind: 'stopped' };
  if (child.signalCode !== null) return { kind: 'killed', signal: child.signalCode };
  return { kind: 'exited', code: child.exitCode ?? -1 };
}

/** Where no container went away with it, what a killed sidecar had started is still at work, and must not be beside its rerun. */
async function endLeftover(marks: readonly string[], attempt: AttemptContext): Promise<void> {
  // The PID of its leader is not known: its marks have to do.
  await endGroup(new ProcessGroup(-1, marks), { exited: AbortSignal.abort(), stopped: false, attempt });
}

type Start =
  | { readonly kind: 'started'; readonly child: Child; readonly pid: number }
  | (CommandEnd & { kind: 'notStarted' });

function start({ file, args, env, workingDir }: Command): Promise<Start> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const { promise, resolve } = Promise.withResolvers<Start>();
  try {
    const child = spawn(file, args, {
      cwd: workingDir,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.on('error', (error) => resolve({ kind: 'notStarted', code: codeOf(error) }));
    if (child.pid !== undefined) resolve({ kind: 'started', child, pid: child.pid });
  } catch (error) {
    resolve({ kind: 'notStarted', code: codeOf(error) });
  }
  return promise;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

function passOn(child: Child, { output, clock }: AttemptContext) {
  const closed = signalOn(child, 'close');
  const out = new LineSplitter(output);
  const err = new LineSplitter(output);
  feed(child.stdout, out);
  feed(child.stderr, err);
  return {
    async drained(): Promise<void> {
      await wait(clock, DRAIN_MS, closed);
      // The timer of a busy event loop may fire before that has read what is there.
      for (let turn = 0; turn < DRAIN_TURNS && !closed.aborted; turn += 1) await new Promise(setImmediate);
      if (!closed.aborted) output('hookkeeper: closes the output, which is held by a process that cannot be found');
      child.stdout.destroy();
      child.stderr.destroy();
      out.end();
      err.end();
    },
  };
}

/** A flood of short lines must not keep others from their turn of the event loop. */
function feed(stream: Readable, lines: LineSplitter): void {
  stream.on('data', (chunk: Buffer) => {
    if (lines.push(chunk) < MANY_LINES) return;
    stream.pause();
    setImmediate(() => stream.resume());
  });
}

/** A signal that aborts when the event comes. */
function signalOn(emitter: Child, event: 'exit' | 'close'): AbortSignal {
  const controller = new AbortController();
  emitter.once(event, () => controller.abort());
  return controller.signal;
}

function either(one: AbortSignal, other: AbortSignal): Promise<void> {
  const both = AbortSignal.any([one, other]);
  if (both.aborted) return Promise.resolve();
  return new Promise((resolve) => both.addEventListener('abort', () => resolve(), { once: true }));
}
