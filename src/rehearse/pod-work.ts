import type { Clock } from '../hooks/clock.ts';
import type { KillInput } from './container-kill.ts';
import type { ContainerRuntime } from './container-runtime.ts';
import type { HookCaller } from './hook-caller.ts';
import type { PodHappening } from './pod-event.ts';
import type { KubeletTimes, PodSpec } from './pod-spec.ts';
import type { SimulatedKubelet } from './simulated-kubelet.ts';
import type { Wake } from './wake.ts';

/** What the worker is to bring about. */
export type Wish =
  | { readonly kind: 'run' }
  | { readonly kind: 'terminate'; readonly graceMs: number }
  /** The pod's object was gone when the kubelet came: no hooks. */
  | { readonly kind: 'orphan' };

export interface WorkerInput extends KillInput {
  readonly spec: PodSpec;
  readonly clock: Clock;
  readonly times: KubeletTimes;
  readonly runtime: ContainerRuntime;
  readonly kubelet: SimulatedKubelet;
  readonly hooks: HookCaller;
  readonly wish: () => Wish;
  /** Takes the containers that a probe gave up, with the grace of the probe. */
  readonly failedProbes: () => ReadonlyMap<string, number>;
  /** Rung when any of that may have changed. */
  readonly wake: Wake;
  readonly tell: (happening: PodHappening) => void;
  /** The status that the API server gets to see: what runs now. */
  readonly publish: () => void;
}
