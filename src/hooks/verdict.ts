import type { HookName, TaskConfig } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { RunOutcome } from '../journal/entry.ts';
import { seconds } from './sentence.ts';
import type { EndedTask, TaskEnd } from './task-run.ts';

/** What the tasks ended so far mean for their run. The first reason wins. */
export type Verdict =
  | { readonly kind: 'good' }
  | {
      readonly kind: 'bad';
      readonly outcome: Exclude<RunOutcome, 'succeeded'>;
      readonly task: string;
      readonly reason: string;
    }
  | { readonly kind: 'stopped'; readonly task: string };

/** The verdict after one more task. Total. */
export function judge(before: Verdict, task: TaskConfig<ActionFacts>, end: TaskEnd): Verdict {
  if (before.kind !== 'good') return before;
  const { record } = end;
  const policy = policyOf(task, end);
  if (policy === 'continue') return before;
  if (policy === 'stop') return { kind: 'stopped', task: task.name };
  const outcome = record.outcome === 'failed' || record.outcome === 'interrupted' ? 'failed' : 'timedOut';
  return { kind: 'bad', outcome, task: task.name, reason: sentenceOf(task, record) };
}

function policyOf(task: TaskConfig<ActionFacts>, { kind, record }: TaskEnd): 'fail' | 'continue' | 'stop' {
  switch (record.outcome) {
    case 'succeeded':
      return 'continue';
    case 'failed':
      return task.onFailure;
    case 'timedOut':
      return kind === 'noTime' && task.priority === 'optional' ? 'continue' : task.onTimeout;
    case 'interrupted':
      return task.onInterrupted === 'fail' ? 'fail' : 'continue';
    case 'skipped':
      // Optional work is there to be shed; other work that found no time ran out of it.
      return kind === 'noTime' && task.priority !== 'optional' ? task.onTimeout : 'continue';
  }
}

function sentenceOf(task: TaskConfig<ActionFacts>, record: EndedTask): string {
  const said = record.reason ?? record.outcome;
  if (record.durationMs === 0) return `task ${task.name} ${said}`;
  const attempts = record.attempts > 1 ? ` (${record.attempts} attempts)` : '';
  return `task ${task.name} ${said} after ${seconds(record.durationMs)}${attempts}`;
}

/**
 * Why a task is not to be run any more, or undefined when it is. After a failure a postStart ends, as its container is
 * killed. A preStop still runs its critical tasks: the container is going away, and there is no later chance.
 */
export function whyNotRun(verdict: Verdict, hook: HookName, task: TaskConfig<ActionFacts>): string | undefined {
  switch (verdict.kind) {
    case 'good':
      return undefined;
    case 'stopped':
      return `was skipped as task ${verdict.task} ended the run`;
    case 'bad':
      if (hook === 'preStop' && task.priority === 'critical') return undefined;
      return `was skipped as task ${verdict.task} did not succeed`;
  }
}
