import { type ManifestDocument, type Part, rootOf } from './part.ts';

/** Something that has pods: the kinds that `check` knows. */
export interface Workload {
  /** As Kubernetes names it, such as `Deployment`. */
  readonly kind: string;
  readonly name: string;
  /** Undefined where the manifest leaves it to the one who applies it. */
  readonly namespace: string | undefined;
  /** The whole object. */
  readonly object: Part;
  /** The pod, or the template of its pods: what has `metadata` and `spec`. */
  readonly pod: Part;
}

/** Where each kind has its pod. */
const POD_AT: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  PodTemplate: ['template'],
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  // Of Argo Rollouts: it stands for a Deployment, or refers to one, which has the template then.
  Rollout: ['spec', 'template'],
};

/** The kinds that are looked at, for people. */
export const WORKLOAD_KINDS: readonly string[] = Object.keys(POD_AT);

/** The objects of documents; those of a `List` one by one, also of lists in lists. */
export function objectsOf(documents: readonly ManifestDocument[]): Part[] {
  const flat = (object: Part): Part[] => {
    const items = object.at('items');
    const isList = object.at('kind').written.endsWith('List') && Array.isArray(items.value);
    return isList ? items.items().flatMap(flat) : [object];
  };
  return documents.flatMap((document) => flat(rootOf(document)));
}

/** The object as a workload; undefined for one of another kind. */
export function workloadOf(object: Part): Workload | undefined {
  const kind = object.at('kind').text ?? '';
  const path = Object.hasOwn(POD_AT, kind) ? POD_AT[kind] : undefined;
  if (path === undefined) return undefined;
  const metadata = object.at('metadata');
  const name = metadata.at('name').text ?? metadata.at('generateName').text ?? '(no name)';
  return { kind, name, namespace: metadata.at('namespace').text, object, pod: object.at(...path) };
}
