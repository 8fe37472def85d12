/** A run as it is shown: what the journal has of it, with what was seen of its deliveries and attempts. */
import type { HookName } from '../../config/config.ts';
import type { RunOutcome, RunRecord, TaskOutcome, TaskRecord } from '../../journal/entry.ts';

/** One attempt of a task. Instants are on the wall clock, in ms since 1970, here and below. */
export interface AttemptView {
  /** 1 for the first of its execution. */
  readonly number: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: 'succeeded' | 'skipped' | 'failed' | 'timedOut';
  readonly reason: string | null;
  /** How long the next attempt is waited for; null where none follows. */
  readonly retryInMs: number | null;
}

export interface DeliveryView {
  readonly number: number;
  readonly atMs: number;
  /** When it was answered; null: with the end of its run. */
  readonly untilMs: number | null;
  /** `kubelet` or `other`; empty where nobody knows any more. */
  readonly from: string;
  /** How it was served, or what became of it, in a word or two; empty where nobody knows any more. */
  readonly served: string;
  /** The caller went away, or got no answer that it could take for success. */
  readonly broken: boolean;
}

export type TaskState = 'pending' | 'running' | TaskOutcome;

export interface TaskView {
  readonly name: string;
  readonly state: TaskState;
  /** Null for one that is pending. */
  readonly startedAtMs: number | null;
  /** Null for one that has not ended, or of which nobody knows when it did. */
  readonly durationMs: number | null;
  /** All of them, those of earlier deliveries included; 0 for one that was never started. */
  readonly attempts: number;
  /** Those that were seen, oldest first: at most 20 of this execution. */
  readonly tries: readonly AttemptView[];
  readonly reason: string | null;
  /** The end of what it printed. */
  readonly output: string;
  /** How one that runs gets on, in a sentence without a subject. */
  readonly progress: string | null;
}

export interface RunView {
  readonly id: string;
  readonly sequence: number;
  readonly hook: HookName;
  readonly container: string;
  /** Which life of the container it belongs to, and what told so. */
  readonly life: { readonly id: string; readonly evidence: string; readonly why: string };
  readonly state: 'running' | 'interrupted' | RunOutcome;
  /** Of a preStop: why it came, and what told it; null where that is not known. */
  readonly stop: { readonly reason: string; readonly why: string } | null;
  readonly reason: string | null;
  readonly configDigest: string;
  readonly startedAtMs: number;
  /** Null for one that has not ended. */
  readonly endedAtMs: number | null;
  /** How long the last execution took; null for one that has not ended. */
  readonly durationMs: number | null;
  /** How many there were; those that are known stand in `deliveries`. */
  readonly deliveryCount: number;
  readonly deliveries: readonly DeliveryView[];
  readonly deadline: { readonly source: string; readonly graceMs: number; readonly reserveMs: number };
  /** When the work has to be over: the deadline minus the reserve. */
  readonly workEndMs: number;
  readonly tasks: readonly TaskView[];
  /** Of a preStop whose container came back: what told so, and the undos of its tasks, the last task's first; else null. */
  readonly undo: { readonly why: string; readonly tasks: readonly TaskView[] } | null;
}

/** Whether something of the run goes on: its tasks, or what takes them back. */
export function goesOn({ state, undo }: RunView): boolean {
  return state === 'running' || undo?.tasks.some((task) => task.state === 'running') === true;
}

/** What was seen of one run. Never changed: another object stands for each change. */
export interface RunTrace {
  readonly deliveries: readonly DeliveryView[];
  /** By task, the first attempts of this execution. */
  readonly attempts: ReadonlyMap<string, readonly AttemptView[]>;
  /** When the work has to be over, on the wall clock; undefined where no execution was seen. */
  readonly workEndMs: number | undefined;
  /** By task that runs: the last lines that it printed, and how it gets on. */
  readonly live: ReadonlyMap<string, { readonly output: string; readonly progress: string | null }>;
}

