/** Real servers, run as processes of a test, beside the sidecar as those of another container are. */
import { spawn } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { processAt } from '../../src/proc/process-table.ts';
import type { Exit } from '../../src/rehearse/child.ts';
import { within } from '../helpers/within.ts';

/** What takes longer never comes, in ms. */
const BOUND_MS = 20_000;

export interface RealServer {
  /** How it ended, once it has; waits for that. */
  exit(): Promise<Exit>;
  /** Whether it has ended, as the kernel knows it: before `exit` does. */
  isGone(): boolean;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a server and waits until its port is open. It is killed with the test, and all that it started too. */
export async function startServer(
  command: readonly string[],
  port: number,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Promise<RealServer> {
  const [program = '', ...args] = command;
  const child = spawn(pathOf(program), args, { detached: true, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString();
    });
  }
  const { pid } = child;
  // Without a PID below, our own group would be killed.
  if (pid === undefined) throw new Error(`cannot start ${command.join(' ')}`);
  const isGone = () => processAt(pid) === undefined;
  const exited = new Promise<Exit>((settle) => {
    child.once('exit', (code, signal) => settle({ code, signal }));
  });
  onTestFinished(async () => {
    killGroup(pid);
    await exited;
  });
  await untilPort(`${command.join(' ')} to listen on ${port}`, port, (open) => open || isGone());
  if (isGone()) throw new Error(`${command.join(' ')} ended before it listened on ${port}:\n${output}`);
  return {
    exit: () => within(`the end of ${program}; it said:\n${output}`, exited),
    isGone,
    kill: (signal) => void child.kill(signal),
  };
}

/** Where a program of a Debian package lies: most servers are not in everybody's PATH. Throws where it is not installed. */
export function pathOf(program: string): string {
  const postgres = '/usr/lib/postgresql';
  const versions = isThere(postgres) ? readdirSync(postgres).map((version) => join(postgres, version, 'bin')) : [];
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', ...versions];
  const found = folders.map((folder) => resolve(folder, program)).find(isThere);
  if (found === undefined) {
    throw new Error(`${program} is not installed, and this test runs it: install the Debian packages of .ci/packages`);
  }
  return found;
}

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

/** Waits until nobody takes connections on a port of 127.0.0.1 any more. */
export function untilClosed(port: number): Promise<void> {
  return untilPort(`port ${port} to close`, port, (open) => !open);
}

async function untilPort(what: string, port: number, done: (open: boolean) => boolean): Promise<void> {
  const over = AbortSignal.timeout(BOUND_MS);
  while (!done(await isOpen(port))) {
    if (over.aborted) throw new Error(`waited ${BOUND_MS} ms in vain for ${what}`);
    await pause(5);
  }
}

/** Whether somebody takes connections on a port of 127.0.0.1. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => settle(false));
    socket.once('connect', () => {
      settle(true);
      socket.destroy();
    });
  });
}

/** Below the ports that the kernel takes for connections, and apart for each process of the tests. */
let candidate = 10_000 + ((process.pid * 16) % 20_000);

/** A port of 127.0.0.1 on which nobody listens, for a server that cannot choose one itself. */
export async function freePort(): Promise<number> {
  for (;;) {
    candidate += 1;
    if (await canListen(candidate)) return candidate;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const server = createServer();
    server.once('error', () => settle(false));
    server.listen(port, '127.0.0.1', () => server.close(() => settle(true)));
  });
}
