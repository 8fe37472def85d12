import type { ListedProcess } from './process-table.ts';

/** What of the processes that can be seen is not ours. */
export interface Surroundings {
  /** Neither PID 1, nor `self`, nor what that came from or started. */
  readonly others: readonly ListedProcess[];
  /** Whether processes of other containers can be seen at all. */
  readonly shared: boolean;
}

/**
 * Tells the processes of others from ours, and whether there could be any. In a PID namespace of its own, a container's PID 1 is
 * this process or what it came from, and whatever else runs there came from that PID 1, or was put there by an exec and has no parent.
 * Where the pod shares one, PID 1 is its pause process, from which no container came.
 */
export function surroundings(all: readonly ListedProcess[], self: number): Surroundings {
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const above = (pid: number) => {
    const found = new Set<number>();
    for (let up = parents.get(pid); up !== undefined && !found.has(up); up = parents.get(up)) found.add(up);
    return found;
  };
  const cameFrom = above(self);
  const others = all.filter(({ pid }) => pid !== 1 && pid !== self && !cameFrom.has(pid) && !above(pid).has(self));
  if (self === 1) return { others, shared: false };
  // On a node (hostPID) and on a machine without containers, everybody came from PID 1.
  return { others, shared: cameFrom.has(1) ? others.some(({ pid }) => above(pid).has(1)) : parents.has(1) };
}
