import type { Child } from './child.ts';
import type { HttpGetAction } from './kubelet-request.ts';

/** A native sidecar is an init container with `restartPolicy: Always`; a regular one is a container like the app's. */
export type SidecarKind = 'regular' | 'native';

/** A container, as a manifest has it. */
export interface ContainerSpec {
  readonly name: string;
  readonly kind: SidecarKind;
  /** Starts its process; called again for each restart. */
  readonly run: () => Child;
  readonly postStart?: HttpGetAction;
  readonly preStop?: HttpGetAction;
  /** What comes after this container is created once it has succeeded. Heeded for native sidecars. */
  readonly startupProbe?: { readonly httpGet: HttpGetAction; readonly periodMs: number };
}

export interface PodSpec {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** `terminationGracePeriodSeconds`, in ms. */
  readonly graceMs: number;
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
  /** In the order in which they are started: native sidecars first. */
  readonly containers: readonly ContainerSpec[];
}

/** How long things take between a kubelet's decisions, in ms. */
export interface KubeletTimes {
  /** From the start of the app's process to its postStart. */
  readonly postStartMs: number;
  /** From the start of one regular container to the creation of the next. */
  readonly nextContainerMs: number;
  /** From the deletion to the kill of the containers. */
  readonly deletionMs: number;
  /** From the failure of a postStart, or the verdict of a probe, to the preStop. */
  readonly preStopMs: number;
  /** From the answer of a preStop to SIGTERM. */
  readonly sigtermMs: number;
  /** From the preStops of a pod to the SIGTERM of its containers without one; negative: before them. */
  readonly sigtermRaceMs: number;
  /** From the end of the last app container to a native sidecar's SIGTERM. */
  readonly nativeSigtermMs: number;
  /** The same where the app has completed by itself. */
  readonly completionMs: number;
  /** From an exit to the first restart. */
  readonly restartMs: { readonly crash: number; readonly probe: number; readonly postStart: number };
  /** Before the second restart; doubles with each further one. */
  readonly backOffMs: number;
  /** From the start of a kubelet to its first decision about a pod that it finds. */
  readonly kubeletStartMs: number;
}

/** As measured (kubelet contract, sections 3 to 6). The race is drawn from -4.8 to 20.6 ms there. */
export const MEASURED_TIMES: KubeletTimes = {
  postStartMs: 12,
  nextContainerMs: 55,
  deletionMs: 20,
  preStopMs: 9,
  sigtermMs: 10,
  sigtermRaceMs: 8,
  nativeSigtermMs: 56,
  completionMs: 420,
  restartMs: { crash: 358, probe: 218, postStart: 1088 },
  backOffMs: 10_000,
  kubeletStartMs: 1300,
};

/** The kubelet's longest back-off, in ms. */
export const LONGEST_BACK_OFF_MS = 300_000;
