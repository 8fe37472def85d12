/** What pictures and tables say beside the bars, for everybody who reads instead of looking. */
import { seconds } from '../../hooks/sentence.ts';
import type { DeliveryBar, RunBars, TaskBar } from './run-bars.ts';
import type { RunView, TaskState } from './run-view.ts';

/** How a state is written: as the journal does, but for people. */
export const STATE_WORDS: Readonly<Record<RunView['state'] | TaskState, string>> = {
  pending: 'pending',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  timedOut: 'timed out',
  skipped: 'skipped',
  interrupted: 'interrupted',
};

/** What the other signs of a picture mean. */
export const LEGEND_WORDS = {
  wait: 'no attempt is made',
  answered: 'delivery answered',
  lost: 'delivery failed or lost',
  workEnd: 'the reserve begins',
  reserve: 'reserve',
  graceEnd: 'end of the grace',
  instant: 'an instant named below',
  now: 'now',
} as const;

/** `preStop of app, run k3-2`. */
export function runTitle({ hook, container, id }: RunView): string {
  return `${hook} of ${container}, run ${id}`;
}

/** `succeeded after 3.2 s`, `running for 3.2 s, 31.8 s left`. */
export function runState({ run, usedMs, leftMs }: RunBars): string {
  if (run.state === 'running') return `running for ${seconds(usedMs)}, ${seconds(leftMs)} left`;
  if (run.durationMs === null) return STATE_WORDS[run.state];
  return `${STATE_WORDS[run.state]} after ${seconds(run.durationMs)}`;
}

/** `6.9 of 35 s, reserve 10 s`: what was used of the working time. */
export function timeUsed({ run, usedMs }: RunBars): string {
  const { graceMs, reserveMs } = run.deadline;
  const kept = reserveMs === 0 ? '' : `, reserve ${inSeconds(reserveMs)} s`;
  return `${inSeconds(usedMs)} of ${inSeconds(graceMs - reserveMs)} s${kept}`;
}

/** `1.2 s`, `timed out after 3 s, attempt 2`, `pending`. */
export function taskState({ task, span }: TaskBar): string {
  if (span === undefined) return STATE_WORDS[task.state];
  const tries = task.attempts > 1 ? `, attempt ${task.attempts}` : '';
  const took = seconds(span.endMs - span.startMs);
  if (task.state === 'succeeded') return `${took}${tries}`;
  if (task.state === 'running') return `running for ${took}${tries}`;
  const lasted = task.durationMs === null ? '' : ` after ${took}`;
  return `${STATE_WORDS[task.state]}${lasted}${tries}`;
}

/** Why a task ended as it did, or how it gets on; empty where there is nothing to say. */
export function taskRemark({ task }: TaskBar): string {
  return (task.state === 'running' ? task.progress : task.reason) ?? '';
}

/** Both: `timed out after 3 s, attempt 2: was cut short …`. Why a task was not started says by itself that it was not. */
export function taskNote(bar: TaskBar): string {
  const remark = taskRemark(bar);
  if (remark === '') return taskState(bar);
  return bar.task.state === 'skipped' && bar.span === undefined ? remark : `${taskState(bar)}: ${remark}`;
}

/** The whole of a task in a sentence: `save: timed out after 3 s, attempt 2: was cut short …`. */
export function taskSentence(bar: TaskBar): string {
  return `${bar.task.name}: ${bar.task.state === 'succeeded' ? 'succeeded after ' : ''}${taskNote(bar)}`;
}

/** What became of taking a stop back, and of each undo: a line each; none where nothing is taken back. */
export function undoLines({ run, undo }: RunBars): string[] {
  if (run.undo === null) return [];
  const states = new Set(undo.map(({ task }) => task.state));
  return [`${undoState(states)}: ${run.undo.why}`, ...undo.map((bar) => `  ${taskSentence(bar)}`)];
}

function undoState(states: ReadonlySet<TaskState>): string {
  if (states.has('running')) return 'is being taken back';
  const lacking = [...states].filter((state) => state !== 'succeeded');
  if (lacking.length === 0) return 'was taken back';
  return lacking.every((state) => state === 'pending') ? 'is still to be taken back' : 'could not be taken back whole';
}

export function deliveryLabel({ delivery: { number, from } }: DeliveryBar): string {
  return `delivery ${number}${from === '' ? '' : ` (${from})`}`;
}

function inSeconds(ms: number): number {
  return Number((ms / 1000).toFixed(1));
}
