import type { DeliveryKind, Result } from '../hooks/delivery.ts';
import type { DeadlineSource, RunOutcome, Stop, TaskOutcome, TaskRecord } from '../journal/entry.ts';
import { redactSecrets } from '../observe/clean-text.ts';

/** The largest body in bytes: the kubelet reads no more than 10 KiB, and an answer with its headers is at most 8 KiB. */
export const LARGEST_BODY_BYTES = 7 * 1024;

interface TaskAnswer {
  readonly name: string;
  readonly outcome: TaskOutcome;
  readonly attempts: number;
  readonly durationMs: number;
  readonly reason: string | null;
}

/** What a caller is told of a run. */
interface Answer {
  readonly hook: string;
  readonly container: string;
  readonly run: string;
  readonly delivery: DeliveryKind;
  readonly outcome: RunOutcome;
  readonly durationMs: number;
  readonly deadline: {
    readonly source: DeadlineSource;
    readonly graceMs: number;
    readonly reserveMs: number;
    readonly remainingMs: number;
  };
  /** Why the container is stopped, as far as it is known; of a preStop. */
  readonly stop?: Stop;
  readonly tasks: readonly TaskAnswer[];
  /** What must not pass in silence, such as a journal that is not durable. */
  readonly notes?: readonly string[];
  /** What was left out to keep the answer small. */
  readonly shortened?: string;
}

export type EndedResult = Result & { readonly kind: 'ended' };

/** Steps of shortening: the longest reason in characters. */
const REASON_LENGTHS = [200, 80, 20];
const SHORTEST_REASON = 20;

/** Notes are few, and each would mislead if it were cut to a few words, in characters. */
const SHORTEST_NOTE = 120;

/** The answer as JSON, at most `limitBytes` long: reasons give way first, then succeeded tasks, then the last tasks. */
export function answerJson(result: EndedResult, limitBytes: number = LARGEST_BODY_BYTES): string {
  const whole = answerOf(result);
  for (const candidate of shrinking(whole)) {
    const json = JSON.stringify(candidate);
    if (Buffer.byteLength(json) <= limitBytes) return json;
  }
  return JSON.stringify({ ...whole, tasks: [], notes: [], shortened: 'all tasks are left out' });
}

function answerOf({ run, delivery, notes }: EndedResult): Answer {
  const { source, graceMs, reserveMs } = run.deadline;
  return {
    hook: run.hook,
    container: run.container,
    run: run.id,
    delivery,
    outcome: run.outcome,
    durationMs: run.durationMs,
    deadline: { source, graceMs, reserveMs, remainingMs: run.remainingMs },
    ...(run.stop === undefined ? {} : { stop: { ...run.stop, why: redactSecrets(run.stop.why) } }),
    tasks: run.tasks.map(taskAnswer),
    ...(notes.length > 0 ? { notes: notes.map(redactSecrets) } : {}),
  };
}

/** An ended run has only ended tasks; a record that says otherwise is shown for what it means. */
function taskAnswer(task: TaskRecord): TaskAnswer {
  const { name } = task;
  switch (task.state) {
    case 'ended': {
      const { outcome, attempts, durationMs, reason } = task;
      return { name, outcome, attempts, durationMs, reason: reason === null ? null : redactSecrets(reason) };
    }
    case 'running':
      return {
        name,
        outcome: 'interrupted',
        attempts: task.attempts,
        durationMs: 0,
        reason: 'its end is not recorded',
      };
    case 'pending':
      return { name, outcome: 'skipped', attempts: 0, durationMs: 0, reason: 'was not started' };
  }
}

/** The answer, and ever smaller ones that say what they leave out. */
function* shrinking(whole: Answer): Generator<Answer> {
  yield whole;
  for (const length of REASON_LENGTHS) {
    yield { ...cut(whole, whole.tasks, length), shortened: `reasons are cut to ${length} characters` };
  }
  const others = whole.tasks.filter(({ outcome }) => outcome !== 'succeeded');
  const succeeded = whole.tasks.length - others.length;
  for (let kept = others.length; kept > 0; kept = Math.floor(kept * 0.8)) {
    const left = [
      ...(succeeded > 0 ? [`${succeeded} succeeded tasks`] : []),
      ...(kept < others.length ? [`${others.length - kept} other tasks`] : []),
    ];
    const shortened = `reasons are cut to ${SHORTEST_REASON} characters; ${left.join(' and ')} are left out`;
    yield { ...cut(whole, others.slice(0, kept), SHORTEST_REASON), shortened };
  }
}

function cut(answer: Answer, tasks: readonly TaskAnswer[], length: number): Answer {
  return {
    ...answer,
    tasks: tasks.map((task) => (task.reason === null ? task : { ...task, reason: cutText(task.reason, length) })),
    ...(answer.notes === undefined
      ? {}
      : { notes: answer.notes.map((note) => cutText(note, Math.max(length, SHORTEST_NOTE))) }),
  };
}

function cutText(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text;
}
