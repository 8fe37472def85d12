/**
 * Which processes a runtime put into a container that had begun, and what came from them: those of probes and of `kubectl exec`. They
 * are never the app, though they may run the same program.
 */
import { containerIdOf } from './container-id.ts';
import type { ListedProcess } from './process-table.ts';

/**
 * Tells them in a shared PID namespace. What a runtime starts has no parent there: the first process of each container, and what is
 * put in later. Where no cgroup tells the containers apart, nobody is known to be put in. `others` are all that are not ours.
 */
export function putInLater(
  others: readonly ListedProcess[],
  idOf: typeof containerIdOf = containerIdOf,
): (process: ListedProcess) => boolean {
  const byPid = new Map(others.map((each) => [each.pid, each]));
  const rootOf = (process: ListedProcess) => {
    const seen = new Set([process.pid]);
    let root = process;
    for (let up = byPid.get(root.parent); up !== undefined && !seen.has(up.pid); up = byPid.get(root.parent)) {
      seen.add(up.pid);
      root = up;
    }
    return root;
  };
  return (process) => {
    const root = rootOf(process);
    const id = root.parent === 0 ? idOf(root.pid) : undefined;
    if (id === undefined || id === idOf(1)) return false;
    return others.some((each) => each.parent === 0 && each.startTime < root.startTime && idOf(each.pid) === id);
  };
}
