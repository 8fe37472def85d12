/** The sidecar of a walk: the core on a disk, without ports and without a process of its own. */
import type { Config } from '../../src/config/config.ts';
import type { Clock } from '../../src/hooks/clock.ts';
import { createDeliveries } from '../../src/hooks/deliveries.ts';
import type { Delivery } from '../../src/hooks/delivery.ts';
import type { Evidence } from '../../src/hooks/evidence.ts';
import type { PodSource } from '../../src/hooks/pod-facts.ts';
import type { AttemptContext, AttemptResult, TaskAction } from '../../src/hooks/task.ts';
import type { Child, Exit } from '../../src/rehearse/child.ts';
import type { Disk } from './disk.ts';
import { fakeChild } from './fake-child.ts';
import { mortal } from './virtual-clock.ts';
import { performers } from './walk-config.ts';
import type { Call, Execution, WalkRecord } from './walk-record.ts';

/** How a task goes: after so long it succeeds or fails; `hang`: it goes on until it is told to stop. */
export type Behaviour = { readonly end: 'succeed' | 'fail'; readonly ms: number } | { readonly end: 'hang' };

export interface CoreSidecarInput {
  readonly config: Config<TaskAction>;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly record: WalkRecord;
  /** Counts the processes from 1. */
  readonly process: number;
  readonly nextBehaviour: () => Behaviour;
  readonly sees: Evidence & PodSource;
}

export interface CoreSidecar {
  readonly child: Child;
  /** Delivers; resolves with the call when it has its result, never when the process dies before. */
  deliver(delivery: Delivery, life: number): Promise<Call>;
}

export function startCoreSidecar({
  config,
  clock: time,
  disk,
  record,
  process,
  nextBehaviour,
  sees,
}: CoreSidecarInput): CoreSidecar {
  const { clock, die } = mortal(time);
  const journal = disk.mount(clock);
  let alive = true;
  /** Which life each run was claimed for. */
  const runLives = new Map<string, number>();
  const deliveries = createDeliveries({
    config: () => config,
    journal,
    clock,
    instance: `p${process}`,
    random: () => 0.5,
    pod: sees,
    evidence: sees,
    emit(event) {
      if (!alive) return;
      record.told.push({ ...event, toldAtMs: time.monotonicMs(), process });
      if (event.type === 'delivered' && (event.served === 'executed' || event.served === 'resumed')) {
        runLives.set(event.run.id, lifeOf(event.delivery));
      }
    },
  });
  performers.set(clock, perform);

  async function perform({ task, run, signal }: AttemptContext): Promise<AttemptResult> {
    // What a dead process still promised to itself does not happen.
    if (!alive) return new Promise(() => {});
    const life = runLives.get(run) ?? 0;
    const execution: Execution = { task, run, process, life, atMs: time.monotonicMs(), end: 'going' };
    const finished = disk
      .runs()
      .find(
        (known) =>
          known.id === run &&
          known.tasks.some((each) => each.name === task && each.state === 'ended' && each.outcome === 'succeeded'),
      );
    if (finished !== undefined)
      record.broken.push(`P1: ${task} of ${run} is executed again after its success was journaled`);
    record.executions.push(execution);
    const behaviour = nextBehaviour();
    const { promise, resolve } = Promise.withResolvers<AttemptResult>();
    const done = (end: Execution['end'], result: AttemptResult) => {
      if (execution.end !== 'going') return;
      execution.end = end;
      resolve(result);
    };
    signal.addEventListener('abort', () =>
      done('stopped', { outcome: 'failed', reason: 'was told to stop', retryable: false }),
    );
    if (behaviour.end !== 'hang') {
      clock.after(behaviour.ms, () =>
        behaviour.end === 'succeed'
          ? done('succeeded', { outcome: 'succeeded' })
          : done('failed', { outcome: 'failed', reason: 'did not go well', retryable: false }),
      );
    }
    return promise;
  }

  const child = fakeChild((signal, exit: (how: Exit) => void) => {
    if (signal === 'SIGKILL') {
      alive = false;
      die();
      journal.unplug();
      for (const execution of record.executions) {
        if (execution.process === process && execution.end === 'going') execution.end = 'lost';
      }
      exit({ code: null, signal });
      return;
    }
    deliveries.sigterm();
    void deliveries.idle().then(() => {
      // The answers are on their way: they are out a moment later.
      clock.after(1, () => exit({ code: 0, signal: null }));
    });
  });

  return {
    child,
    async deliver(delivery, life) {
      const call: Call = { delivery, life, atMs: time.monotonicMs(), process, result: undefined, unheard: false };
      record.calls.push(call);
      call.result = await deliveries.deliver({ ...delivery, traceparent: `${LIFE}${life}` });
      call.unheard = delivery.gone?.aborted === true;
      return call;
    },
  };
}

/** Carries the truth through the core, which makes nothing of it, as it is no well-formed trace. */
const LIFE = 'life ';

function lifeOf({ traceparent }: Delivery): number {
  return Number(traceparent?.slice(LIFE.length));
}
