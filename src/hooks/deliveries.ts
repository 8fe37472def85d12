/**
 * The one place where deliveries become runs. What a delivery does is decided and claimed in one go, without waiting for
 * anything in between, so that a thousand at once get one run (P1).
 */
import type { Config, HookConfig } from '../config/config.ts';
import type { Incarnation, Journal, RunRecord } from '../journal/entry.ts';
import type { Clock } from './clock.ts';
import { createDeadline } from './deadline.ts';
import { type Decision, decide } from './decide.ts';
import type { Deliveries, Delivery, DeliveryKind, Result } from './delivery.ts';
import type { Emit } from './event.ts';
import { identify } from './incarnation.ts';
import type { PodSource } from './pod-facts.ts';
import { type EndedRun, executeRun, type RunningRun, tasksFor } from './run.ts';
import { graceNote, graceOf, headerGrace } from './run-grace.ts';
import { messageOf } from './sentence.ts';
import { createStopFacts, type StopFacts, UNKNOWN_STOP } from './stop-facts.ts';
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
  readonly hook: Delivery['hook'];
  readonly facts: StopFacts;
  /** Resolves with the ended run, or undefined when it was broken off. Never rejects. */
  readonly ended: Promise<EndedRun | undefined>;
}

/** Serves deliveries from a journal. */
export function createDeliveries(input: DeliveriesInput): Deliveries {
  const { journal, clock, emit, instance, random } = input;
  const live = new Map<string, LiveRun>();
  const breakOff = new AbortController();
  let toldToStop = false;

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
        return execute(run, hookConfig, served, delivery, config);
      }
    }
  }

  async function replay(run: EndedRun, delivery: Delivery, incarnation: Incarnation): Promise<Result> {
    const replayed = { ...run, ...seenAgain(run, delivery) };
    journal.put(replayed);
    emit({ type: 'delivered', delivery, served: 'replayed', run: replayed, why: incarnation.why });
    // Its end may still be on its way to the disk, and is told to nobody before.
    await live.get(run.id)?.ended;
    return { kind: 'ended', delivery: 'replayed', run: replayed, notes: notes(replayed, delivery) };
  }

  async function join(run: RunningRun, delivery: Delivery, incarnation: Incarnation): Promise<Result> {
    const joined = { ...run, ...seenAgain(run, delivery) };
    journal.put(joined);
    emit({ type: 'delivered', delivery, served: 'joined', run: joined, why: incarnation.why });
    const executing = live.get(run.id);
    // Only the kubelet's own redelivery brings a fresh grace; a postStart has none that could be fresh.
    const fresh = delivery.caller === 'kubelet' && delivery.hook === 'preStop';
    if (fresh) executing?.facts.delivered(delivery);
    return answer(await executing?.ended, 'joined', delivery);
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
      deadline: graceOf(delivery.hook, hookConfig, config.grace, { headerMs: headerOf(delivery).graceMs }),
      ...(delivery.hook === 'preStop' ? { stop: earlier?.stop ?? UNKNOWN_STOP } : {}),
      tasks: tasksFor(hookConfig, earlier?.tasks ?? []),
    };
  }

  async function execute(
    run: RunningRun,
    hookConfig: HookConfig<TaskAction>,
    served: 'executed' | 'resumed',
    delivery: Delivery,
    config: Config<TaskAction>,
  ): Promise<Result> {
    const deadline = createDeadline(clock, run.deadline.graceMs - run.deadline.reserveMs);
    const known = () => journal.runsOf(run.container).findLast(({ id }) => id === run.id);
    const current = (): RunningRun => {
      const now = known();
      return now?.state === 'running' ? now : run;
    };
    const { graceMs: headerMs, ignored } = headerOf(delivery);
    if (ignored !== undefined) emit({ type: 'graceIgnored', run, reason: ignored });
    emit({
      type: 'runStarted',
      run,
      resumed: served === 'resumed',
      remainingMs: deadline.remainingMs(),
      deadlineEpochMs: deadline.epochMs(),
    });
    const over = new AbortController();
    const facts = createStopFacts({
      clock,
      emit,
      deadline,
      pod: run.hook === 'preStop' ? input.pod : undefined,
      current: () => (known()?.state === 'running' ? known() : undefined),
      put: journal.put,
      graceWith: (apiMs) => graceOf(run.hook, hookConfig, config.grace, { headerMs, apiMs }),
      signal: over.signal,
    });
    facts.delivered(delivery);
    if (toldToStop && run.hook === 'preStop') facts.sigterm();
    const ended = executeRun({
      ...input,
      config: hookConfig,
      current,
      deadline,
      signal: breakOff.signal,
      ready: facts.asked,
      reasonSettled: facts.reasonSettled,
    })
      .catch((error: unknown) => {
        emit({ type: 'runBug', run: current(), error });
        return undefined;
      })
      .finally(() => {
        over.abort();
        live.delete(run.id);
      });
    live.set(run.id, { hook: run.hook, facts, ended });
    const end = await ended;
    if (end !== undefined) emit({ type: 'runEnded', run: end });
    return answer(end, served, delivery);
  }

  function answer(run: EndedRun | undefined, served: DeliveryKind, delivery: Delivery): Result {
    if (run === undefined)
      return {
        kind: 'refused',
        reason: `the run was broken off, ${breakOff.signal.aborted ? messageOf(breakOff.signal.reason) : 'by a bug of hookkeeper'}`,
      };
    return { kind: 'ended', delivery: served, run, notes: notes(run, delivery) };
  }

  function notes(run: RunRecord, delivery: Delivery): string[] {
    const durability = journal.durability();
    const degraded = durability.state === 'durable' ? undefined : durability.reason;
    return [
      degraded === undefined ? undefined : `the journal is kept in memory only, ${degraded}`,
      graceNote(run.deadline),
      headerOf(delivery).ignored,
    ].filter((note) => note !== undefined);
  }

  function refuse(delivery: Delivery, reason: string): Result {
    emit({ type: 'deliveryRefused', delivery, reason });
    return { kind: 'refused', reason };
  }

  return {
    deliver: (delivery) =>
      deliver(delivery).catch((error: unknown) => refuse(delivery, `hookkeeper has a bug, ${messageOf(error)}`)),
    sigterm() {
      toldToStop = true;
      for (const { hook, facts } of live.values()) if (hook === 'preStop') facts.sigterm();
    },
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

function headerOf({ hook, grace }: Delivery) {
  return headerGrace(hook, grace);
}

function seenAgain(run: RunRecord, delivery: Delivery): { lastDeliveryAtMs: number; deliveries: number } {
  return { lastDeliveryAtMs: delivery.atMs, deliveries: run.deliveries + 1 };
}
