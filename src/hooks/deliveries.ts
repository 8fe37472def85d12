/**
 * The one place where deliveries become runs. What a delivery does is decided and claimed in one go, without waiting for
 * anything in between, so that a thousand at once get one run (P1).
 */
import type { Config, HookConfig } from '../config/config.ts';
import type { Incarnation, Journal, RunRecord } from '../journal/entry.ts';
import type { Clock } from './clock.ts';
import { createDeadline, type Deadline, graceOf } from './deadline.ts';
import { type Decision, decide } from './decide.ts';
import type { Deliveries, Delivery, DeliveryKind, Result } from './delivery.ts';
import type { Emit } from './event.ts';
import { identify } from './incarnation.ts';
import type { PodSource } from './pod-facts.ts';
import { type EndedRun, executeRun, type RunningRun, tasksFor } from './run.ts';
import { messageOf } from './sentence.ts';
import { Stop, type TaskAction } from './task.ts';
import { nextSpan } from './trace.ts';
import { withoutHook } from './without-hook.ts';

export interface DeliveriesInput {
  /** The config of now; a run keeps the one it started with. */
  config(): Config<TaskAction>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Names this process in its claims; another for each start. */
  readonly instance: string;
  /** What the own pod looks like now, as far as the API server may be asked. */
  readonly pod: PodSource;
  /** From 0 to 1, as `Math.random`: for the IDs of traces. */
  readonly random: () => number;
}

/** A run that is being executed by this process. */
interface LiveRun {
  readonly deadline: Deadline;
  readonly workMs: number;
  /** Resolves with the ended run, or undefined when it was broken off. Never rejects. */
  readonly ended: Promise<EndedRun | undefined>;
}

/** A deadline that moved by less is not worth a line in the log: duplicates come within milliseconds. */
const MOVE_WORTH_SAYING_MS = 1000;

