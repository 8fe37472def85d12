import { wait } from '../hooks/clock.ts';
import { killContainer } from './container-kill.ts';
import type { Wish, WorkerInput } from './pod-work.ts';

/** What a container gets whose pod nobody knows any more, in ms. */
const ORPHAN_GRACE_MS = 2000;

/**
 * Stops all containers of a pod in parallel. A native sidecar's SIGTERM comes `afterMs` after the end of all containers
 * behind it, or when the grace is over (kubelet contract, section 5).
 */
export async function terminate(
  input: WorkerInput,
  wish: Exclude<Wish, { kind: 'run' }>,
  afterMs: number,
): Promise<void> {
  const { clock, times, runtime, death, spec } = input;
  if (wish.kind === 'orphan') {
    await Promise.all(runtime.running().map((instance) => runtime.stop(instance, ORPHAN_GRACE_MS, death)));
    return;
  }
  await wait(clock, times.deletionMs, death);
  const { graceMs } = wish;
  /** What has been stopped so far, from the last container to the first: each native sidecar waits for those behind it. */
  const stopped: Promise<void>[] = [];
  for (const { name, kind } of spec.containers.toReversed()) {
    const instance = runtime.newest(name);
    if (instance === undefined || instance.end !== undefined) continue;
    const behind = [...stopped];
    const turn = kind === 'native' ? (leftMs: number) => turnAfter(behind, leftMs) : undefined;
    stopped.push(killContainer(input, { instance, graceMs, ...(turn === undefined ? {} : { turn }) }));
  }
  await Promise.all(stopped);

  async function turnAfter(behind: readonly Promise<void>[], leftMs: number): Promise<void> {
    const over = new AbortController();
    const grace = wait(clock, leftMs, AbortSignal.any([death, over.signal]));
    await Promise.race([grace, Promise.all(behind).then(() => wait(clock, afterMs, death))]);
    over.abort();
  }
}
