import { vi } from 'vitest';
import type { Config, ContainerConfig, HookConfig, Step, TaskConfig } from '../../src/config/config.ts';
import { systemClock, wait } from '../../src/hooks/clock.ts';
import { createDeliveries } from '../../src/hooks/deliveries.ts';
import type { Deliveries, Delivery, Result } from '../../src/hooks/delivery.ts';
import type { HookEvent } from '../../src/hooks/event.ts';
import type { Evidence } from '../../src/hooks/evidence.ts';
import type { PodReading, PodSource } from '../../src/hooks/pod-facts.ts';
import type { AttemptContext, AttemptResult, TaskAction } from '../../src/hooks/task.ts';
import type { Durability, Journal, RunRecord } from '../../src/journal/entry.ts';
import { BLIND } from './sightings.ts';

export const SUCCEEDED: AttemptResult = { outcome: 'succeeded' };
export const failed = (reason = 'exited with 1'): AttemptResult => ({ outcome: 'failed', reason, retryable: true });

type Run = (attempt: AttemptContext) => Promise<AttemptResult>;

/** A task whose action is `run`; the defaults are those of the config. */
export function task(
  name: string,
  run: Run = async () => SUCCEEDED,
  settings: Partial<TaskConfig<TaskAction>> & { stopMs?: number; afterMs?: number; ownMs?: number | undefined } = {},
): TaskConfig<TaskAction> {
  const { stopMs = 0, afterMs = 0, ownMs, ...rest } = settings;
  return {
    name,
    kind: 'test',
    action: { summary: name, ownMs, stopMs, afterMs, check: () => [], run },
    when: undefined,
    whenReason: undefined,
    undo: undefined,
    timeoutMs: undefined,
    attemptTimeoutMs: undefined,
    retry: { attempts: 1, minDelayMs: 500, maxDelayMs: 10_000, factor: 2, jitter: false },
    priority: 'normal',
    minimumMs: 0,
    onFailure: 'fail',
    onTimeout: 'fail',
    onInterrupted: 'rerun',
    alsoWithoutHook: false,
    ...rest,
  };
}

/** Runs until it is told to stop, and ends then as a killed process does. */
export const untilStopped: Run = ({ signal }) =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(failed('was ended by SIGTERM')), { once: true });
  });

/** Takes `ms`, and heeds its signal. */
export const takes =
  (ms: number): Run =>
  ({ signal, clock }) =>
    new Promise((resolve) => {
      const cancel = clock.after(ms, () => resolve(SUCCEEDED));
      signal.addEventListener('abort', () => {
        cancel();
        resolve(failed('was ended by SIGTERM'));
      });
    });

export const steps = (...tasks: (TaskConfig<TaskAction> | TaskConfig<TaskAction>[])[]): Step<TaskAction>[] =>
  tasks.map((step) => (Array.isArray(step) ? { kind: 'parallel', tasks: step } : { kind: 'task', task: step }));

export function hook(list: Step<TaskAction>[], settings: Partial<HookConfig<TaskAction>> = {}): HookConfig<TaskAction> {
  return {
    timeoutMs: undefined,
    dedupeWindowMs: 10_000,
    onRedelivery: 'resume',
    unknownReason: 'termination',
    steps: list,
    ...settings,
  };
}

/** A journal in memory whose disk can be held up; `committed` is what would be there after a kill -9. */
export function memoryJournal(runs: RunRecord[] = []) {
  let known = [...runs];
  let committed = [...runs];
  let durability: Durability = { state: 'durable' };
  let disk: Promise<void> = Promise.resolve();
  let slowMs = 0;
  const journal: Journal = {
    runsOf: (container) => known.filter((run) => run.container === container),
    all: () => known,
    nextSequence: () => Math.max(0, ...known.map(({ sequence }) => sequence)) + 1,
    put(run) {
      known = [...known.filter(({ id }) => id !== run.id), run].sort((a, b) => a.sequence - b.sequence);
    },
    async commit() {
      const written = known;
      await disk;
      if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs));
      committed = slowMs > 0 ? written : known;
      return durability;
    },
    durability: () => durability,
  };
  return {
    journal,
    committed: () => committed,
    /** From now on commits wait, until the returned function is called. */
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      disk = promise;
      return resolve;
    },
    /** From now on each commit takes so long. */
    slow(ms: number) {
      slowMs = ms;
    },
    degrade(reason: string) {
      durability = { state: 'degraded', reason, sinceMs: 0 };
    },
  };
}

