import * as z from 'zod/mini';
import { onDemand } from '../config/on-demand.ts';
import type { ActionProblem, TaskKind } from '../config/task-kind.ts';
import type { AttemptContext, AttemptResult, TaskAction } from '../hooks/task.ts';
import { shownPlace } from './snapshot/place.ts';
import { newTicket, runJob } from './snapshot/run-job.ts';
import { checkThere, checkWritableFolder, liesIn } from './snapshot-task/snapshot-check.ts';
import { soughtBy } from './snapshot-task/snapshot-kept.ts';
import { fillName, snapshotName } from './snapshot-task/snapshot-name.ts';
import { absolutePath, sourcePlace } from './snapshot-task/snapshot-place.ts';
import { checkBucket } from './snapshot-task/snapshot-place-check.ts';
import { restoredLines } from './snapshot-task/snapshot-sentences.ts';
import { summaryLine } from './summary-line.ts';

/** Enough to take back what was begun. */
const STOP_MS = 3000;

const settings = onDemand(() =>
  z.strictObject({
    from: sourcePlace().check(
      z.describe(
        'Where the snapshots are: the `destination` of the task `snapshot`, a folder, `s3://BUCKET/PREFIX` or a map with a `bucket`.',
      ),
    ),
    to: absolutePath().check(
      z.describe(
        'The folder to restore into. It is made if its parent is there. If it is not empty, nothing is restored, and the task is skipped.',
      ),
    ),
    name: z
      .prefault(snapshotName, '{container}')
      .check(z.describe('What the snapshots are called: the `name` of the task `snapshot`.')),
    overwrite: z
      .prefault(z.boolean(), false)
      .check(z.describe('Whether the content of a folder that is not empty is replaced by the snapshot.')),
  }),
);
type RestoreTaskSettings = z.output<ReturnType<typeof settings>>;

/** `restore`: puts the newest snapshot that is whole into a folder, all of it or nothing. */
export const restoreTask: TaskKind<TaskAction> = {
  name: 'restore',
  schema: () => z.pipe(settings(), z.transform(restoreAction)),
};

function restoreAction(restore: RestoreTaskSettings): TaskAction {
  const { from, to, name } = restore;
  return {
    summary: summaryLine(`restore ${shownPlace(from)} to ${to}`),
    ownMs: undefined,
    stopMs: STOP_MS,
    check: () => [
      ...(typeof from === 'string' ? checkThere(from, ['from']) : checkBucket(from, ['from'])),
      ...checkWritableFolder(to, ['to']),
    ],
    seeks: (container) => soughtBy(from, name, container),
    checkText: () => (typeof from === 'string' && (liesIn(from, to) || liesIn(to, from)) ? [within(from)] : []),
    run: (attempt) => run(restore, attempt),
  };
}

function within(from: string): ActionProblem {
  const remedy = 'keep the snapshots and what is restored apart';
  return {
    severity: 'error',
    path: ['to'],
    rule: 'must lie outside of from, and from outside of it',
    value: from,
    remedy,
  };
}

async function run(
  { from, to, name, overwrite }: RestoreTaskSettings,
  attempt: AttemptContext,
): Promise<AttemptResult> {
  using ticket = newTicket();
  const settings = { from, to, name: fillName(name, attempt.container), archive: undefined, overwrite };
  const { clock, signal, progress } = attempt;
  const stopMs = () => Math.min(attempt.stopMs(), STOP_MS);
  const end = await runJob({ kind: 'restore', settings }, ticket, { clock, signal, stopMs, progress });
  switch (end.kind) {
    case 'restored':
      if (end.restored.kind !== 'restored') return { outcome: 'skipped', reason: end.restored.why };
      for (const line of restoredLines(end.restored, to)) attempt.output(line);
      return { outcome: 'succeeded' };
    case 'failed':
      return { outcome: 'failed', reason: end.reason, retryable: end.retryable };
    case 'taken':
    case 'verified':
      throw new Error(`a restore cannot end as ${end.kind}`);
  }
}
