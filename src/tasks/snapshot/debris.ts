import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from './catalogue.ts';
import { parseArchiveName, parseTemporaryFile, SIDE_FILES } from './file-names.ts';
import { attempting } from './problem.ts';
import { isAlive, type OwnWriter } from './writer-process.ts';

/** What a writer of another pod has not touched for so long is nobody's any more, in ms. */
export const ABANDONED_MS = 60 * 60 * 1000;

/**
 * Removes what killed writers of this name have left in a folder: temporary files, and side files that never got their
 * archive. What belongs to a living writer stays, and what may belong to one of another pod stays for an hour. Gives the
 * names of what it removed; throws `SnapshotProblem`.
 */
export function removeDebris(folder: string, name: string, own: OwnWriter, nowMs: number): string[] {
  const files = namesIn(folder);
  const temporary = files.filter((file) => parseTemporaryFile(file)?.name === name);
  const abandoned = temporary.filter((file) => isAbandoned(folder, file, own, nowMs));
  // A writer puts the side files there just before the archive gets its name.
  const orphans = abandoned.length < temporary.length ? [] : files.filter((file) => isOrphan(folder, file, name));
  const debris = [...abandoned, ...orphans];
  for (const file of debris)
    attempting(`remove ${join(folder, file)}`, () => rmSync(join(folder, file), { force: true }));
  return debris;
}

function isAbandoned(folder: string, file: string, own: OwnWriter, nowMs: number): boolean {
  const writer = parseTemporaryFile(file)?.writer;
  if (writer === undefined) return false;
  const alive = isAlive(writer, own);
  if (alive !== undefined) return !alive;
  const stats = statSync(join(folder, file), { throwIfNoEntry: false });
  return stats !== undefined && nowMs - stats.mtimeMs > ABANDONED_MS;
}

function isOrphan(folder: string, file: string, name: string): boolean {
  const extension = SIDE_FILES.find((each) => file.endsWith(each));
  if (extension === undefined) return false;
  const archive = file.slice(0, -extension.length);
  return parseArchiveName(archive)?.name === name && !existsSync(join(folder, archive));
}
