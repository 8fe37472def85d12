/**
 * What is learned of a stop while its preStop runs: how long the pod really has, and why the container is stopped. The run
 * starts with what is known; what comes later shortens or lengthens it, and stands in its record.
 */
import { OWN_SIGTERM, type RunGrace, type RunRecord, type Stop } from '../journal/entry.ts';
import { type Clock, wait } from './clock.ts';
import type { Deadline } from './deadline.ts';
import type { Delivery } from './delivery.ts';
import type { Emit } from './event.ts';
import type { PodReading, PodSource } from './pod-facts.ts';
import { apiGraceMs, graceNote, headerGrace, type ToldGrace } from './run-grace.ts';

export interface StopFactsInput {
  readonly clock: Clock;
  readonly emit: Emit;
  readonly deadline: Deadline;
  /** Undefined where no API server can be asked. */
  readonly pod: PodSource | undefined;
  /** The run's record as it is now, or undefined when it is executed no more. */
  readonly current: () => RunRecord | undefined;
  readonly put: (run: RunRecord) => void;
  /** The grace with what is told of it beside the config. */
  readonly graceWith: (told: ToldGrace) => RunGrace;
  /** Aborts when the run is over. */
  readonly signal: AbortSignal;
}

export interface StopFacts {
  /** Takes in a delivery of the run, the first or a repeat by the kubelet, which arrived `agoMs` ago and started the clock. */
  delivered(delivery: Delivery, agoMs: number): void;
  /** Takes in that hookkeeper itself was told to stop. */
  sigterm(): void;
  /** Resolves when the API server has answered, or soon. */
  asked(): Promise<void>;
  /** Resolves when the reason is known, or when it can't be waited for any longer. */
  reasonSettled(signal: AbortSignal): Promise<void>;
}

/** A run's first task waits so long for the API server's answer, in ms: usually it is there in 10. */
const ASK_MS = 100;

/** An API server that did not answer is asked again so long after, in ms: it may only be slow. */
const ASK_AGAIN_MS = [1000, 3000, 10_000];

/** What tells the reason comes with the delivery or soon after it: a SIGTERM within 21 ms (kubelet contract, section 5). */
const REASON_MS = 500;

/** A deadline that moved by less is not worth a line in the log: duplicates come within milliseconds. */
const MOVE_WORTH_SAYING_MS = 1000;

/** A delivery that the API server is to be asked about. */
interface Asked {
  readonly delivery: Delivery;
  /** When it started the clock. */
  readonly startMs: number;
  /** Whether no other was there before it. */
  readonly first: boolean;
}

/** Starts to learn; call `delivered` first. */
export function createStopFacts(input: StopFactsInput): StopFacts {
  const { clock, emit, deadline, pod, current, put, graceWith, signal } = input;
  const known = new AbortController();
  const answered = new AbortController();
  let began = false;
  let reasonDueMs = 0;
  let sinceMs = 0;
  let told: ToldGrace = {};
  let unasked: Asked | undefined;
  let isAsking = false;
  let came = new AbortController();

  function learnReason(stop: Stop): void {
    const run = current();
    if (run === undefined || run.stop?.reason === 'termination' || run.stop?.why === stop.why) return;
    // That its container came back is known for certain.
    if (stop.reason === 'unknown' && run.stop?.reason === 'restart') return;
    const next = { ...run, stop };
    put(next);
    if (stop.reason !== 'unknown') known.abort();
    emit({ type: 'stopReason', run: next, stop });
  }

  function moveTo(grace: RunGrace, why: string): void {
    const run = current();
    if (run === undefined) return;
    const next = { ...run, deadline: grace };
    put(next);
    const movedMs = deadline.give(grace.graceMs - grace.reserveMs, sinceMs);
    if (Math.abs(movedMs) < MOVE_WORTH_SAYING_MS) return;
    emit({
      type: 'deadlineMoved',
      run: next,
      movedMs,
      why,
      remainingMs: deadline.remainingMs(),
      deadlineEpochMs: deadline.epochMs(),
    });
  }

  function takeIn(reading: PodReading, { delivery, startMs }: Asked, first: boolean): void {
    if (reading.kind === 'gone')
      learnReason({ reason: 'termination', source: 'api', why: `the pod was deleted by force: ${reading.reason}` });
    else if (reading.kind === 'unknown') learnReason({ reason: 'unknown', source: 'none', why: reading.reason });
    else if (reading.pod.deletion === undefined) {
      learnReason({
        reason: 'unknown',
        source: 'api',
        why: 'the API server knows of no deletion, which does not prove a restart',
      });
    } else learnReason({ reason: 'termination', source: 'api', why: 'the API server says that the pod was deleted' });
    // An answer to an earlier delivery says nothing of the clock that a later one started.
    if (startMs !== sinceMs) return;
    // A pod that is gone only now was deleted by force while the run goes on: its first grace holds (kubelet contract, section 4).
    if (reading.kind === 'gone' && !first) return;
    const apiMs = apiGraceMs(reading, delivery.caller, delivery.atMs);
    if (apiMs === undefined) return;
    told = { ...told, apiMs };
    const grace = graceWith(told);
    moveTo(grace, `with another grace: ${graceNote(grace) ?? 'the API server tells it'}`);
  }

  async function askUntilTold(source: PodSource, asked: Asked): Promise<void> {
    for (const [times, againMs] of ASK_AGAIN_MS.entries()) {
      const reading = await source.read(signal);
      if (signal.aborted) return;
      takeIn(reading, asked, asked.first && times === 0);
      if (unasked !== undefined) return;
      answered.abort();
      if (reading.kind !== 'unknown') return;
      if (!(await wait(clock, againMs, AbortSignal.any([signal, came.signal])))) return;
    }
  }

  /** However many deliveries come, one question at a time: the one that begins after the last of them is about all (P9). */
  async function ask(source: PodSource): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    try {
      for (let asked = unasked; asked !== undefined && !signal.aborted; asked = unasked) {
        unasked = undefined;
        await askUntilTold(source, asked);
      }
    } finally {
      isAsking = false;
    }
  }

  return {
    delivered(delivery, agoMs) {
      const again = began;
      began = true;
      sinceMs = clock.monotonicMs() - agoMs;
      reasonDueMs = sinceMs + REASON_MS;
      const run = current();
      // The header stands beside the hook that was called: another caller's says nothing of this grace.
      told = { ...told, headerMs: run && headerGrace(run.hook, delivery.grace).graceMs };
      if (again) moveTo(graceWith(told), 'with a fresh grace');
      if (pod === undefined) return;
      unasked = { delivery, startMs: sinceMs, first: !again && (run?.deliveries ?? Infinity) <= 1 };
      came.abort();
      came = new AbortController();
      ask(pod).catch((error: unknown) => {
        if (run !== undefined) emit({ type: 'runBug', run, error });
      });
    },
    sigterm: () => learnReason(OWN_SIGTERM),
    async asked() {
      if (pod !== undefined) await wait(clock, ASK_MS, AbortSignal.any([answered.signal, signal]));
    },
    async reasonSettled(taskSignal) {
      const stop = AbortSignal.any([known.signal, taskSignal]);
      await wait(clock, reasonDueMs - clock.monotonicMs(), stop);
    },
  };
}
