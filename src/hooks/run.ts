/**
 * Executes a run's plan: tasks in their order, each step in the journal before the next (P1), the end before the answer,
 * all of it before the deadline minus the reserve (P5).
 */
import { type HookConfig, type Step, type TaskConfig, tasksOf } from '../config/config.ts';
import type { Journal, RunRecord, TaskRecord } from '../journal/entry.ts';
import type { Clock } from './clock.ts';
import { createTimeLimit, type Deadline } from './deadline.ts';
import type { Emit } from './event.ts';
import type { TaskAction } from './task.ts';
import { type EndedTask, notStarted, runTask, type TaskEnd } from './task-run.ts';
import { judge, type Verdict, whyNotRun } from './verdict.ts';

export type RunningRun = RunRecord & { readonly state: 'running' };
export type EndedRun = RunRecord & { readonly state: 'ended' };

export interface RunInput {
  readonly config: HookConfig<TaskAction>;
  /** The claimed run as the journal has it now: a joining delivery counts itself there. */
  readonly current: () => RunningRun;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly emit: Emit;
  readonly random: () => number;
  /** Aborts when the run is broken off at once: then nothing more is journaled, and the run is interrupted. */
  readonly signal: AbortSignal;
  /** Resolves when enough is known of the deadline for the first task, or soon. */
  readonly ready: () => Promise<void>;
  /** Resolves when what is to be known at its end is, or never: it is waited for in the working time alone. */
  readonly ending: () => Promise<void>;
  /** Resolves when the reason of the stop is known, or when it can't be waited for any longer. */
  readonly reasonSettled: (signal: AbortSignal) => Promise<void>;
}

/** Kept for sending the answer when the disk is slow, in ms. */
const SEND_MS = 50;

/** Runs it; resolves with the ended record, or undefined when it was broken off. Never rejects. */
export async function executeRun(input: RunInput): Promise<EndedRun | undefined> {
  const { config, clock, deadline } = input;
  const startedMs = clock.monotonicMs();
  let verdict: Verdict = { kind: 'good' };
  await input.ready();
  if (input.signal.aborted) return undefined;
  for (const [index, step] of config.steps.entries()) {
    const tasks = step.kind === 'task' ? [step.task] : step.tasks;
    const later = config.steps.slice(index + 1);
    const ends = await runStep(input, tasks, later, verdict);
    if (input.signal.aborted) return undefined;
    for (const { task, end } of ends) verdict = judge(verdict, task, end);
  }
  await inTime(input, input.ending());
  if (input.signal.aborted) return undefined;
  const ended: EndedRun = {
    ...input.current(),
    state: 'ended',
    outcome: verdict.kind === 'bad' ? verdict.outcome : 'succeeded',
    reason: verdict.kind === 'bad' ? verdict.reason : null,
    endedAtMs: clock.epochMs(),
    durationMs: Math.round(clock.monotonicMs() - startedMs),
    remainingMs: Math.round(deadline.remainingMs()),
  };
  input.journal.put(ended);
  await commitInTime(input);
  return ended;
}

interface JudgedTask {
  readonly task: TaskConfig<TaskAction>;
  readonly end: TaskEnd;
}

/** Runs the tasks of one step side by side; the journal knows that they run before any of them has an effect. */
async function runStep(
  input: RunInput,
  tasks: readonly TaskConfig<TaskAction>[],
  later: readonly Step<TaskAction>[],
  verdict: Verdict,
): Promise<JudgedTask[]> {
  const before = new Map(input.current().tasks.map((record) => [record.name, record]));
  const starts = tasks.map((task) => ({ task, start: startOf(input, task, before.get(task.name), verdict) }));
  for (const { task, start } of starts) {
    if (start.kind !== 'run') putTask(input, start.end.record);
    else putTask(input, runningRecord(task, start.earlierAttempts, input.clock));
  }
  if (starts.some(({ start }) => start.kind === 'run')) await commitInTime(input);
  return Promise.all(
    starts.map(async ({ task, start }) => {
      if (start.kind !== 'run') return { task, end: start.end };
      const end = await runTask({
        ...input,
        run: input.current,
        task,
        later,
        earlierAttempts: start.earlierAttempts,
        unknownReason: input.config.unknownReason,
      });
      if (!input.signal.aborted) {
        putTask(input, end.record);
        // The next step, or the run's end, waits for this one's record; a sibling does not have to.
        if (tasks.length > 1) void input.journal.commit();
      }
      return { task, end };
    }),
  );
}