export interface Stage {
  readonly deliveries: Deliveries;
  readonly events: HookEvent[];
  readonly config: Config<TaskAction>;
  readonly memory: ReturnType<typeof memoryJournal>;
  deliver(hook: Delivery['hook'], more?: Partial<Delivery>): Promise<Result>;
  /** Another process with what this one's journal has on its disk. */
  afterKill(): Stage;
}

/** The hooks of one container `app` with a grace of 30 s and a reserve of 5 s, on fake timers. */
export function stage(
  hooks: { postStart?: HookConfig<TaskAction>; preStop?: HookConfig<TaskAction> },
  memory = memoryJournal(),
  instance = 'first',
  pod: PodSource = { read: async () => ({ kind: 'unknown', reason: 'a test has no API server' }) },
  evidence: Evidence = { look: async () => BLIND },
  ports: readonly number[] = [],
): Stage {
  const container: ContainerConfig<TaskAction> = {
    name: 'app',
    postStart: hooks.postStart,
    preStop: hooks.preStop,
    ports,
    process: undefined,
  };
  const config: Config<TaskAction> = {
    digest: 'abcdef012345',
    grace: { periodMs: 30_000, reserveMs: 5000, source: 'config' },
    access: { tokenFile: undefined },
    lifecycle: { sidecar: 'auto', arrivalWindowMs: undefined },
    containers: new Map([['app', container]]),
  };
  const events: HookEvent[] = [];
  const emit = (event: HookEvent) => void events.push(event);
  const deliveries = createDeliveries({
    config: () => config,
    journal: memory.journal,
    clock: systemClock,
    emit,
    instance,
    evidence,
    pod,
    random: Math.random,
  });
  return {
    deliveries,
    events,
    config,
    memory,
    deliver: (name, more = {}) =>
      deliveries.deliver({
        hook: name,
        container: 'app',
        caller: 'kubelet',
        key: undefined,
        atMs: Date.now(),
        ...more,
      }),
    afterKill() {
      const left = memory.committed().map((run): RunRecord => {
        if (run.state !== 'running') return run;
        const { instance: _dead, ...rest } = run;
        return { ...rest, state: 'interrupted' };
      });
      return stage(hooks, memoryJournal(left), 'second', pod, evidence, ports);
    },
  };
}

/** The API server, as it answers each reading in turn after so many ms; the last answer holds. */
export function apiServer(...answers: { readonly afterMs: number; readonly reading: PodReading }[]): PodSource {
  let asked = 0;
  return {
    async read(signal) {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      const told = await wait(systemClock, answer?.afterMs ?? 0, signal);
      return told && answer ? answer.reading : { kind: 'unknown', reason: 'nobody waits' };
    },
  };
}

/** The pod, deleted just now with this grace; undefined: not deleted. */
export function podWith(graceMs: number | undefined): PodReading {
  const deletion = graceMs === undefined ? undefined : { graceMs, deadlineEpochMs: Date.now() + graceMs };
  return { kind: 'read', pod: { uid: 'uid', deletion, containers: new Map() } };
}

/** The result must be that of a run that ended; gives the delivery's kind, outcome and each task's outcome. */
export function told(result: Result) {
  if (result.kind === 'refused') throw new Error(`refused: ${result.reason}`);
  const { run } = result;
  const tasks = run.tasks.map((record) => `${record.name} ${record.state === 'ended' ? record.outcome : record.state}`);
  return { delivery: result.delivery, outcome: run.outcome, reason: run.reason, tasks, run, notes: result.notes };
}

/** Fake timers for `systemClock` and for p-retry alike; to be called in `beforeEach`. */
export function driveTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'hrtime', 'Date'], now: 1_800_000_000_000 });
}
