/** When things of a run happened, as bars on the wall clock: pure, and the one source of every picture of it. */
import type { DeliveryView, RunView, TaskState, TaskView } from './run-view.ts';

/** From when to when something lasted, in ms since 1970. `endMs` is not before `startMs`. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** A part of a task's bar: an attempt, or a time in which none was made. The parts of a bar cover it without a gap. */
export type Piece =
  /** `number` is null where several are not told apart, or it is not known which it is. */
  | { readonly kind: 'attempt'; readonly number: number | null; readonly state: TaskState; readonly span: Span }
  | { readonly kind: 'wait'; readonly span: Span };

export interface TaskBar {
  readonly task: TaskView;
  /** Undefined for one that never ran. */
  readonly span: Span | undefined;
  readonly pieces: readonly Piece[];
}

export interface DeliveryBar {
  readonly delivery: DeliveryView;
  readonly span: Span;
}

/** A run's bars at some instant. */
export interface RunBars {
  readonly run: RunView;
  readonly deliveries: readonly DeliveryBar[];
  readonly tasks: readonly TaskBar[];
  /** Of what was taken back: much later, it may be, than all else, and told in words alone. */
  readonly undo: readonly TaskBar[];
  /** When the work has to be over, and when the grace is: the reserve lies between them. */
  readonly reserve: Span;
  /** What was used of the working time, in ms. */
  readonly usedMs: number;
  /** What is left of it, in ms; of a run that has ended: what was left then. */
  readonly leftMs: number;
  /** From the first delivery to the last thing that is known. */
  readonly span: Span;
}

/** The bars of a run at `nowMs`: what has not ended lasts until then. */
export function runBars(run: RunView, nowMs: number): RunBars {
  const startsMs = [run.startedAtMs, ...run.tasks.flatMap(({ startedAtMs }) => startedAtMs ?? [])];
  const latestStartMs = Math.max(...startsMs);
  const endMs = run.endedAtMs ?? (run.state === 'running' ? Math.max(nowMs, latestStartMs) : latestStartMs);
  const tasks = run.tasks.map((task) => taskBar(task, endMs));
  const deliveries = run.deliveries.map((delivery) => ({
    delivery,
    span: spanOf(delivery.atMs, delivery.untilMs ?? Math.max(endMs, delivery.atMs)),
  }));
  const ends = [...tasks.flatMap(({ span }) => span?.endMs ?? []), ...deliveries.map(({ span }) => span.endMs)];
  const workMs = run.deadline.graceMs - run.deadline.reserveMs;
  const leftMs = Math.max(0, run.workEndMs - endMs);
  return {
    run,
    deliveries,
    tasks,
    undo: run.undo?.tasks.map((task) => taskBar(task, nowMs)) ?? [],
    reserve: spanOf(run.workEndMs, run.workEndMs + run.deadline.reserveMs),
    usedMs: Math.min(workMs, run.durationMs ?? Math.max(0, workMs - leftMs)),
    leftMs,
    span: spanOf(Math.min(...startsMs, ...deliveries.map(({ span }) => span.startMs)), Math.max(endMs, ...ends)),
  };
}

function taskBar(task: TaskView, untilMs: number): TaskBar {
  const { startedAtMs, durationMs, attempts, state } = task;
  if (startedAtMs === null || (attempts === 0 && state !== 'running')) return { task, span: undefined, pieces: [] };
  const running = state === 'running';
  const span = spanOf(startedAtMs, durationMs === null ? (running ? untilMs : startedAtMs) : startedAtMs + durationMs);
  return { task, span, pieces: piecesOf(task, span) };
}

/** Cuts a bar into its attempts and the waits between them. What was seen of them is cut to the bar. */
function piecesOf(task: TaskView, span: Span): Piece[] {
  const pieces: Piece[] = [];
  let atMs = span.startMs;
  const advance = (toMs: number): Span => {
    const startMs = atMs;
    atMs = Math.min(span.endMs, Math.max(atMs, toMs));
    return { startMs, endMs: atMs };
  };
  const wait = (toMs: number) => {
    const waited = advance(toMs);
    if (waited.endMs > waited.startMs) pieces.push({ kind: 'wait', span: waited });
  };
  for (const { number, startedAtMs, endedAtMs, outcome } of task.tries) {
    wait(startedAtMs);
    pieces.push({ kind: 'attempt', number, state: outcome, span: advance(endedAtMs) });
  }
  const last = task.tries.at(-1);
  if (last === undefined) {
    const number = task.attempts > 1 ? null : 1;
    pieces.push({ kind: 'attempt', number, state: task.state, span: advance(span.endMs) });
  } else {
    wait(last.retryInMs === null ? span.endMs : last.endedAtMs + last.retryInMs);
    if (atMs < span.endMs) pieces.push({ kind: 'attempt', number: null, state: task.state, span: advance(span.endMs) });
  }
  return pieces;
}

function spanOf(startMs: number, endMs: number): Span {
  return { startMs, endMs: Math.max(startMs, endMs) };
}
