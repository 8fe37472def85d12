import { answerTimeMs } from '../config/answer-time.ts';
import type { KnownStopReason } from '../config/condition.ts';
import type { Step, TaskConfig } from '../config/config.ts';
import { type RunRecord, type TaskRecord, UNKNOWN_STOP } from '../journal/entry.ts';
import { runAttempts } from './attempts.ts';
import type { Clock } from './clock.ts';
import { createTimeLimit, type Deadline } from './deadline.ts';
import type { Emit } from './event.ts';
import { createOutputTail } from './output-tail.ts';
import { budgetOf } from './plan.ts';
import { createShare } from './share.ts';
import { Stop, type TaskAction } from './task.ts';
import { nextSpan } from './trace.ts';
import { whyNotNow } from './when.ts';

export type EndedTask = TaskRecord & { readonly state: 'ended' };

export interface TaskRunInput {
  readonly clock: Clock;
  readonly emit: Emit;
  readonly random: () => number;
  readonly deadline: Deadline;
  /** Aborts when the run is broken off at once. */
  readonly signal: AbortSignal;
  /** The run's record as it is now. */
  readonly run: () => RunRecord;
  readonly task: TaskConfig<TaskAction>;
  readonly later: readonly Step<TaskAction>[];
  /** Attempts of earlier deliveries or of a dead process. */
  readonly earlierAttempts: number;
  /** Resolves when the reason of the stop is known, or when it can't be waited for any longer. */
  readonly reasonSettled: (signal: AbortSignal) => Promise<void>;
  /** What the stop is taken for then. */
  readonly unknownReason: KnownStopReason;
}

/** How a task left the run: ended by itself or by a limit, or shed or never started for want of time. */
export type TaskEnd = { readonly kind: 'ran' | 'noTime'; readonly record: EndedTask };

/** Runs one task to its end, within what the deadline and later tasks leave it. Never rejects. */
export async function runTask(input: TaskRunInput): Promise<TaskEnd> {
  const { clock, deadline, task, later, emit } = input;
  const startedMs = clock.monotonicMs();
  const startedAtMs = clock.epochMs();
  const workLeftMs = () => deadline.remainingMs() - answerTimeMs(deadline.workMs());
  const unmet = await unmetGuard(input, workLeftMs);
  if (unmet !== undefined) {
    return endTask(input, 'ran', notStarted(task.name, clock, input.earlierAttempts, unmet));
  }
  const budget = budgetOf(task, later, workLeftMs());
  if (!budget.start) {
    return endTask(input, 'noTime', notStarted(task.name, clock, input.earlierAttempts, budget.reason));
  }

  emit({
    type: 'taskStarted',
    run: input.run(),
    task: task.name,
    kind: task.kind,
    summary: task.action.summary,
    budgetMs: budget.budgetMs,
    remainingMs: deadline.remainingMs(),
  });
  const tail = createOutputTail();
  using share = createShare(clock, deadline, task, later, budget, workLeftMs);
  const { leftMs } = share;
  using limit = createTimeLimit(clock, deadline, leftMs, share.stop, input.signal);
  const end = await runAttempts({
    task,
    clock,
    signal: limit.signal,
    leftMs,
    stopMs: share.stopMs,
    context: contextOf(input),
    traceparent: () => nextSpan(input.run().traceparent, input.random),
    output: (attempt, line) => {
      if (!tail.add(line)) return;
      emit({
        type: 'taskOutput',
        run: input.run(),
        task: task.name,
        attempt,
        line,
        remainingMs: deadline.remainingMs(),
      });
    },
    progress: (attempt, message) => {
      emit({
        type: 'taskProgress',
        run: input.run(),
        task: task.name,
        attempt,
        message,
        remainingMs: deadline.remainingMs(),
      });
    },
    figure: (figure, value) => emit({ type: 'taskFigure', run: input.run(), task: task.name, figure, value }),
    onAttemptEnd: (attempt, { outcome, ...rest }, durationMs, retryInMs) => {
      const reason = 'reason' in rest ? rest.reason : null;
      const remainingMs = deadline.remainingMs();
      const attempts = task.retry.attempts;
      emit({
        type: 'attemptEnded',
        run: input.run(),
        task: task.name,
        attempt,
        attempts,
        outcome,
        reason,
        durationMs,
        retryInMs,
        remainingMs,
      });
    },
    onBug: (error) => emit({ type: 'taskBug', run: input.run(), task: task.name, error }),
  });
  if (tail.unloggedLines() > 0) {
    emit({
      type: 'outputLimit',
      run: input.run(),
      task: task.name,
      lines: tail.unloggedLines(),
      remainingMs: deadline.remainingMs(),
    });
  }
  return endTask(input, share.isShed() && end.outcome === 'timedOut' ? 'noTime' : 'ran', {
    state: 'ended',
    name: task.name,
    outcome: end.outcome,
    attempts: input.earlierAttempts + end.attempts,
    startedAtMs,
    durationMs: Math.round(clock.monotonicMs() - startedMs),
    reason: end.reason,
    output: tail.text(),
    captured: end.captured,
  });
}

