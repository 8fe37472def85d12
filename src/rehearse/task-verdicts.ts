/** What people want of their own tasks, as far as a rehearsed life shows it. Pure. */
import { tasksOf } from '../config/config.ts';
import type { TaskRecord } from '../journal/entry.ts';
import { cutOff, lifeOf, type RehearsedLife } from './rehearsed-life.ts';
import { titleOf, type Verdict, type VerdictInput, verdict } from './verdict.ts';

export function critical({ life, config }: VerdictInput): Verdict[] {
  const bad: string[] = [];
  let all = 0;
  for (const run of life.runs) {
    if (cutOff(life, run)) continue;
    const hook = config.containers.get(run.container)?.[run.hook];
    for (const task of hook === undefined ? [] : tasksOf(hook)) {
      if (task.priority !== 'critical') continue;
      all += 1;
      const record = run.tasks.find(({ name }) => name === task.name);
      const conditional = task.when !== undefined || task.whenReason !== undefined;
      if (!isDone(record, conditional)) bad.push(`${task.name} of ${titleOf(run)} ${howItEnded(record)}`);
    }
  }
  return all === 0 ? [] : [verdict(null, 'critical tasks', bad, `${all} of ${all} done`)];
}

function isDone(record: TaskRecord | undefined, conditional: boolean): boolean {
  if (record?.state !== 'ended') return false;
  if (record.outcome === 'succeeded') return true;
  // One that found nothing to do is done.
  return record.outcome === 'skipped' && (conditional || record.attempts > 0);
}

function howItEnded(record: TaskRecord | undefined): string {
  if (record?.state !== 'ended') return 'did not end';
  return `${record.outcome === 'timedOut' ? 'timed out' : record.outcome}: ${record.reason ?? 'for no reason'}`;
}

/** Where a scenario leaves a hook no way to succeed, that one is not asked for. */
export function hooksSucceed({ life, mayFail }: VerdictInput): Verdict[] {
  const asked = life.runs.filter((run) => {
    if (mayFail === 'preStop') return run.hook === 'postStart';
    return mayFail !== 'firstPostStart' || run.hook === 'preStop' || lifeOf(life, run) > 0;
  });
  if (asked.length === 0) return [];
  const bad = asked.flatMap((run) =>
    run.state === 'ended' && run.outcome !== 'succeeded' ? [`${titleOf(run)} ${run.outcome}: ${run.reason ?? ''}`] : [],
  );
  return [verdict(null, 'hooks succeed', bad, `${asked.length} of ${asked.length}`)];
}

export function undone({ runs }: RehearsedLife): Verdict[] {
  const records = runs.flatMap(({ undo }) => undo?.tasks ?? []);
  if (records.length === 0) return [];
  const bad = records.flatMap((record) =>
    record.state === 'ended' && record.outcome === 'succeeded' ? [] : [`${record.name} ${howItEnded(record)}`],
  );
  return [verdict(null, 'taken back', bad, `${records.length} of ${records.length}, as the container came back`)];
}
