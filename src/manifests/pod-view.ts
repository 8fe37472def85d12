import type { ActionFacts } from '../config/task-kind.ts';
import { type Container, containersOf } from './container.ts';
import { type HookCall, hookCallsOf } from './hook-call.ts';
import type { HookConfig } from './hook-config.ts';
import type { Part } from './part.ts';
import { type Sidecar, sidecarsOf } from './sidecar.ts';
import type { Workload } from './workload.ts';

/** A pod as the rules see it. */
export interface PodView {
  readonly workload: Workload;
  /** The pod's `spec`. */
  readonly spec: Part;
  readonly containers: readonly Container[];
  /** Hookkeeper: the first of them; undefined where the pod has none. */
  readonly sidecar: Sidecar | undefined;
  /** All that serve hooks, `sidecar` included. */
  readonly sidecars: readonly Sidecar[];
  /** All hooks of all containers. */
  readonly calls: readonly HookCall[];
  /** The config, where it is known and can be used. */
  readonly hooks: HookConfig<ActionFacts> | undefined;
}

/** Looks a workload over; its config is added when it has been read. */
export function viewOf(workload: Workload): Omit<PodView, 'hooks'> {
  const spec = workload.pod.at('spec');
  const containers = containersOf(spec);
  const sidecars = sidecarsOf(containers);
  const [sidecar] = sidecars;
  return { workload, spec, containers, sidecar, sidecars, calls: hookCallsOf(containers, sidecar) };
}

/** The app's containers: neither Hookkeeper nor what has to end before the app starts. */
export function appContainers({ containers, sidecars }: PodView): Container[] {
  const own = new Set(sidecars.map(({ part }) => part.path.join()));
  return containers.filter(({ part, role }) => role !== 'init' && !own.has(part.path.join()));
}

/** The hooks of the app's containers that are meant for Hookkeeper. */
export function callsToUs(view: PodView): HookCall[] {
  return view.calls.filter((call) => call.ours && !isOnSidecar(view, call));
}

/** The same, over HTTP. */
export function httpCallsToUs(view: PodView): HookCall[] {
  return callsToUs(view).filter(({ handler }) => handler === 'httpGet');
}

/** Whether it is a hook of Hookkeeper's own container. */
export function isOnSidecar({ sidecars }: PodView, { container }: HookCall): boolean {
  return sidecars.some(({ part }) => part.path.join() === container.part.path.join());
}

/** `preStop of app`, as it stands in a sentence. */
export function nameOf({ hook, container }: HookCall): string {
  return `${hook} of ${container.name}`;
}