/** Whether a task is run now, or why its end is known already. */
type Start =
  | { readonly kind: 'run'; readonly earlierAttempts: number }
  | { readonly kind: 'known'; readonly end: TaskEnd };

function startOf(
  input: RunInput,
  task: TaskConfig<TaskAction>,
  before: TaskRecord | undefined,
  verdict: Verdict,
): Start {
  const known = (record: EndedTask): Start => ({ kind: 'known', end: { kind: 'ran', record } });
  const attempts = before === undefined || before.state === 'pending' ? 0 : before.attempts;
  if (before?.state === 'ended' && before.outcome === 'succeeded') return known(before);
  const interrupted = before?.state === 'running' || (before?.state === 'ended' && before.outcome === 'interrupted');
  if (interrupted && task.onInterrupted !== 'rerun') {
    const record: EndedTask = {
      ...notStarted(
        task.name,
        input.clock,
        attempts,
        'was interrupted by the end of the sidecar, and is not run again',
      ),
      outcome: 'interrupted',
    };
    return announce(input, known(record), record);
  }
  const reason = whyNotRun(verdict, input.current().hook, task);
  if (reason === undefined) return { kind: 'run', earlierAttempts: attempts };
  const record = notStarted(task.name, input.clock, attempts, reason);
  return announce(input, known(record), record);
}

function announce(input: RunInput, start: Start, task: EndedTask): Start {
  const remainingMs = input.deadline.remainingMs();
  input.emit({ type: 'taskEnded', run: input.current(), task, shed: false, remainingMs });
  return start;
}

/** The task's claim: should we die now, its attempt counts as begun. */
function runningRecord(task: TaskConfig<TaskAction>, earlierAttempts: number, clock: Clock): TaskRecord {
  return { state: 'running', name: task.name, attempts: earlierAttempts + 1, startedAtMs: clock.epochMs() };
}

function putTask(input: RunInput, record: TaskRecord): void {
  const run = input.current();
  input.journal.put({ ...run, tasks: run.tasks.map((task) => (task.name === record.name ? record : task)) });
}

/** Waits for the disk, but not beyond the working time: a slow disk must not make the answer late (P5, P7). */
export function commitInTime(input: Pick<RunInput, 'journal' | 'clock' | 'deadline'>): Promise<void> {
  return inTime(input, input.journal.commit());
}

async function inTime(
  { clock, deadline }: Pick<RunInput, 'clock' | 'deadline'>,
  done: Promise<unknown>,
): Promise<void> {
  const { promise: timeIsUp, resolve } = Promise.withResolvers<void>();
  const leftMs = () => deadline.remainingMs() - SEND_MS;
  using limit = createTimeLimit(clock, deadline, leftMs, () => new Error('time is up'), new AbortController().signal);
  if (limit.signal.aborted) resolve();
  limit.signal.addEventListener('abort', () => resolve(), { once: true });
  await Promise.race([done, timeIsUp]);
}

/** The tasks of a new or resumed run: what earlier executions left of those that the config still has. */
export function tasksFor(config: HookConfig<TaskAction>, earlier: readonly TaskRecord[]): TaskRecord[] {
  const known = new Map(earlier.map((task) => [task.name, task]));
  return tasksOf(config).map((task) => known.get(task.name) ?? { state: 'pending', name: task.name });
}
