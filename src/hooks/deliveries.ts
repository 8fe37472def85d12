/**
 * The one place where deliveries become runs. What a delivery does is decided and claimed in one go, without waiting for
 * anything in between, so that a thousand at once get one run (P1).
 */
import type { Config, HookConfig } from '../config/config.ts';
import { isKeyed, OWN_SIGTERM } from '../journal/entry.ts';
import { answered, notesOf, withNote } from './answered.ts';
import { claimedRun } from './claimed-run.ts';
import { type Decision, decide } from './decide.ts';
import type { Deliveries, Delivery, DeliveryKind, Result } from './delivery.ts';
import type { Evidence } from './evidence.ts';
import { createEvidenceLooks } from './evidence-looks.ts';
import { followedEnd } from './followed-end.ts';
import { type Identity, identify } from './incarnation.ts';
import type { Claimed, LiveRun } from './live-run.ts';
import { createLiveRuns, type LiveRunsInput } from './live-runs.ts';
import { createMarkLearner } from './mark-learner.ts';
import { postStartOpensLives } from './opening-hook.ts';
import { createReconciler } from './reconcile.ts';
import { seenAgain } from './redelivered.ts';
import type { EndedRun, RunningRun } from './run.ts';
import { messageOf } from './sentence.ts';
import { type TaskAction, Stop as ToldToStop } from './task.ts';
import { createUndoing } from './undo.ts';
import { withoutHook } from './without-hook.ts';

export interface DeliveriesInput extends Omit<LiveRunsInput, 'undoing' | 'learner'> {
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
  const closing = new AbortController();
  const learner = createMarkLearner({ ...input, signal: closing.signal });
  const live = createLiveRuns({ ...input, undoing, learner });
  const ending = new AbortController();
  const looks = createEvidenceLooks(input.evidence, live.brokenOff);
  const reconciler = createReconciler({
    ...input,
    undoing,
    executes: ({ id }) => live.get(id) !== undefined,
    signal: AbortSignal.any([closing.signal, ending.signal]),
  });
  /** What this process executed where no preStop came, begun by itself or not: once for each container, at its end. */
  const lastRuns = new Set<string>();
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
    const unkeyed = runs.filter((run) => !isKeyed(run));
    const rules = {
      postStartOpensLives: postStartOpensLives(container, unkeyed),
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
      earlier: ({ id }) => !lastRuns.has(id),
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
        const sequence = earlier?.sequence ?? journal.nextSequence();
        const run = claimedRun({ delivery, identity, config, hookConfig, earlier, instance, sequence, random });
        const resumed = earlier !== undefined;
        if (delivery.withoutHook === true) lastRuns.add(run.id);
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
    return {
      kind: 'ended',
      delivery: 'replayed',
      run: replayed,
      notes: notesOf(replayed, delivery, journal.durability()),
    };
  }

  async function join(run: RunningRun, delivery: Arrived, identity: Identity): Promise<Result> {
    const joined = { ...run, ...seenAgain(run, delivery) };
    journal.put(joined);
    emit({ type: 'delivered', delivery, served: 'joined', run: joined, identity });
    const executing = live.get(run.id);
    // Only the kubelet's own redelivery brings a fresh grace; a postStart has none that could be fresh.
    const fresh = delivery.caller === 'kubelet' && delivery.hook === 'preStop';
    if (fresh) executing?.facts.delivered(delivery, delivery.lookMs);
    if (executing === undefined)
      return answered({ end: undefined, served: 'joined', delivery, durability: journal.durability() });
    const told = await follow(executing, 'joined', delivery, delivery.gone);
    // What it joined was done without a preStop: the rest is left to be done.
    return told.kind === 'ended' && told.run.deliveries === 0 ? deliver(delivery, delivery.arrivedMs) : told;
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
    const durability = journal.durability();
    if (end === 'left') return { kind: 'refused', reason: 'its caller went away' };
    if (of === first || end === undefined) return answered({ end, served, delivery, durability, of: first });
    const note = `run ${first.run.id} was broken off, ${messageOf(first.brokenOff.reason)}; this is the run that took its place`;
    return withNote(answered({ end, served: 'joined', delivery, durability, of }), note);
  }

  function refuse(delivery: Delivery, reason: string): Result {
    emit({ type: 'deliveryRefused', delivery, reason });
    return { kind: 'refused', reason };
  }

  return {
    deliver(delivery) {
      const bug = (error: unknown) => refuse(delivery, `hookkeeper has a bug, ${messageOf(error)}`);
      const served = deliver(delivery, clock.monotonicMs() - (delivery.waitedMs ?? 0)).catch(bug);
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
    close() {
      closing.abort();
      undoing.leave();
    },
    abort(reason) {
      closing.abort();
      return live.abort(reason);
    },
  };
}
