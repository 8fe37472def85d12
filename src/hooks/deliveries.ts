/**
 * The one place where deliveries become runs. What a delivery does is decided and claimed in one go, without waiting for
 * anything in between, so that a thousand at once get one run (P1).
 */
import type { Config, HookConfig } from '../config/config.ts';
import { OWN_SIGTERM, type RunRecord } from '../journal/entry.ts';
import { type Decision, decide } from './decide.ts';
import type { Deliveries, Delivery, DeliveryKind, Result } from './delivery.ts';
import type { Evidence } from './evidence.ts';
import { createEvidenceLooks } from './evidence-looks.ts';
import { followedEnd } from './followed-end.ts';
import { type Identity, identify } from './incarnation.ts';
import { type Claimed, createLiveRuns, type LiveRun, type LiveRunsInput } from './live-runs.ts';
import { createMarkLearner } from './mark-learner.ts';
import { createReconciler } from './reconcile.ts';
import { seenAgain, stopOf } from './redelivered.ts';
import { type EndedRun, type RunningRun, tasksFor } from './run.ts';
import { graceNote, graceOf, headerGrace } from './run-grace.ts';
import { messageOf } from './sentence.ts';
import { type TaskAction, Stop as ToldToStop } from './task.ts';
import { nextSpan } from './trace.ts';
import { createUndoing } from './undo.ts';
import { withoutHook } from './without-hook.ts';

export interface DeliveriesInput extends Omit<LiveRunsInput, 'undoing'> {
  /** The config of now; a run keeps the one it started with. */
  config(): Config<TaskAction>;
  /** Names this process in its claims; another for each start. */
  readonly instance: string;
  /** What tells one life of a container from another, beside the journal. */
  readonly evidence: Evidence;
}

/** A delivery whose evidence was looked at; the time for that is part of its grace. */
type Arrived = Delivery & { readonly arrivedMs: number; readonly lookMs: number };

