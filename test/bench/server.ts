import { setTimeout as sleep } from 'node:timers/promises';
import { freshGet } from './fresh-get.ts';
import type { Scratch } from './scratch.ts';

/** A server that can be started. */
export interface ServerSpec {
  readonly file: string;
  readonly args: readonly string[];
  /** All of its environment but for PATH. Default: nothing. */
  readonly env?: Readonly<Record<string, string>>;
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

/** How a server is asked whether it serves. */
interface Patience {
  /** One that does not answer by then will not, in ms. */
  readonly limitMs: number;
  /** Between two attempts to connect, in ms: less would take the processor from the server that is being started. */
  readonly pollMs: number;
}

const ALONE: Patience = { limitMs: 30_000, pollMs: 1 };

/** Starts a server and asks it until it answers; its port must be below those of outgoing connections. Default: it starts alone. */
export async function startServer(
  scratch: Scratch,
  { file, args, env, port, readiness }: ServerSpec,
  { limitMs, pollMs }: Patience = ALONE,
): Promise<RunningServer> {
  const startedMs = performance.now();
  const child = scratch.spawn(file, args, env);
  while (!(await isReady(readiness))) {
    if (child.hasEnded()) throw new Error(`${file} ${args.join(' ')} ended before it served: ${child.output()}`);
    if (performance.now() - startedMs > limitMs) throw new Error(`${file} does not serve: ${child.output()}`);
    await sleep(pollMs);
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
