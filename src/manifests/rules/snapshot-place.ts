/** Where snapshots are kept, and whose they are. */
import { mountOf } from '../mounts.ts';
import { lines, type Rule } from '../rule.ts';
import { isSharedByPods, wantsSeveral } from '../several-pods.ts';
import { snapshotNeeds } from '../task-needs.ts';

const shared: Rule = {
  code: 'snapshot-shared',
  severity: 'warning',
  rule: 'Pods that keep snapshots in one place, a bucket or a volume, give them names of their own.',
  reason:
    "A restore takes the newest of a name: with one name for all it gets another pod's data, and `keep` counts the snapshots of all of them together. " +
    'Only workloads that say that they have several pods are looked at. The pods of a StatefulSet keep their host names, those of others get new ones.',
  find: ({ hooks, sidecar, spec, workload }) => {
    if (hooks === undefined || sidecar === undefined || !wantsSeveral(workload)) return [];
    return snapshotNeeds(hooks.data).flatMap(({ at, task, name, folder }) => {
      const mount = folder === undefined ? undefined : mountOf(spec, sidecar.part, folder);
      const isOne = folder === undefined || (mount !== undefined && isSharedByPods(mount, workload));
      if (!isOne || name.includes('{hostname}')) return [];
      const message = `task ${task} of all pods of ${workload.name} keeps snapshots as ${name} in one place`;
      return [{ place: hooks.locate(at), message, fix: fixOf(name, workload.kind) }];
    });
  },
};

function fixOf(name: string, kind: string): string {
  const own = `name: "${name}-{hostname}" # in its restore, too`;
  const isKept = kind === 'StatefulSet';
  return isKept ? own : lines(own, '# what is to be restored needs a StatefulSet, whose pods keep their names');
}

export const snapshotRules: readonly Rule[] = [shared];
