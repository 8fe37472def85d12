/**
 * A pod's whole life on real processes and real sockets, as the kubelet plays it (kubelet contract, sections 3 to 6): what
 * is started and stopped when, which hooks are sent, and what comes again after a restart of the kubelet.
 */
import type { Clock } from '../hooks/clock.ts';
import { type ContainerRuntime, createRuntime, type Instance } from './container-runtime.ts';
import { createHookCaller } from './hook-caller.ts';
import type { KubernetesVersion } from './kubelet-request.ts';
import type { PodEvent, PodHappening } from './pod-event.ts';
import type { KubeletTimes, PodSpec } from './pod-spec.ts';
import { type Deletion, type PodView, viewOf } from './pod-view.ts';
import type { Wish } from './pod-work.ts';
import { work } from './pod-worker.ts';
import { createKubelet, type KubeletOptions, type SimulatedKubelet } from './simulated-kubelet.ts';
import { createWake } from './wake.ts';

export interface SimulatedPodOptions {
  readonly spec: PodSpec;
  readonly times: KubeletTimes;
  readonly version: KubernetesVersion;
  readonly clock: Clock;
  readonly onEvent: (event: PodEvent) => void;
  /** Makes a kubelet's connections at each of its starts. Default: real ones, to 127.0.0.1. */
  readonly connect?: (options: KubeletOptions) => SimulatedKubelet;
  /** Told of what the API server knows whenever it may have changed; undefined once the object is gone. */
  readonly onView?: (view: PodView | undefined) => void;
}

export interface SimulatedPod {
  /** Starts a kubelet, which finds the pod as it is. Does nothing while one is there. */
  startKubelet(): void;
  /** Kills the kubelet: its connections end, the containers go on. */
  killKubelet(): void;
  /** Deletes the pod, with its own grace or another one, in ms. A second time only the API server takes note. */
  delete(graceMs?: number): void;
  /** `kubectl delete --force --grace-period=0`: the object is gone at once. */
  forceDelete(): void;
  /** The verdict of a liveness or startup probe about a container; `graceMs` is the probe's own, by default the pod's. */
  failProbe(container: string, graceMs?: number): void;
  /** The newest life of a container. */
  instance(container: string): Instance | undefined;
  /** What the API server knows of the pod; undefined once its object is gone. */
  view(): PodView | undefined;
  /** Resolves when every container has ended for good. */
  readonly ended: Promise<void>;
  /** Kills what still runs. */
  close(): Promise<void>;
}

/** What `--grace-period=0 --force` is to the kubelet, in ms. */
const FORCED_GRACE_MS = 1000;

export function createPod(options: SimulatedPodOptions): SimulatedPod {
  const { spec, times, version, clock, onEvent, onView, connect = createKubelet } = options;
  const tell = (happening: PodHappening) => onEvent({ ...happening, atMs: clock.epochMs() });
  const runtime: ContainerRuntime = createRuntime(clock, tell);
  const wake = createWake();
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const failed = new Map<string, number>();
  let wish: Wish = { kind: 'run' };
  let deletion: Deletion | undefined;
  let known = true;
  let published = viewOf(spec, runtime);
  let deliveries = 0;
  let living: { readonly kubelet: SimulatedKubelet; readonly death: AbortController } | undefined;

  const view = () => (known ? { ...published, deletion } : undefined);

  function startKubelet(): void {
    if (living !== undefined) return;
    const { name, namespace, uid } = spec;
    const kubelet = connect({ podIP: '127.0.0.1', version, clock, pod: { name, namespace, uid } });
    const death = new AbortController();
    const found = runtime.running().length > 0;
    living = { kubelet, death };
    tell({ type: 'kubeletStarted' });
    if (!known) wish = { kind: 'orphan' };
    const input = {
      spec,
      clock,
      runtime,
      kubelet,
      wake,
      tell,
      death: death.signal,
      times: found ? times : { ...times, kubeletStartMs: 0 },
      hooks: createHookCaller({ kubelet, tell, nextDelivery: () => ++deliveries }),
      wish: () => wish,
      failedProbes() {
        const taken = new Map(failed);
        failed.clear();
        return taken;
      },
      publish() {
        published = viewOf(spec, runtime);
        onView?.(view());
      },
    };
    void work(input).then((over) => {
      if (!over) return;
      tell({ type: 'podEnded' });
      resolve();
    });
  }

  function killKubelet(): void {
    if (living === undefined) return;
    tell({ type: 'kubeletKilled' });
    living.death.abort();
    living.kubelet.die();
    living = undefined;
    failed.clear();
  }

  function deleteWith(graceMs: number, forced: boolean): void {
    tell({ type: 'deleted', graceMs, forced });
    // A grace may be shortened in the API, never lengthened; the kubelet goes on with the first.
    if (deletion === undefined || graceMs < deletion.graceMs) {
      deletion = { graceMs, deadlineEpochMs: clock.epochMs() + graceMs };
    }
    onView?.(view());
    if (wish.kind === 'run') wish = { kind: 'terminate', graceMs };
    wake.ring();
  }

  return {
    startKubelet,
    killKubelet,
    ended,
    delete: (graceMs = spec.graceMs) => deleteWith(graceMs, false),
    forceDelete() {
      known = false;
      deleteWith(FORCED_GRACE_MS, true);
    },
    failProbe(container, graceMs = spec.graceMs) {
      failed.set(container, graceMs);
      wake.ring();
    },
    instance: runtime.newest,
    view,
    async close() {
      killKubelet();
      const running = runtime.running();
      for (const { child } of running) child.kill('SIGKILL');
      await Promise.all(running.map(({ child }) => child.exited));
    },
  };
}
