import type { ContainerRuntime, Instance } from './container-runtime.ts';
import type { PodSpec } from './pod-spec.ts';

/** A container's status as the API server has it. */
export interface ContainerView {
  readonly name: string;
  readonly kind: 'regular' | 'native';
  readonly restartCount: number;
  /** `containerd://…`; empty before the first start is known. */
  readonly containerId: string;
  readonly state:
    | { readonly is: 'waiting' }
    | { readonly is: 'running'; readonly startedAtMs: number }
    | {
        readonly is: 'terminated';
        readonly startedAtMs: number;
        readonly finishedAtMs: number;
        readonly exitCode: number;
      };
}

/** A deletion as the API server keeps it. */
export interface Deletion {
  readonly graceMs: number;
  /** `deletionTimestamp`, on the wall clock. */
  readonly deadlineEpochMs: number;
}

/** What the API server knows of a pod: what the kubelet told it last, and its deletion. */
export interface PodView {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly deletion: Deletion | undefined;
  readonly containers: readonly ContainerView[];
}

/** The containers as they are now. The API server has the view of the last time that the kubelet looked (section 7). */
export function viewOf({ name, namespace, uid, containers }: PodSpec, runtime: ContainerRuntime): PodView {
  return {
    name,
    namespace,
    uid,
    deletion: undefined,
    containers: containers.map((container): ContainerView => {
      const instance = runtime.newest(container.name);
      const facts = { name: container.name, kind: container.kind };
      if (instance === undefined) return { ...facts, restartCount: 0, containerId: '', state: { is: 'waiting' } };
      const { restartCount } = instance;
      return { ...facts, restartCount, containerId: idOf(uid, instance), state: stateOf(instance) };
    }),
  };
}

function stateOf({ startedAtMs, end }: Instance): ContainerView['state'] {
  if (end === undefined) return { is: 'running', startedAtMs };
  return { is: 'terminated', startedAtMs, finishedAtMs: end.atMs, exitCode: end.exit.code ?? 137 };
}

/** As long as containerd's, and another for each life. */
function idOf(uid: string, { container, restartCount }: Instance): string {
  const hex = Buffer.from(`${restartCount} ${container} ${uid}`, 'utf8').toString('hex');
  return `containerd://${hex.padEnd(64, '0').slice(0, 64)}`;
}