/** Serves deliveries from a journal. */
export function createDeliveries(input: DeliveriesInput): Deliveries {
  const { journal, clock, emit, instance, random } = input;
  const undoing = createUndoing(input);
  const live = createLiveRuns({ ...input, undoing });
  const closing = new AbortController();
  const ending = new AbortController();
  const looks = createEvidenceLooks(input.evidence, live.brokenOff);
  const learner = createMarkLearner({ ...input, signal: closing.signal });
  const reconciler = createReconciler({
    ...input,
    undoing,
    executes: ({ id }) => live.get(id) !== undefined,
    signal: AbortSignal.any([closing.signal, ending.signal]),
  });
  /** Those that look at the evidence are no run yet, and may be one in a moment. */
  const serving = new Set<Promise<Result>>();

  async function deliver(arrived: Delivery, arrivedMs: number): Promise<Result> {
    const saw = await looks.next(arrived, input.config().containers.get(arrived.container));
    // From here to the claim nothing is waited for (P1).
    const delivery: Arrived = { ...arrived, arrivedMs, lookMs: clock.monotonicMs() - arrivedMs };
    const config = input.config();
    const container = config.containers.get(delivery.container);
    const whole = delivery.hook === 'preStop' ? container?.preStop : container?.postStart;
    if (container === undefined || whole === undefined) {
      return refuse(delivery, `container ${delivery.container} has no ${delivery.hook} hook in the config`);
    }
    const hookConfig = delivery.withoutHook === true ? withoutHook(whole) : whole;
    if (live.brokenOff.aborted) return refuse(delivery, 'hookkeeper is being stopped');
    const runs = journal.runsOf(delivery.container);
    const rules = {
      postStartOpensLives: container.postStart !== undefined,
      dedupeWindowMs: container.postStart?.dedupeWindowMs ?? 0,
      graceMs: config.grace.periodMs,
      nextSequence: journal.nextSequence(),
    };
    const identity = identify(delivery, runs, rules, saw);
    const { onRedelivery } = hookConfig;
    const decision = decide({
      hook: delivery.hook,
      incarnation: identity.incarnation,
      runs,
      onRedelivery,
      executes: ({ id }) => live.get(id) !== undefined,
      earlier: ({ id }) => !id.startsWith(`${instance}-`),
      sent: delivery.withoutHook !== true,
    });
    const result = carryOut(decision, delivery, identity, config, hookConfig);
    learner.note(container, identity.incarnation, saw);
    return identity.guess ? withNote(result, identity.incarnation.why) : result;
  }

  function carryOut(
    decision: Decision,
    delivery: Arrived,
    identity: Identity,
    config: Config<TaskAction>,
    hookConfig: HookConfig<TaskAction>,
  ): Result | Promise<Result> {
    switch (decision.do) {
      case 'refuse':
        return refuse(delivery, decision.reason);
      case 'replay':
        return replay(decision.run, delivery, identity);
      case 'join':
        return join(decision.run, delivery, identity);
      case 'run':
      case 'resume': {
        const earlier = decision.do === 'resume' ? decision.run : undefined;
        const run = claim(delivery, identity, config, hookConfig, earlier);
        const resumed = earlier !== undefined;
        journal.put(run);
        emit({ type: 'delivered', delivery, served: resumed ? 'resumed' : 'executed', run, identity });
        return execute({ run, resumed, delivery, lookMs: delivery.lookMs, config, hookConfig });
      }
    }
  }

  async function replay(run: EndedRun, delivery: Delivery, identity: Identity): Promise<Result> {
    const replayed = { ...run, ...seenAgain(run, delivery) };
    journal.put(replayed);
    emit({ type: 'delivered', delivery, served: 'replayed', run: replayed, identity });
    // Its end may still be on its way to the disk, and is told to nobody before.
    await live.get(run.id)?.ended;
    return { kind: 'ended', delivery: 'replayed', run: replayed, notes: notes(replayed, delivery) };
  }

  async function join(run: RunningRun, delivery: Arrived, identity: Identity): Promise<Result> {
    const joined = { ...run, ...seenAgain(run, delivery) };
    journal.put(joined);
    emit({ type: 'delivered', delivery, served: 'joined', run: joined, identity });
    const executing = live.get(run.id);
    // Only the kubelet's own redelivery brings a fresh grace; a postStart has none that could be fresh.
    const fresh = delivery.caller === 'kubelet' && delivery.hook === 'preStop';
    if (fresh) executing?.facts.delivered(delivery, delivery.lookMs);
    if (executing === undefined) return answer(undefined, 'joined', delivery, undefined);
    const told = await follow(executing, 'joined', delivery, delivery.gone);
    // What it joined was done without a preStop: the rest is left to be done.
    return told.kind === 'ended' && told.run.deliveries === 0 ? deliver(delivery, delivery.arrivedMs) : told;
  }

  function claim(
    delivery: Arrived,
    identity: Identity,
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
      incarnation: earlier?.incarnation ?? identity.incarnation,
      configDigest: config.digest,
      traceparent: nextSpan(earlier?.traceparent ?? delivery.traceparent, random),
      firstDeliveryAtMs: earlier?.firstDeliveryAtMs ?? delivery.atMs,
      lastDeliveryAtMs: delivery.atMs,
      deliveries: (earlier?.deliveries ?? 0) + (delivery.withoutHook === true ? 0 : 1),
      deadline: graceOf(delivery.hook, hookConfig, config.grace, { headerMs: headerOf(delivery).graceMs }),
      ...(delivery.hook === 'preStop' ? { stop: stopOf(earlier) } : {}),
      tasks: tasksFor(hookConfig, earlier?.tasks ?? []),
    };
  }

  async function execute(claimed: Claimed): Promise<Result> {
    const started = live.start(claimed);
    const end = await started.ended;
    if (end !== undefined) {
      emit({ type: 'runEnded', run: end });
      reconciler.follow(end.container);
    }
    return follow(started, claimed.resumed ? 'resumed' : 'executed', claimed.delivery);
  }

  async function follow(first: LiveRun, served: DeliveryKind, delivery: Delivery, left?: AbortSignal): Promise<Result> {
    const { of, end } = await followedEnd(first, clock, left);
    if (end === 'left') return { kind: 'refused', reason: 'its caller went away' };
    if (of === first || end === undefined) return answer(end, served, delivery, first);
    const note = `run ${first.run.id} was broken off, ${messageOf(first.brokenOff.reason)}; this is the run that took its place`;
    return withNote(answer(end, 'joined', delivery, of), note);
  }

  function answer(
    run: EndedRun | undefined,
    served: DeliveryKind,
    delivery: Delivery,
    executed: LiveRun | undefined,
  ): Result {
    if (run === undefined) {
      const why =
        executed?.brokenOff.aborted === true ? messageOf(executed.brokenOff.reason) : 'by a bug of hookkeeper';
      return { kind: 'refused', reason: `the run was broken off, ${why}` };
    }
    const left = executed
      ?.notTakenBack()
      .map((failed) => `what the last preStop took away is not all given back, ${failed}`);
    return { kind: 'ended', delivery: served, run, notes: [...notes(run, delivery), ...(left ?? [])] };
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
    deliver(delivery) {
      const bug = (error: unknown) => refuse(delivery, `hookkeeper has a bug, ${messageOf(error)}`);
      const served = deliver(delivery, clock.monotonicMs()).catch(bug);
      serving.add(served);
      void served.then(() => serving.delete(served));
      return served;
    },
    reconcile: reconciler.afterStart,
    sigterm() {
      // What is drained stays so: the pod ends.
      ending.abort(new ToldToStop(OWN_SIGTERM.why, true));
      live.sigterm();
    },
    active: live.size,
    async idle() {
      while (serving.size > 0) await Promise.all(serving);
    },
    close: () => closing.abort(),
    abort(reason) {
      closing.abort();
      return live.abort(reason);
    },
  };
}

async function withNote(result: Result | Promise<Result>, note: string): Promise<Result> {
  const told = await result;
  return told.kind === 'ended' ? { ...told, notes: [...told.notes, note] } : told;
}

function headerOf({ hook, grace }: Delivery) {
  return headerGrace(hook, grace);
}
