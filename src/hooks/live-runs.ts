/** The runs that this process executes now, from their claim to their end. */
import type { Journal, RunRecord } from '../journal/entry.ts';
import { type Clock, wait } from './clock.ts';
import { type ComebackInput, takeBack } from './comeback.ts';
import { createDeadline } from './deadline.ts';
import type { Emit } from './event.ts';
import type { Claimed, LiveRun } from './live-run.ts';
import type { MarkLearner } from './mark-learner.ts';
import type { PodSource } from './pod-facts.ts';
import { executeRun, type RunningRun } from './run.ts';
import { graceOf, headerGrace } from './run-grace.ts';
import { createStopFacts } from './stop-facts.ts';
import { Stop } from './task.ts';
import type { Undoing } from './undo.ts';
import { waitingFor } from './waiting.ts';

/** What runs are executed with. */
export interface LiveRunsInput {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly emit: Emit;
  /** What the own pod looks like now, as far as the API server may be asked. */
  readonly pod: PodSource;
  /** From 0 to 1, as `Math.random`: for the IDs of traces. */
  readonly random: () => number;
  readonly undoing: Undoing;
  readonly learner: Pick<MarkLearner, 'atStop'>;
}

export interface LiveRuns {
  get(id: string): LiveRun | undefined;
  size(): number;
  /** Executes a claimed run. */
  start(claimed: Claimed): LiveRun;
  /** Takes in that hookkeeper itself was told to stop, for the runs of now and of later. */
  sigterm(): void;
  /** Breaks all of them off at once, which the journal is told. Resolves soon, also where something of one does not end. Never rejects. */
  abort(reason: string): Promise<void>;
  /** Aborted when they were. */
  readonly brokenOff: AbortSignal;
}

/** Children get SIGKILL at once when all is broken off; they are not waited for longer than this, in ms. */
const ABORT_MS = 500;

/** The container of a run is in another life, whose run is the heir. */
class BrokenOffFor extends Stop {
  readonly heir: string;
  constructor(heir: string) {
    super('its container came back', true);
    this.heir = heir;
  }
}

/** Whether `run` is the postStart of the life that `stop` ends. */
function isStartOf({ hook, container, incarnation }: RunRecord, stop: RunRecord): boolean {
  return hook === 'postStart' && container === stop.container && incarnation.id === stop.incarnation.id;
}

/** None yet. */
export function createLiveRuns(input: LiveRunsInput): LiveRuns {
  const { journal, clock, emit } = input;
  const live = new Map<string, LiveRun & { readonly own: AbortController; readonly gone: AbortSignal | undefined }>();
  const breakOff = new AbortController();
  let toldToStop = false;
  const comeback: ComebackInput = {
    journal,
    emit,
    undoing: input.undoing,
    breakOff: (run, heir) => breakOffRun(run, new BrokenOffFor(heir)),
  };

  async function breakOffRun(run: RunRecord, why: Stop): Promise<void> {
    const found = live.get(run.id);
    found?.own.abort(why);
    await found?.ended;
    recordBrokenOff(run, why);
  }

  /** Of what is broken off for good nothing in the journal may look as if it were executed. */
  function recordBrokenOff({ id, container }: RunRecord, why: Stop): void {
    const left = journal.runsOf(container).find((run) => run.id === id);
    if (left?.state !== 'running') return;
    const run = { ...left, state: 'interrupted' } as const;
    journal.put(run);
    emit({ type: 'runBrokenOff', run, why: why.message });
  }

  /**
   * No kubelet stops a container whose postStart it waits for (kubelet contract, section 3). One that still runs was begun by a kubelet
   * that died, which does not send it again; it would go on to undo what the preStop does.
   */
  async function breakOffStart(stop: RunningRun): Promise<void> {
    for (const { run, gone } of [...live.values()].filter(({ run }) => isStartOf(run, stop)))
      if (gone?.aborted === true) await breakOffRun(run, new Stop('its container is being stopped', true));
  }

  function start({ run, resumed, delivery, lookMs, config, hookConfig }: Claimed): LiveRun {
    const deadline = createDeadline(clock, run.deadline.graceMs - run.deadline.reserveMs - lookMs);
    const running = () => {
      const now = journal.runsOf(run.container).findLast(({ id }) => id === run.id);
      return now?.state === 'running' ? now : undefined;
    };
    const current = () => running() ?? run;
    const { ignored } = headerGrace(run.hook, delivery.grace);
    if (ignored !== undefined) emit({ type: 'graceIgnored', run, reason: ignored });
    const remainingMs = deadline.remainingMs();
    emit({ type: 'runStarted', run, resumed, remainingMs, deadlineEpochMs: deadline.epochMs() });
    const over = new AbortController();
    const facts = createStopFacts({
      clock,
      emit,
      deadline,
      pod: run.hook === 'preStop' ? input.pod : undefined,
      current: running,
      put: journal.put,
      graceWith: (told) => graceOf(run.hook, hookConfig, config.grace, told),
      signal: over.signal,
    });
    facts.delivered(delivery, lookMs);
    if (toldToStop && run.hook === 'preStop') facts.sigterm();
    const own = new AbortController();
    const signal = AbortSignal.any([breakOff.signal, own.signal]);
    let notTakenBack: readonly string[] = [];
    // A preStop must not lose its time to what it takes away again; a postStart is worth nothing to an app that is drained.
    const later = run.hook === 'preStop' ? hookConfig.steps : [];
    const fromKubelet = delivery.caller === 'kubelet';
    const ready = async () => {
      if (run.hook === 'preStop' && fromKubelet) await breakOffStart(run);
      // Where the app has ended there is nobody to give anything back to.
      if (delivery.withoutHook !== true)
        notTakenBack = await takeBack(comeback, { run, fromKubelet, config, deadline, later, signal });
      await facts.asked();
    };
    const ending = async () => {
      if (run.hook === 'preStop') await input.learner.atStop(config.containers.get(run.container), current());
    };
    const { reasonSettled } = facts;
    const ended = executeRun({ ...input, config: hookConfig, current, deadline, signal, ready, ending, reasonSettled })
      .catch((error: unknown) => {
        emit({ type: 'runBug', run: current(), error });
        return undefined;
      })
      .finally(() => {
        over.abort();
        // While its end was written, a delivery may have resumed it: that execution is another one.
        if (live.get(run.id) === started) live.delete(run.id);
      });
    const started = {
      run,
      own,
      gone: delivery.gone,
      facts,
      ended,
      endedUnless: waitingFor(ended),
      deadline,
      brokenOff: signal,
      heir: () => (signal.reason instanceof BrokenOffFor ? live.get(signal.reason.heir) : undefined),
      notTakenBack: () => notTakenBack,
    };
    live.set(run.id, started);
    return started;
  }

  return {
    get: (id) => live.get(id),
    size: () => live.size,
    start,
    sigterm() {
      toldToStop = true;
      for (const { run, facts } of live.values()) if (run.hook === 'preStop') facts.sigterm();
    },
    async abort(reason) {
      const why = new Stop(reason, true);
      const all = [...live.values()];
      breakOff.abort(why);
      const patience = new AbortController();
      await Promise.race([Promise.all(all.map(({ ended }) => ended)), wait(clock, ABORT_MS, patience.signal)]);
      patience.abort();
      for (const { run } of all) recordBrokenOff(run, why);
    },
    brokenOff: breakOff.signal,
  };
}
