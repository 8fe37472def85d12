import { setTimeout as sleep } from 'node:timers/promises';
import { freshGet } from './fresh-get.ts';
import type { Scratch } from './scratch.ts';

/** A server that can be started. */
export interface ServerSpec {
  readonly file: string;
  readonly args: readonly string[];
  /** The port that is measured. */
  readonly port: number;
  /** What is answered with 200 as soon as it serves. */
  readonly readiness: { readonly port: number; readonly path: string };
}

/** A server that serves. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  readonly readiness: ServerSpec['readiness'];
  /** From just before it was spawned to its first answer, in ms. */
  readonly startMs: number;
  readonly stop: () => Promise<void>;
}

/** A server that does not answer by then will not, in ms. */
const LIMIT_MS = 30_000;

/** Between two attempts to connect, in ms: less would take the processor from the server that is being started. */
const POLL_MS = 1;

/** Starts a server and asks it until it answers; its port must be below those of outgoing connections. */
export async function startServer(
  scratch: Scratch,
  { file, args, port, readiness }: ServerSpec,
): Promise<RunningServer> {
  const startedMs = performance.now();
  const child = scratch.spawn(file, args);
  while (!(await isReady(readiness))) {
    if (child.hasEnded()) throw new Error(`${file} ${args.join(' ')} ended before it served: ${child.output()}`);
    if (performance.now() - startedMs > LIMIT_MS) throw new Error(`${file} does not serve: ${child.output()}`);
    await sleep(POLL_MS);
  }
  return { pid: child.pid, port, readiness, startMs: performance.now() - startedMs, stop: child.stop };
}

async function isReady(readiness: ServerSpec['readiness']): Promise<boolean> {
  try {
    return (await freshGet(readiness)).status === 200;
  } catch {
    return false;
  }
}