/** Puts a run's record and its trace together. */
export function runView(run: RunRecord, trace: RunTrace | undefined): RunView {
  const ended = run.state === 'ended' ? run : undefined;
  const { id, sequence, hook, container, configDigest, deadline } = run;
  return {
    id,
    sequence,
    hook,
    container,
    life: { id: run.incarnation.id, evidence: run.incarnation.evidence, why: run.incarnation.why },
    stop:
      run.stop === undefined || run.stop.reason === 'unknown' ? null : { reason: run.stop.reason, why: run.stop.why },
    state: ended === undefined ? (run.state === 'running' ? 'running' : 'interrupted') : ended.outcome,
    reason: ended?.reason ?? null,
    configDigest,
    startedAtMs: run.firstDeliveryAtMs,
    endedAtMs: ended?.endedAtMs ?? null,
    durationMs: ended?.durationMs ?? null,
    deliveryCount: run.deliveries,
    deliveries: trace === undefined || trace.deliveries.length === 0 ? recorded(run) : trace.deliveries,
    deadline: { source: deadline.source, graceMs: deadline.graceMs, reserveMs: deadline.reserveMs },
    workEndMs: workEndOf(run, trace),
    tasks: run.tasks.map((task) => taskView(task, run.state === 'running', trace)),
    undo:
      run.undo === undefined ? null : { why: run.undo.why, tasks: run.undo.tasks.map((task) => undoView(task, trace)) },
  };
}

/** The run of an undo has ended long ago: that it is executed shows in its attempts alone, of which the last has not ended for good. */
function undoView(task: TaskRecord, trace: RunTrace | undefined): TaskView {
  const tries = trace?.attempts.get(task.name);
  return taskView(task, tries !== undefined && tries.at(-1)?.retryInMs !== null, trace);
}

/** The first and the last delivery are all that the journal knows. */
function recorded(run: RunRecord): DeliveryView[] {
  const { deliveries, firstDeliveryAtMs, lastDeliveryAtMs } = run;
  // Whoever was waiting for a run that was interrupted heard nothing, or was told so.
  const broken = run.state === 'interrupted' || (run.state === 'ended' && run.outcome !== 'succeeded');
  const at = (number: number, atMs: number) => ({ number, atMs, untilMs: null, from: '', served: '', broken });
  const first = at(1, firstDeliveryAtMs);
  if (deliveries === 0) return [];
  return deliveries > 1 ? [first, at(deliveries, lastDeliveryAtMs)] : [first];
}

function workEndOf(run: RunRecord, trace: RunTrace | undefined): number {
  if (run.state === 'ended' && run.remainingMs > 0) return run.endedAtMs + run.remainingMs;
  return trace?.workEndMs ?? run.lastDeliveryAtMs + run.deadline.graceMs - run.deadline.reserveMs;
}

function taskView(task: TaskRecord, executing: boolean, trace: RunTrace | undefined): TaskView {
  const { name } = task;
  const tries = trace?.attempts.get(name) ?? [];
  const live = trace?.live.get(name);
  const common = { name, tries, output: '', progress: null, reason: null, durationMs: null };
  switch (task.state) {
    case 'pending':
      return { ...common, state: 'pending', startedAtMs: null, attempts: 0 };
    case 'running': {
      const { attempts, startedAtMs } = task;
      const running = { ...common, startedAtMs, attempts: attempts + Math.max(0, tries.length - 1) };
      // Nothing of a run that nobody executes is running, whatever was written last.
      if (!executing) return { ...running, state: 'interrupted' };
      return { ...running, state: 'running', output: live?.output ?? '', progress: live?.progress ?? null };
    }
    case 'ended': {
      const { outcome, startedAtMs, durationMs, attempts, reason, output } = task;
      return { ...common, state: outcome, startedAtMs, durationMs, attempts, reason, output };
    }
  }
}
