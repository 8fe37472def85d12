/**
 * The one place where deliveries become runs. What a delivery does is decided and claimed in one go, without waiting for
 * anything in between, so that a thousand at once get one run (P1).
 */
import type { Config, HookConfig } from '../config/config.ts';
import type { Incarnation, RunRecord } from '../journal/entry.ts';
import { type Decision, decide } from './decide.ts';
import type { Deliveries, Delivery, DeliveryKind, Result } from './delivery.ts';
import { identify } from './incarnation.ts';
import { type Claimed, createLiveRuns, type LiveRunsInput } from './live-runs.ts';
import { type EndedRun, type RunningRun, tasksFor } from './run.ts';
import { graceNote, graceOf, headerGrace } from './run-grace.ts';
import { messageOf } from './sentence.ts';
import { UNKNOWN_STOP } from './stop-facts.ts';
import type { TaskAction } from './task.ts';
import { nextSpan } from './trace.ts';
import { withoutHook } from './without-hook.ts';

export interface DeliveriesInput extends LiveRunsInput {
  /** The config of now; a run keeps the one it started with. */
  config(): Config<TaskAction>;
  /** Names this process in its claims; another for each start. */
  readonly instance: string;
}

/** Serves deliveries from a journal. */
export function createDeliveries(input: DeliveriesInput): Deliveries {
  const { journal, emit, instance, random } = input;
  const live = createLiveRuns(input);

  async function deliver(delivery: Delivery): Promise<Result> {
    const config = input.config();
    const container = config.containers.get(delivery.container);
    const whole = delivery.hook === 'preStop' ? container?.preStop : container?.postStart;
    if (container === undefined || whole === undefined) {
      return refuse(delivery, `container ${delivery.container} has no ${delivery.hook} hook in the config`);
    }
    const hookConfig = delivery.withoutHook === true ? withoutHook(whole) : whole;
    if (live.brokenOff.aborted) return refuse(delivery, 'hookkeeper is being stopped');
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
      executes: ({ id }) => live.get(id) !== undefined,
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
        const resumed = earlier !== undefined;
        journal.put(run);
        emit({ type: 'delivered', delivery, served: resumed ? 'resumed' : 'executed', run, why: incarnation.why });
        return execute({ run, resumed, delivery, config, hookConfig });
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

  async function execute(claimed: Claimed): Promise<Result> {
    const end = await live.start(claimed).ended;
    if (end !== undefined) emit({ type: 'runEnded', run: end });
    return answer(end, claimed.resumed ? 'resumed' : 'executed', claimed.delivery);
  }

  function answer(run: EndedRun | undefined, served: DeliveryKind, delivery: Delivery): Result {
    if (run === undefined)
      return {
        kind: 'refused',
        reason: `the run was broken off, ${live.brokenOff.aborted ? messageOf(live.brokenOff.reason) : 'by a bug of hookkeeper'}`,
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
    sigterm: live.sigterm,
    active: live.size,
    idle: live.idle,
    abort: live.abort,
  };
}

function headerOf({ hook, grace }: Delivery) {
  return headerGrace(hook, grace);
}

function seenAgain(run: RunRecord, delivery: Delivery): { lastDeliveryAtMs: number; deliveries: number } {
  return { lastDeliveryAtMs: delivery.atMs, deliveries: run.deliveries + 1 };
}
