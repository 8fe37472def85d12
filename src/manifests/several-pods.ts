/** What the pods of one workload have in common. */
import type { Mount } from './mounts.ts';
import type { Workload } from './workload.ts';

/** Volumes that several pods of a workload have in common, as they stand in its template. */
const SHARED_KINDS = new Set(['persistentVolumeClaim', 'hostPath', 'nfs', 'csi', 'cephfs', 'azureFile']);

/** Kinds of which a new pod can run beside the one that it takes the place of. */
const OVERLAPPING = new Set(['Deployment', 'ReplicaSet', 'ReplicationController', 'Rollout', 'Job', 'CronJob']);

/**
 * Whether pods of the workload that may run at one time find the same files there. A folder of the node is one pod's where each
 * node has one, and where the path has a variable (`subPathExpr`) each pod is taken to have its own. The claims of a StatefulSet's
 * templates are no volumes of its pods' template.
 */
export function isSharedByPods({ kind, mount }: Mount, workload: Workload): boolean {
  if (!SHARED_KINDS.has(kind) || mount.at('subPathExpr').exists) return false;
  if (workload.kind === 'DaemonSet') return kind !== 'hostPath';
  return OVERLAPPING.has(workload.kind) || wantsSeveral(workload);
}

/** Whether it says that several of its pods run at one time; false where something else, such as an autoscaler, may say it. */
export function wantsSeveral({ kind, object }: Workload): boolean {
  const wanted = kind === 'Job' ? 'parallelism' : 'replicas';
  return kind === 'DaemonSet' || (object.at('spec', wanted).number ?? 1) > 1;
}
