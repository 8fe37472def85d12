import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from './catalogue.ts';
import { parseArchiveName, parseTemporaryFile, SIDE_FILES } from './file-names.ts';
import { attempting, SnapshotProblem, Stopped } from './problem.ts';
import { isAlive, type OwnWriter } from './writer-process.ts';

/** What a writer of another pod has not touched for so long is nobody's any more, in ms. */
export const ABANDONED_MS = 60 * 60 * 1000;

/** After so many that could not be removed, no other is tried: who may remove nothing has one more with each run. */
const MOST_STUCK = 5;

/** What became of what killed writers had left. */
export interface Debris {
  /** The names of what is gone. */
  readonly removed: string[];
  /** Why the rest is not. It is in nobody's way: a snapshot is taken all the same. */
  readonly stuck: string[];
}

/**
 * Removes what killed writers of this name have left in a folder: temporary files, and side files that never got their
 * archive. What belongs to a living writer stays, and what may belong to one of another pod stays for an hour. Throws
 * `SnapshotProblem` where it cannot look.
 */
export function removeDebris(folder: string, name: string, own: OwnWriter, nowMs: number): Debris {
  const files = namesIn(folder);
  const temporary = files.filter((file) => parseTemporaryFile(file)?.name === name);
  const abandoned = temporary.filter((file) => isAbandoned(folder, file, own, nowMs));
  // A writer puts the side files there just before the archive gets its name.
  const orphans = abandoned.length < temporary.length ? [] : files.filter((file) => isOrphan(folder, file, name));
  const debris: Debris = { removed: [], stuck: [] };
  for (const file of [...abandoned, ...orphans]) {
    if (isHopeless(debris)) break;
    try {
      attempting(`remove ${join(folder, file)}`, () => rmSync(join(folder, file), { force: true }));
      debris.removed.push(file);
    } catch (error) {
      debris.stuck.push(whyStuck(error));
    }
  }
  return debris;
}

export function isHopeless({ stuck }: Debris): boolean {
  return stuck.length >= MOST_STUCK;
}

/** Why something could not be removed. Throws what is no reason. */
export function whyStuck(error: unknown): string {
  if (error instanceof SnapshotProblem && !(error instanceof Stopped)) return error.message;
  throw error;
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
