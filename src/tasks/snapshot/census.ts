import { SnapshotProblem } from './problem.ts';
import type { TarEntry } from './tar-header.ts';

/** What is in an archive. */
export interface Counts {
  readonly files: number;
  readonly folders: number;
  readonly links: number;
  /** The content of all files together, in bytes. */
  readonly bytes: number;
}

/** Counts entries in the order of the archive, whether it is written or read. */
export interface Census {
  /** Throws `SnapshotProblem` for a second copy that does not follow its first. */
  add(entry: TarEntry): void;
  counts(): Counts;
}

/** A hard link is a file to whoever counts them; its content was counted with its first name. */
const COUNTED_AS = { file: 'files', folder: 'folders', link: 'links', hardLink: 'files' } as const;

export function createCensus(): Census {
  const counts = { files: 0, folders: 0, links: 0, bytes: 0 };
  let last: TarEntry | undefined;
  return {
    add(entry) {
      if (entry.again) {
        if (last?.type !== 'file' || entry.type !== 'file' || last.name !== entry.name) {
          throw new SnapshotProblem('is not an archive of hookkeeper: a second copy does not follow its first', false);
        }
        counts.bytes += entry.size - last.size;
      } else {
        counts[COUNTED_AS[entry.type]] += 1;
        counts.bytes += entry.size;
      }
      last = entry;
    },
    counts: () => ({ ...counts }),
  };
}

/** Whether both are the same. */
export function sameCounts(a: Counts, b: Counts): boolean {
  return a.files === b.files && a.folders === b.folders && a.links === b.links && a.bytes === b.bytes;
}

/** `3 files, 1.2 MB`. */
export function countsText({ files, bytes }: Pick<Counts, 'files' | 'bytes'>): string {
  return `${files === 1 ? '1 file' : `${files} files`}, ${bytesText(bytes)}`;
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** Bytes for people, in powers of 1000: `1.2 MB`. */
export function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 999.95 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}
