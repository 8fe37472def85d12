import { createHash } from 'node:crypto';
import { readArchive } from './archive-reader.ts';
import type { ByteSource } from './byte-source.ts';
import type { Listed } from './catalogue.ts';
import { type Counts, createCensus, sameCounts } from './census.ts';
import type { JobControl } from './control.ts';
import type { Format } from './format-names.ts';
import { SnapshotProblem, Stopped } from './problem.ts';
import type { Shelf } from './shelf.ts';
import { createTarReader, type TarPart } from './tar-reader.ts';

export interface Expected extends Counts {
  readonly sha256: string;
}

/**
 * Reads an archive back, and holds it against what it should be: its bytes, that they can be unpacked, that they are an
 * archive, and what is in it. `visit` sees each part on the way, before the whole is known to be right. Throws
 * `SnapshotProblem`, whose message goes on after the archive's name.
 */
export async function readVerified(
  bytes: ByteSource,
  format: Format,
  expected: Expected,
  control: JobControl,
  visit: (part: TarPart) => void = () => {},
): Promise<void> {
  const census = createCensus();
  const reader = createTarReader();
  const hash = createHash('sha256');
  for await (const block of readArchive(bytes, format, hash, control)) {
    for (const part of reader.push(block)) {
      if (part.kind === 'entry') census.add(part.entry);
      visit(part);
    }
    control.progress(() => `has read back ${census.counts().files} of ${expected.files} files`);
  }
  if (hash.digest('hex') !== expected.sha256) throw new SnapshotProblem('is damaged: its SHA-256 is another', false);
  reader.end();
  if (!sameCounts(census.counts(), expected)) {
    throw new SnapshotProblem('is damaged: it does not hold what its manifest says', false);
  }
}

/** Whether a snapshot is whole: undefined, or what is wrong with it. Throws `Stopped`. */
export async function whyDamaged(shelf: Shelf, listed: Listed, control: JobControl): Promise<string | undefined> {
  const { problem, manifest, file, format } = listed;
  if (problem !== undefined || manifest === undefined) return problem ?? 'its manifest is missing';
  try {
    await readVerified(await shelf.read(file), format, manifest, control);
    return undefined;
  } catch (error) {
    if (!(error instanceof SnapshotProblem) || error instanceof Stopped) throw error;
    return error.message;
  }
}