/** Serves deliveries from a journal. */
export function createDeliveries(input: DeliveriesInput): Deliveries {
  const { journal, clock, emit, instance, random } = input;
  const live = new Map<string, LiveRun>();
  const breakOff = new AbortController();

  async function deliver(delivery: Delivery): Promise<Result> {
    const config = input.config();
    const container = config.containers.get(delivery.container);
    const whole = delivery.hook === 'preStop' ? container?.preStop : container?.postStart;
    if (container === undefined || whole === undefined) {
      return refuse(delivery, `container ${delivery.container} has no ${delivery.hook} hook in the config`);
    }
    const hookConfig = delivery.withoutHook === true ? withoutHook(whole) : whole;
    if (breakOff.signal.aborted) return refuse(delivery, 'hookkeeper is being stopped');
    const runs = journal.runsOf(delivery.container);
    const incarnation = identify(delivery, runs, {
      postStartOpensLives: container.postStart !== undefined,
      dedupeWindowMs: container.postStart?.dedupeWindowMs ?? 0,
      graceMs: config.grace.periodMs,
      nextSequence: journal.nextSequence(),
    });
    const { onRedelivery } = hookConfig;
    const decision = decide({
      hook: delivery.hook,
      incarnation,
      runs,
      onRedelivery,
      executes: ({ id }) => live.has(id),
    });
    return carryOut(decision, delivery, incarnation, config, hookConfig);
  }

  function carryOut(
    decision: Decision,
    delivery: Delivery,
    incarnation: Incarnation,
    config: Config<TaskAction>,
    hookConfig: HookConfig<TaskAction>,
  ): Result | Promise<Result> {
    switch (decision.do) {
      case 'refuse':
        return refuse(delivery, decision.reason);
      case 'replay':
        return replay(decision.run, delivery, incarnation);
      case 'join':
        return join(decision.run, delivery, incarnation);
      case 'run':
      case 'resume': {
        const earlier = decision.do === 'resume' ? decision.run : undefined;
        const run = claim(delivery, incarnation, config, hookConfig, earlier);
        const served = earlier === undefined ? 'executed' : 'resumed';
        journal.put(run);
        emit({ type: 'delivered', delivery, served, run, why: incarnation.why });
        return execute(run, hookConfig, served);
      }
    }
  }

  async function replay(run: EndedRun, delivery: Delivery, incarnation: Incarnation): Promise<Result> {
    const replayed = { ...run, ...seenAgain(run, delivery) };
    journal.put(replayed);
    emit({ type: 'delivered', delivery, served: 'replayed', run: replayed, why: incarnation.why });
    // Its end may still be on its way to the disk, and is told to nobody before.
    await live.get(run.id)?.ended;
    return { kind: 'ended', delivery: 'replayed', run: replayed, notes: notes() };
  }

  async function join(run: RunningRun, delivery: Delivery, incarnation: Incarnation): Promise<Result> {
    const joined = { ...run, ...seenAgain(run, delivery) };
    journal.put(joined);
    emit({ type: 'delivered', delivery, served: 'joined', run: joined, why: incarnation.why });
    const executing = live.get(run.id);
    // Only the kubelet's own redelivery brings a fresh grace; a postStart has none that could be fresh.
    const fresh = delivery.caller === 'kubelet' && delivery.hook === 'preStop';
    if (executing !== undefined && fresh) moveDeadline(joined, executing);
    return answer(await executing?.ended, 'joined');
  }

  function moveDeadline(run: RunningRun, { deadline, workMs }: LiveRun): void {
    if (deadline.extend(workMs) < MOVE_WORTH_SAYING_MS) return;
    emit({ type: 'deadlineMoved', run, remainingMs: deadline.remainingMs(), deadlineEpochMs: deadline.epochMs() });
  }

  function claim(
    delivery: Delivery,
    incarnation: Incarnation,
    config: Config<TaskAction>,
    hookConfig: HookConfig<TaskAction>,
    earlier: RunRecord | undefined,
  ): RunningRun {
    const sequence = earlier?.sequence ?? journal.nextSequence();
    return {
      state: 'running',
      instance,
      id: earlier?.id ?? `${instance}-${sequence}`,
      sequence,
      hook: delivery.hook,
      container: delivery.container,
      incarnation: earlier?.incarnation ?? incarnation,
      configDigest: config.digest,
      traceparent: nextSpan(earlier?.traceparent ?? delivery.traceparent, random),
      firstDeliveryAtMs: earlier?.firstDeliveryAtMs ?? delivery.atMs,
      lastDeliveryAtMs: delivery.atMs,
      deliveries: (earlier?.deliveries ?? 0) + 1,
      deadline: graceOf(delivery.hook, hookConfig, config.grace),
      tasks: tasksFor(hookConfig, earlier?.tasks ?? []),
    };
  }

  async function execute(
    run: RunningRun,
    hookConfig: HookConfig<TaskAction>,
    served: 'executed' | 'resumed',
  ): Promise<Result> {
    const workMs = run.deadline.graceMs - run.deadline.reserveMs;
    const deadline = createDeadline(clock, workMs);
    const current = (): RunningRun => {
      const known = journal.runsOf(run.container).findLast(({ id }) => id === run.id);
      return known?.state === 'running' ? known : run;
    };
    emit({
      type: 'runStarted',
      run,
      resumed: served === 'resumed',
      remainingMs: deadline.remainingMs(),
      deadlineEpochMs: deadline.epochMs(),
    });
    const ended = executeRun({ ...input, config: hookConfig, current, deadline, signal: breakOff.signal })
      .catch((error: unknown) => {
        emit({ type: 'runBug', run: current(), error });
        return undefined;
      })
      .finally(() => live.delete(run.id));
    live.set(run.id, { deadline, workMs, ended });
    const end = await ended;
    if (end !== undefined) emit({ type: 'runEnded', run: end });
    return answer(end, served);
  }

  function answer(run: EndedRun | undefined, delivery: DeliveryKind): Result {
    if (run === undefined)
      return {
        kind: 'refused',
        reason: `the run was broken off, ${breakOff.signal.aborted ? messageOf(breakOff.signal.reason) : 'by a bug of hookkeeper'}`,
      };
    return { kind: 'ended', delivery, run, notes: notes() };
  }

  function notes(): string[] {
    const durability = journal.durability();
    return durability.state === 'durable' ? [] : [`the journal is kept in memory only, ${durability.reason}`];
  }

  function refuse(delivery: Delivery, reason: string): Result {
    emit({ type: 'deliveryRefused', delivery, reason });
    return { kind: 'refused', reason };
  }

  return {
    deliver: (delivery) =>
      deliver(delivery).catch((error: unknown) => refuse(delivery, `hookkeeper has a bug, ${messageOf(error)}`)),
    active: () => live.size,
    async idle() {
      while (live.size > 0) await Promise.all([...live.values()].map(({ ended }) => ended));
    },
    async abort(reason) {
      breakOff.abort(new Stop(reason, true));
      await Promise.all([...live.values()].map(({ ended }) => ended));
    },
  };
}

function seenAgain(run: RunRecord, delivery: Delivery): { lastDeliveryAtMs: number; deliveries: number } {
  return { lastDeliveryAtMs: delivery.atMs, deliveries: run.deliveries + 1 };
}
