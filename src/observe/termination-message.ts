/**
 * What is left of the hooks in the container's status, for `kubectl describe pod`: what did not go well first, as the kubelet
 * keeps 4 KiB of a container's message, and less where a pod has many containers (12 KiB for all of them together).
 */
import { seconds } from '../hooks/sentence.ts';
import type { RunRecord, TaskRecord } from '../journal/entry.ts';
import { cleanText } from './clean-text.ts';

/** The kubelet cuts a longer message at its end, in bytes (container runtime contract of Kubernetes). */
export const LONGEST_MESSAGE_BYTES = 4096;

/** The longest line, in characters: one reason must not push out the others. */
const LONGEST_LINE = 400;

export interface TerminationFacts {
  /** What the process is doing, or how it ended: `hookkeeper 0.1.0 ended with 0 after SIGTERM`. */
  readonly headline: string;
  /** All runs of the journal, oldest first: the last of each hook of each container is told. */
  readonly runs: readonly RunRecord[];
  /** What else must not pass in silence, such as a journal that is kept in memory. */
  readonly notes: readonly string[];
  /** Whether this process is over: what still runs by its journal was broken off with it. */
  readonly over: boolean;
}

/** The message: whole lines, at most `limitBytes` of UTF-8, and a line that says so where some are left out. */
export function terminationMessage(
  { headline, runs, notes, over }: TerminationFacts,
  limitBytes: number = LONGEST_MESSAGE_BYTES,
): string {
  const last = lastOfEachHook(runs).toReversed();
  const good = last.filter(isGood);
  const bad = last.filter((run) => !good.includes(run));
  const lines = [headline, ...notes, ...[...bad, ...good].flatMap((run) => linesOf(run, over))];
  return fitting(lines.map(shortLine), limitBytes);
}

function lastOfEachHook(runs: readonly RunRecord[]): RunRecord[] {
  return [...Map.groupBy(runs, ({ hook, container }) => `${hook} ${container}`).values()].flatMap((each) =>
    each.slice(-1),
  );
}

function isGood(run: RunRecord): boolean {
  return run.state === 'ended' && run.outcome === 'succeeded' && notUndone(run).length === 0;
}

/** What of the stop could not be taken back, or not yet. */
function notUndone({ undo }: RunRecord): readonly TaskRecord[] {
  return undo?.tasks.filter((task) => task.state !== 'ended' || task.outcome !== 'succeeded') ?? [];
}

function linesOf(run: RunRecord, over: boolean): string[] {
  const isCut = over || run.state === 'interrupted';
  const told = run.tasks.filter((task) => task.state !== 'ended' || task.outcome !== 'succeeded');
  const succeeded = run.tasks.filter((task) => !told.includes(task)).map(({ name }) => name);
  return [
    `${run.hook} ${run.container} ${endOfRun(run, isCut)}`,
    ...told.toSorted((a, b) => rankOf(a) - rankOf(b)).map((task) => `  ${task.name}: ${endOfTask(task, isCut)}`),
    ...notUndone(run).map((task) => `  ${task.name}: ${endOfTask(task, over || run.undo?.instance === undefined)}`),
    ...(succeeded.length === 0 ? [] : [`  succeeded: ${succeeded.join(', ')}`]),
  ];
}

/** Failures before what was left out, and that before what was still to come. */
function rankOf(task: TaskRecord): number {
  if (task.state === 'pending') return 2;
  return task.state === 'ended' && task.outcome === 'skipped' ? 1 : 0;
}

function endOfRun(run: RunRecord, isCut: boolean): string {
  const { source, graceMs, reserveMs } = run.deadline;
  const within = `${seconds(graceMs - reserveMs)} (${source}), run ${run.id}`;
  switch (run.state) {
    case 'running':
    case 'interrupted':
      return isCut ? `was interrupted within ${within}` : `is being run within ${within}`;
    case 'ended': {
      const outcome = run.outcome === 'timedOut' ? 'timed out' : run.outcome;
      const why = run.reason === null ? '' : `: ${run.reason}`;
      return `${outcome} after ${seconds(run.durationMs)} of ${within}${why}`;
    }
  }
}

function endOfTask(task: TaskRecord, isCut: boolean): string {
  switch (task.state) {
    case 'pending':
      return 'not begun';
    case 'running':
      return `${isCut ? 'interrupted' : 'running'}, attempt ${task.attempts}`;
    case 'ended': {
      const { outcome, attempts, durationMs, reason } = task;
      if (outcome === 'skipped') return reason ?? outcome;
      const tried = attempts > 1 ? ` (${attempts} attempts)` : '';
      const end = `${outcome === 'timedOut' ? 'timed out' : outcome} after ${seconds(durationMs)}${tried}`;
      return reason === null ? end : `${end}: ${reason}`;
    }
  }
}

function shortLine(line: string): string {
  const clean = cleanText(line);
  return clean.length > LONGEST_LINE ? `${clean.slice(0, LONGEST_LINE).toWellFormed()}…` : clean;
}

function fitting(lines: readonly string[], limitBytes: number): string {
  const whole = textOf(lines);
  if (Buffer.byteLength(whole) <= limitBytes) return whole;
  for (let kept = lines.length - 1; kept > 0; kept -= 1) {
    const text = textOf([...lines.slice(0, kept), `… ${lines.length - kept} more lines: see the log`]);
    if (Buffer.byteLength(text) <= limitBytes) return text;
  }
  return '';
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
