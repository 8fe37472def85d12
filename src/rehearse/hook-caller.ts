import type { HookName } from '../config/config.ts';
import { type Instance, nameOf } from './container-runtime.ts';
import type { HttpGetAction } from './kubelet-request.ts';
import type { PodHappening } from './pod-event.ts';
import type { HookResult, SimulatedKubelet } from './simulated-kubelet.ts';

/** Calls hooks for instances of one pod, and tells of each call. */
export interface HookCaller {
  call(instance: Instance, hook: HookName, httpGet: HttpGetAction, graceMs: number): Promise<HookResult>;
}

export interface HookCallerInput {
  readonly kubelet: SimulatedKubelet;
  /** The number of the pod's next hook call. */
  readonly nextDelivery: () => number;
  readonly tell: (happening: PodHappening) => void;
}

export function createHookCaller({ kubelet, nextDelivery, tell }: HookCallerInput): HookCaller {
  return {
    async call(instance, hook, httpGet, graceMs) {
      const delivery = nextDelivery();
      const { container } = instance;
      tell({ ...nameOf(instance), type: 'hookSent', hook, delivery });
      const result = await kubelet.runHook(
        hook === 'postStart' ? { hook, container, httpGet } : { hook, container, httpGet, graceMs },
      );
      tell({ ...nameOf(instance), type: 'hookEnded', delivery, result });
      return result;
    },
  };
}