/** A task that never ran in this execution: its record, and its line in the log. */
export function notStarted(name: string, clock: Clock, attempts: number, reason: string): EndedTask {
  return {
    state: 'ended',
    name,
    outcome: 'skipped',
    attempts,
    startedAtMs: clock.epochMs(),
    durationMs: 0,
    reason,
    output: '',
    captured: {},
  };
}

function endTask(input: TaskRunInput, kind: TaskEnd['kind'], record: EndedTask): TaskEnd {
  const remainingMs = input.deadline.remainingMs();
  input.emit({ type: 'taskEnded', run: input.run(), task: record, shed: kind === 'noTime', remainingMs });
  return { kind, record };
}

/** Why a task is not for this stop; undefined when it is. What tells the reason may come a moment after the delivery. */
async function unwantedReason(input: TaskRunInput, wanted: KnownStopReason): Promise<string | undefined> {
  const known = () => input.run().stop ?? UNKNOWN_STOP;
  if (known().reason === 'unknown') await input.reasonSettled(input.signal);
  const { reason, why } = known();
  if ((reason === 'unknown' ? input.unknownReason : reason) === wanted) return undefined;
  const seen = reason === 'unknown' ? `unknown, which is taken for a ${input.unknownReason}` : `a ${reason}`;
  return `was skipped as it is for a ${wanted}, and this stop is ${seen}: ${why}`;
}

/** Why the task's `when` keeps it from being started; undefined when it doesn't. The deadline may move while it is looked at. */
async function unmetGuard(input: TaskRunInput, workLeftMs: () => number): Promise<string | undefined> {
  const { clock, deadline, task } = input;
  const unwanted = task.whenReason && (await unwantedReason(input, task.whenReason));
  if (unwanted !== undefined || task.when === undefined) return unwanted;
  const late = () => new Stop("was cut short by the run's deadline", false);
  using limit = createTimeLimit(clock, deadline, workLeftMs, late, input.signal);
  return whyNotNow(task.when, { clock, signal: limit.signal, captured: capturedBy(input.run()) }, workLeftMs());
}

function contextOf(input: TaskRunInput) {
  const { hook, container, id } = input.run();
  return {
    hook,
    container,
    run: id,
    task: input.task.name,
    reason: () => input.run().stop?.reason,
    rerun: input.earlierAttempts > 0,
    clock: input.clock,
    deadlineEpochMs: () => input.deadline.epochMs(),
    remainingMs: () => input.deadline.remainingMs(),
    captured: capturedBy(input.run()),
  };
}

/** What the tasks of a run captured so far; of two values of one name, the later task's. */
function capturedBy(run: RunRecord): ReadonlyMap<string, string> {
  return new Map(run.tasks.flatMap((task) => (task.state === 'ended' ? Object.entries(task.captured) : [])));
}
