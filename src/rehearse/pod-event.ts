import type { HookName } from '../config/config.ts';
import type { Exit } from './child.ts';
import type { HookResult } from './simulated-kubelet.ts';

/** One life of a container: its name, and how often it was restarted before. */
export interface InstanceName {
  readonly container: string;
  readonly restartCount: number;
}

/** What happens in a pod's life, without its instant. */
export type PodHappening =
  | (InstanceName & { readonly type: 'containerStarted'; readonly pid: number | undefined })
  | (InstanceName & { readonly type: 'containerEnded'; readonly exit: Exit })
  /** `delivery` counts the hook calls of the pod, from 1. */
  | (InstanceName & { readonly type: 'hookSent'; readonly hook: HookName; readonly delivery: number })
  | (InstanceName & { readonly type: 'hookEnded'; readonly delivery: number; readonly result: HookResult })
  /** `graceMs`: until SIGKILL, 0 for SIGKILL itself. */
  | (InstanceName & { readonly type: 'signalSent'; readonly signal: 'SIGTERM' | 'SIGKILL'; readonly graceMs: number })
  | (InstanceName & { readonly type: 'startupProbeSucceeded' })
  /** The verdict of a liveness or startup probe: the container is restarted in place. */
  | (InstanceName & { readonly type: 'probeFailed' })
  | { readonly type: 'backOff'; readonly container: string; readonly delayMs: number }
  | { readonly type: 'deleted'; readonly graceMs: number; readonly forced: boolean }
  | { readonly type: 'kubeletKilled' }
  | { readonly type: 'kubeletStarted' }
  /** Every container has ended for good. */
  | { readonly type: 'podEnded' };

/** What happened, and when on the wall clock. */
export type PodEvent = PodHappening & { readonly atMs: number };
