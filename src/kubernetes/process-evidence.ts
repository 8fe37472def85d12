/** What the processes in a shared PID namespace tell of a container's life: which container they are in, and since when. */
import type { ContainerConfig, ProcessPattern } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { ProcessSighting } from '../hooks/evidence.ts';
import { containerIdOf, ofOtherPods } from '../proc/container-id.ts';
import type { ListedProcess } from '../proc/process-table.ts';
import { matchingProcesses, type Unreadable, visibleProcesses } from '../proc/visible-processes.ts';

/** How processes are seen; the machine's own /proc by default. */
export interface ProcessView {
  visible(): { readonly kind: 'visible'; readonly others: readonly ListedProcess[] } | Unreadable;
  matching(processes: readonly ListedProcess[], pattern: ProcessPattern): readonly ListedProcess[] | Unreadable;
  containerIdOf(pid: number | 'self'): string | undefined;
  /** Tells those of other pods. */
  ofOtherPods(): (pid: number) => boolean;
}

const PROC: ProcessView = { visible: visibleProcesses, matching: matchingProcesses, containerIdOf, ofOtherPods };

/** A container that can be seen. Where no cgroup tells its ID, it is what came from one process. */
interface SeenContainer {
  readonly id: string | null;
  /** Whether a runtime put it here: its first process has no parent in this namespace. True as well where an ID tells it. */
  readonly fromOutside: boolean;
  readonly processes: readonly ListedProcess[];
}

const NAME_IT = "say in the config which process is the container's (process: { name: … })";

/**
 * Looks once at the processes of a container. `alone`: it is the only container of the config, so that the one other container
 * of the pod must be it. Never throws.
 */
export function lookAtProcesses(
  { process: pattern }: Pick<ContainerConfig<ActionFacts>, 'process'>,
  alone: boolean,
  view: ProcessView = PROC,
): ProcessSighting {
  const visible = view.visible();
  if (visible.kind === 'unreadable') {
    return { kind: 'blind', why: visible.reason, remedy: 'share the PID namespace (shareProcessNamespace: true)' };
  }
  if (pattern === undefined && !alone)
    return { kind: 'blind', why: 'several containers are in the config, and no process of this one', remedy: NAME_IT };
  const containers = containersOf(visible.others, view);
  // On a machine without containers anything may be there for a moment, such as the caller of the hook.
  if (pattern === undefined && containers.some(({ fromOutside }) => !fromOutside))
    return { kind: 'blind', why: 'there are processes that are in no container', remedy: NAME_IT };
  const meant = pattern === undefined ? visible.others : view.matching(visible.others, pattern);
  if ('kind' in meant) return { kind: 'blind', why: meant.reason, remedy: 'simplify the commandLine' };
  const pids = new Set(meant.map(({ pid }) => pid));
  const found = containers.filter(({ processes }) => processes.some(({ pid }) => pids.has(pid)));
  const [container] = found;
  const told = containers.every(({ id }) => id !== null);
  const others = told ? { containers: new Set(containers.map(({ id }) => id ?? '')) } : {};
  if (container === undefined) return { kind: 'nothing', why: 'no process of it is there', ...others };
  if (found.length > 1) {
    return {
      kind: 'blind',
      why: `its process may be in any of ${found.length} containers`,
      remedy: NAME_IT,
      ...others,
    };
  }
  const startTicks = Math.min(...container.processes.map(({ startTime }) => startTime));
  return { kind: 'seen', seen: { containerId: container.id, startTicks } };
}

/** The other containers of the pod, our own and the pause container left out. */
function containersOf(others: readonly ListedProcess[], view: ProcessView): SeenContainer[] {
  const [own, pause] = [view.containerIdOf('self'), view.containerIdOf(1)];
  const parents = new Map(others.map(({ pid, parent }) => [pid, parent]));
  const isOfOtherPod = view.ofOtherPods();
  const containers = Map.groupBy(others, ({ pid }) => {
    if (isOfOtherPod(pid)) return undefined;
    const id = view.containerIdOf(pid);
    if (id !== undefined) return id === own || id === pause ? undefined : id;
    // Where the pause container has an ID, what has none is in our own cgroup namespace: an exec into our container.
    return pause === undefined ? rootOf(pid, parents) : undefined;
  });
  return [...containers].flatMap(([key, processes]): SeenContainer[] => {
    if (key === undefined) return [];
    if (typeof key === 'string') return [{ id: key, fromOutside: true, processes }];
    return [{ id: null, fromOutside: parents.get(key) === 0, processes }];
  });
}

/** The process from which it came, of those there are. */
function rootOf(pid: number, parents: ReadonlyMap<number, number>): number {
  let root = pid;
  for (let up = parents.get(root); up !== undefined && parents.has(up); up = parents.get(root)) root = up;
  return root;
}
