import { type Clock, wait } from '../hooks/clock.ts';
import type { ContainerRuntime, Instance } from './container-runtime.ts';
import type { HookCaller } from './hook-caller.ts';
import type { KubeletTimes } from './pod-spec.ts';

/** What always remains between SIGTERM and SIGKILL, in ms. */
const LEAST_GRACE_MS = 2000;

/** What is left of a grace after something took its time, counted in whole seconds (kubelet contract, section 4). */
export function graceAfter(graceMs: number, usedMs: number): number {
  return Math.max(LEAST_GRACE_MS, graceMs - Math.floor(usedMs / 1000) * 1000);
}

export interface KillInput {
  readonly clock: Clock;
  readonly times: KubeletTimes;
  readonly runtime: ContainerRuntime;
  readonly hooks: HookCaller;
  /** Aborts when the kubelet dies: nobody goes on with the kill then. */
  readonly death: AbortSignal;
}

export interface Kill {
  readonly instance: Instance;
  /** From now. */
  readonly graceMs: number;
  /** Resolves when a native sidecar's SIGTERM is due, or when its time is over, whichever comes first. */
  readonly turn?: (leftMs: number) => Promise<void>;
}

/** Kills one container as the kubelet does: its preStop, what is left of the grace between SIGTERM and SIGKILL, its end. */
export async function killContainer(input: KillInput, { instance, graceMs, turn }: Kill): Promise<void> {
  const { clock, times, runtime, hooks, death } = input;
  const { preStop } = instance.spec;
  // One without a preStop gets SIGTERM while the preStops of the others are on their way.
  await wait(clock, times.preStopMs + (preStop === undefined ? times.sigtermRaceMs : 0), death);
  if (death.aborted) return;
  const startMs = clock.monotonicMs();
  if (preStop !== undefined) await hooks.call(instance, 'preStop', preStop, graceMs);
  let leftMs = graceAfter(graceMs, clock.monotonicMs() - startMs);
  if (preStop !== undefined) await wait(clock, times.sigtermMs, death);
  if (turn !== undefined) {
    const waitedFromMs = clock.monotonicMs();
    await turn(graceMs - (waitedFromMs - startMs));
    leftMs = graceAfter(leftMs, clock.monotonicMs() - waitedFromMs);
  }
  await runtime.stop(instance, leftMs, death);
}
