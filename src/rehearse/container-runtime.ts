import { type Clock, wait } from '../hooks/clock.ts';
import type { Child, Exit } from './child.ts';
import type { InstanceName, PodHappening } from './pod-event.ts';
import type { ContainerSpec } from './pod-spec.ts';

/** One life of a container, as the runtime knows it: it goes on whatever becomes of the kubelet. */
export interface Instance extends InstanceName {
  readonly spec: ContainerSpec;
  readonly child: Child;
  readonly startedAtMs: number;
  /** How and when it ended; undefined while it runs. */
  end: { readonly exit: Exit; readonly atMs: number } | undefined;
  /** A stop is signalled once, however often it is asked for (kubelet contract, section 4). */
  signalled: boolean;
}

/** The container runtime: starts and stops processes, and remembers the newest of each container. */
export interface ContainerRuntime {
  start(spec: ContainerSpec): Instance;
  /** SIGTERM, and SIGKILL after the grace; resolves with its end. Given up when `signal` aborts, as a call of the kubelet is. */
  stop(instance: Instance, graceMs: number, signal: AbortSignal): Promise<void>;
  /** The newest instance of a container. */
  newest(container: string): Instance | undefined;
  running(): Instance[];
}

export function createRuntime(clock: Clock, tell: (happening: PodHappening) => void): ContainerRuntime {
  const instances = new Map<string, Instance>();
  const running = () => [...instances.values()].filter(({ end }) => end === undefined);

  function start(spec: ContainerSpec): Instance {
    const before = instances.get(spec.name);
    const child = spec.run();
    const instance: Instance = {
      container: spec.name,
      restartCount: before === undefined ? 0 : before.restartCount + 1,
      spec,
      child,
      startedAtMs: clock.epochMs(),
      end: undefined,
      signalled: false,
    };
    instances.set(spec.name, instance);
    tell({ ...nameOf(instance), type: 'containerStarted', pid: child.pid });
    void child.exited.then((exit) => {
      instance.end = { exit, atMs: clock.epochMs() };
      tell({ ...nameOf(instance), type: 'containerEnded', exit });
    });
    return instance;
  }

  async function stop(instance: Instance, graceMs: number, signal: AbortSignal): Promise<void> {
    if (instance.end !== undefined || signal.aborted) return;
    if (!instance.signalled) send(instance, 'SIGTERM', graceMs);
    instance.signalled = true;
    const over = new AbortController();
    const late = wait(clock, graceMs, AbortSignal.any([signal, over.signal]));
    await Promise.race([instance.child.exited, late]);
    over.abort();
    if (instance.end !== undefined || !(await late)) return;
    send(instance, 'SIGKILL', 0);
    await instance.child.exited;
  }

  function send(instance: Instance, signal: 'SIGTERM' | 'SIGKILL', graceMs: number): void {
    tell({ ...nameOf(instance), type: 'signalSent', signal, graceMs });
    instance.child.kill(signal);
  }

  return { start, stop, newest: (container) => instances.get(container), running };
}

/** The name of an instance alone, for an event. */
export function nameOf({ container, restartCount }: InstanceName): InstanceName {
  return { container, restartCount };
}
