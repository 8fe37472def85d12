import { existsSync } from 'node:fs';
import { systemClock } from '../hooks/clock.ts';
import { visible } from '../observe/visible-text.ts';
import { bytesText } from '../tasks/snapshot/census.ts';
import type { Verified } from '../tasks/snapshot/job.ts';
import { parseBucketUrl } from '../tasks/snapshot/place.ts';
import { newTicket, runJob } from '../tasks/snapshot/run-job.ts';
import { textTable } from './text-table.ts';

export interface SnapshotsInput {
  /** The folder of the snapshots, or `s3://BUCKET/PREFIX`. */
  readonly from: string;
  /** Whose; undefined: all. */
  readonly name: string | undefined;
  readonly write: (text: string) => void;
}

const HEADS = ['SNAPSHOT', 'FILES', 'CONTENT', 'ARCHIVE', 'STATE'].map((head) => ({ head }));

/** `hookkeeper snapshots`: reads all snapshots through and prints what is there. 0, or 1 if one is damaged or none can be read. */
export async function snapshots({ from, name, write }: SnapshotsInput): Promise<number> {
  const bucket = parseBucketUrl(from);
  // A mistyped folder must not look like one that is still empty.
  if (bucket === undefined && !existsSync(from)) {
    write(`There is no folder ${visible(from)}; name the destination of the snapshots with --from\n`);
    return 1;
  }
  using ticket = newTicket();
  const signal = new AbortController().signal;
  const end = await runJob({ kind: 'verify', from: bucket ?? from, name }, ticket, {
    clock: systemClock,
    signal,
    stopMs: () => 0,
    progress: () => {},
  });
  if (end.kind !== 'verified') {
    write(`${visible(end.kind === 'failed' ? end.reason : end.kind)}\n`);
    return 1;
  }
  if (end.snapshots.length === 0) {
    write(`There is no snapshot in ${visible(from)}\n`);
    return 0;
  }
  const rows = end.snapshots.map(rowOf);
  write(`${textTable(HEADS, rows, Number.POSITIVE_INFINITY).join('\n')}\n`);
  return end.snapshots.some(({ damage }) => damage !== undefined) ? 1 : 0;
}

function rowOf({ file, manifest, archiveBytes, damage }: Verified): string[] {
  const { files, bytes } = manifest ?? { files: undefined, bytes: undefined };
  const content = bytes === undefined ? '' : bytesText(bytes);
  return [visible(file), String(files ?? ''), content, bytesText(archiveBytes), visible(stateOf(manifest, damage))];
}

function stateOf(manifest: Verified['manifest'], damage: string | undefined): string {
  if (damage !== undefined) return `BAD: ${damage}`;
  const smaller = manifest?.smaller ?? undefined;
  return smaller === undefined ? 'good' : `whole, but ${smaller}`;
}
