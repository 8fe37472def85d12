/** What the API server says of the own pod: the port that `src/kubernetes` implements. It may know nothing, at any time (P7). */

/** One container, init containers (native sidecars) included, as the pod's status has it. */
export interface ContainerFacts {
  /** With its runtime's prefix: `containerd://…`. Undefined before its first start is known. */
  readonly containerId: string | undefined;
  readonly restartCount: number;
  readonly state: 'waiting' | 'running' | 'terminated' | 'unknown';
  /** When the running or terminated instance was started, on the wall clock, whole seconds; undefined when not told. */
  readonly startedAtMs: number | undefined;
}

export interface PodFacts {
  readonly uid: string;
  /** `deletionTimestamp` (the deletion plus its grace) and `deletionGracePeriodSeconds`; undefined: nobody has deleted the pod. */
  readonly deletion: { readonly deadlineEpochMs: number; readonly graceMs: number } | undefined;
  readonly containers: ReadonlyMap<string, ContainerFacts>;
}

export type PodReading =
  | { readonly kind: 'read'; readonly pod: PodFacts }
  /** Another pod has the name now: ours was deleted by force (kubelet contract, section 4). */
  | { readonly kind: 'gone'; readonly reason: string }
  /** `passing`: the API server was too slow, or not to be reached, or ill, and may answer when it is asked again. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly passing?: true };

export interface PodSource {
  /** Reads the own pod once. Never rejects; bounded by itself to a few hundred ms, and by the signal. */
  read(signal: AbortSignal): Promise<PodReading>;
}
