import { resolve } from 'node:path';
import { systemClock } from '../hooks/clock.ts';
import { visible } from '../observe/visible-text.ts';
import { parseBucketUrl } from '../tasks/snapshot/place.ts';
import { newTicket, runJob } from '../tasks/snapshot/run-job.ts';
import { liesIn } from '../tasks/snapshot-task/snapshot-check.ts';
import { restoredLines } from '../tasks/snapshot-task/snapshot-sentences.ts';

export interface RestoreInput {
  /** The folder of the snapshots, or `s3://BUCKET/PREFIX`. */
  readonly from: string;
  readonly to: string;
  /** Whose snapshots; undefined: the folder has those of one name only. */
  readonly name: string | undefined;
  /** The file of one archive; undefined: the newest good one. */
  readonly archive: string | undefined;
  readonly overwrite: boolean;
  /** Whether it is fine that there is no snapshot yet, or that the folder has something in it already. */
  readonly ifNeeded: boolean;
  readonly write: (text: string) => void;
}

/** `hookkeeper restore`: restores a snapshot, all of it or nothing. 0, or 1 with a sentence where nothing was restored. */
export async function restore({ from, to, name, archive, overwrite, ifNeeded, write }: RestoreInput): Promise<number> {
  const place = parseBucketUrl(from) ?? resolve(from);
  const settings = { from: place, to: resolve(to), name, archive, overwrite };
  if (typeof place === 'string' && (liesIn(place, settings.to) || liesIn(settings.to, place))) {
    write('Cannot restore into the folder of the snapshots, or into one above or below it\n');
    return 1;
  }
  using ticket = newTicket();
  const signal = new AbortController().signal;
  const end = await runJob({ kind: 'restore', settings }, ticket, {
    clock: systemClock,
    signal,
    stopMs: () => 0,
    progress: (message) => write(`${visible(message)}\n`),
  });
  if (end.kind !== 'restored') {
    write(`Nothing was restored: ${visible(end.kind === 'failed' ? end.reason : end.kind)}\n`);
    return 1;
  }
  const { restored } = end;
  if (restored.kind === 'restored') {
    for (const line of restoredLines(restored, settings.to)) write(`${visible(line)}\n`);
    return 0;
  }
  if (ifNeeded) {
    write(`Nothing had to be restored: ${visible(restored.why)}\n`);
    return 0;
  }
  const remedy = restored.kind === 'notEmpty' ? '; --overwrite replaces what is in it' : '';
  write(`Nothing was restored: ${visible(restored.why)}${remedy}\n`);
  return 1;
}
