/** The sidecar of a walk: the core on a disk and the end of its service, without ports and without a process of its own. */
import { pino } from 'pino';
import { type Ending, endOnSignals } from '../../src/cli/ending.ts';
import type { Config } from '../../src/config/config.ts';
import type { Clock } from '../../src/hooks/clock.ts';
import { createDeliveries } from '../../src/hooks/deliveries.ts';
import type { Delivery } from '../../src/hooks/delivery.ts';
import type { Evidence } from '../../src/hooks/evidence.ts';
import { seeOnce } from '../../src/hooks/first-sight.ts';
import type { PodSource } from '../../src/hooks/pod-facts.ts';
import type { AttemptContext, AttemptResult, TaskAction } from '../../src/hooks/task.ts';
import { watchBy } from '../../src/kubernetes/app-watch.ts';
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
  /** For which life of the app those that the sidecar knows were first delivered; of all processes. */
  readonly lives: Map<string, number>;
}

export interface CoreSidecar {
  readonly child: Child;
  /** Whether its ports are open: it serves until it is about to end. */
  serves(): boolean;
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
  lives,
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
        const { id } = event.run.incarnation;
        const own = event.delivery.withoutHook ? (lives.get(id) ?? 0) : lifeOf(event.delivery);
        runLives.set(event.run.id, own);
        lives.set(id, own);
      }
    },
  });
  performers.set(clock, perform);

  async function perform({ task, run, signal }: AttemptContext): Promise<AttemptResult> {
    // What a dead process still promised to itself does not happen.
    if (!alive) return new Promise(() => {});
    const execution: Execution = {
      task,
      run,
      process,
      life: runLives.get(run) ?? 0,
      atMs: time.monotonicMs(),
      end: 'going',
    };
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

  const heard = new Map<string, () => void>();
  const about = { config: () => config, journal };
  const watch = watchBy(sees, about);
  const ending: Ending = endOnSignals({
    ...about,
    deliveries,
    clock,
    watch,
    logger: pino({ enabled: false }),
    signals: { on: (signal, listener) => heard.set(signal, listener) },
    reload: () => {},
    terminal: false,
  });
  const ends = new AbortController();
  void deliveries.reconcile();
  void seeOnce({ ...about, watch, clock, signal: ends.signal });

  function gone(): void {
    alive = false;
    die();
    journal.unplug();
  }

  const child = fakeChild((signal, exit: (how: Exit) => void) => {
    if (signal === 'SIGKILL') {
      gone();
      for (const execution of record.executions) {
        if (execution.process === process && execution.end === 'going') execution.end = 'lost';
      }
      exit({ code: null, signal });
      return;
    }
    const first = ending.current().state === 'serving';
    heard.get(signal)?.();
    if (!first) return;
    void ending.over.then(async (code) => {
      ends.abort();
      deliveries.close();
      await journal.commit();
      // The answers are on their way: they are out a moment later.
      clock.after(1, () => {
        gone();
        exit({ code, signal: null });
      });
    });
  });

  return {
    child,
    serves: () => ending.current().state !== 'stopping',
    async deliver(delivery, life) {
      const call: Call = { delivery, life, atMs: time.monotonicMs(), process, result: undefined, unheard: false };
      record.calls.push(call);
      call.result = await ending.deliver({ ...delivery, traceparent: `${LIFE}${life}` });
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
