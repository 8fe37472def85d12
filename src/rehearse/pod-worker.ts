/**
 * One kubelet's work on one pod, from the kubelet's start to its death: it looks at what runs and what is wanted, does one
 * thing, and looks again. While a hook of a starting container runs, it does nothing else: so a deletion waits for a
 * postStart (kubelet contract, section 3).
 */
import { wait } from '../hooks/clock.ts';
import { killContainer } from './container-kill.ts';
import { type Instance, nameOf } from './container-runtime.ts';
import { type ContainerSpec, type KubeletTimes, LONGEST_BACK_OFF_MS } from './pod-spec.ts';
import { terminate } from './pod-termination.ts';
import type { WorkerInput } from './pod-work.ts';
import { untilProbed } from './startup-probe.ts';

type Cause = keyof KubeletTimes['restartMs'];
/** When a container may be started again, and how often it was. */
interface Restart {
  readonly count: number;
  readonly fromMs: number;
}

/** Works until every container has ended for good (true), or the kubelet dies (false). Never rejects. */
export async function work(input: WorkerInput): Promise<boolean> {
  const { spec, clock, times, runtime, death, wake, publish } = input;
  const restarts = new Map<string, Restart>();
  /** Why an instance ended, where it was the kubelet's doing. */
  const causes = new Map<Instance, Cause>();
  /** Instances whose end was seen and whose restart was planned. */
  const seen = new Set<Instance>();
  /** Native sidecars that were waited for: what is behind them may be started. */
  const ready = new Set<Instance>();

  /** Does the first thing that is to be done; how long to wait for a change when there is none, in ms. */
  async function step(): Promise<number | 'again' | 'over'> {
    const wish = input.wish();
    if (wish.kind !== 'run') {
      await terminate(input, wish, times.nativeSigtermMs);
      return 'over';
    }
    const failed = [...input.failedProbes()].flatMap(([container, graceMs]) => {
      const instance = runtime.newest(container);
      return instance === undefined || instance.end !== undefined ? [] : [{ instance, graceMs }];
    });
    for (const { instance, graceMs } of failed) {
      input.tell({ ...nameOf(instance), type: 'probeFailed' });
      await kill(instance, graceMs, 'probe');
    }
    if (failed.length > 0) return 'again';
    if (isComplete()) {
      await wait(clock, times.completionMs, death);
      await terminate(input, { kind: 'terminate', graceMs: spec.graceMs }, 0);
      return 'over';
    }
    let nextMs = Infinity;
    const begun = spec.containers.some(({ kind, name }) => kind === 'regular' && runtime.newest(name) !== undefined);
    for (const container of spec.containers) {
      const newest = runtime.newest(container.name);
      if (!begun && newest?.end === undefined && newest !== undefined && !ready.has(newest)) {
        await untilProbed(input, newest);
        ready.add(newest);
        return 'again';
      }
      if (!isWanted(container)) continue;
      const waitMs = planRestart(container) - clock.monotonicMs();
      if (waitMs <= 0) {
        await start(container);
        return 'again';
      }
      nextMs = Math.min(nextMs, waitMs);
      if (!begun) break;
    }
    return nextMs;
  }

  function isWanted({ name, kind }: ContainerSpec): boolean {
    const newest = runtime.newest(name);
    if (newest === undefined) return true;
    if (newest.end === undefined) return false;
    if (kind === 'native' || spec.restartPolicy === 'Always') return true;
    return spec.restartPolicy === 'OnFailure' && newest.end.exit.code !== 0;
  }

  /** Whether every regular container has run and none will be started again. */
  function isComplete(): boolean {
    const regular = spec.containers.filter(({ kind }) => kind === 'regular');
    return regular.every((container) => runtime.newest(container.name)?.end !== undefined && !isWanted(container));
  }

  /** The instant from which a container that does not run may be started. */
  function planRestart({ name }: ContainerSpec): number {
    const ended = runtime.newest(name);
    if (ended?.end !== undefined && !seen.has(ended)) {
      seen.add(ended);
      const count = (restarts.get(name)?.count ?? 0) + 1;
      const backOffMs = count === 1 ? 0 : Math.min(LONGEST_BACK_OFF_MS, times.backOffMs * 2 ** (count - 2));
      const sinceMs = clock.epochMs() - ended.end.atMs;
      const delayMs = Math.max(backOffMs, times.restartMs[causes.get(ended) ?? 'crash']) - sinceMs;
      restarts.set(name, { count, fromMs: clock.monotonicMs() + delayMs });
      if (backOffMs > 0) input.tell({ type: 'backOff', container: name, delayMs: backOffMs });
    }
    return restarts.get(name)?.fromMs ?? 0;
  }

  async function start(container: ContainerSpec): Promise<void> {
    publish();
    const instance = runtime.start(container);
    void instance.child.exited.then(wake.ring);
    if (container.postStart !== undefined) {
      if (!(await wait(clock, times.postStartMs, death))) return;
      const result = await input.hooks.call(instance, 'postStart', container.postStart, 0);
      if (result.kind === 'failure') await kill(instance, spec.graceMs, 'postStart');
    }
    if (container.kind === 'regular') await wait(clock, times.nextContainerMs, death);
    publish();
  }

  async function kill(instance: Instance, graceMs: number, cause: Cause): Promise<void> {
    causes.set(instance, cause);
    await killContainer(input, { instance, graceMs });
  }

  for (const instance of runtime.running()) void instance.child.exited.then(wake.ring);
  await wait(clock, times.kubeletStartMs, death);
  while (!death.aborted) {
    const next = await step();
    if (next === 'over') return !death.aborted;
    publish();
    if (next !== 'again') await wake.heard(clock, next, death);
  }
  return false;
}
