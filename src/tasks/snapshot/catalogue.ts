import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ArchiveName, parseArchiveName } from './file-names.ts';
import { decodeManifest, type Manifest } from './manifest.ts';
import { attempting, codeOf } from './problem.ts';

/** A snapshot in its folder, as far as it is known without reading its archive. */
export interface Listed extends ArchiveName {
  readonly archiveBytes: number;
  /** Undefined where it has none that can be used; then `problem` says why. */
  readonly manifest: Manifest | undefined;
  /** What is wrong with it: `its manifest is missing`. Undefined: nothing is seen. */
  readonly problem: string | undefined;
}

/** A manifest names at most a few hundred paths. */
const LARGEST_MANIFEST_BYTES = 1024 * 1024;

/** The snapshots of a folder, of one name or of all, newest first. A folder that is not there has none. Throws `SnapshotProblem`. */
export function listSnapshots(folder: string, name: string | undefined): Listed[] {
  return namesIn(folder)
    .flatMap((file) => parseArchiveName(file) ?? [])
    .filter((archive) => name === undefined || archive.name === name)
    .toSorted((a, b) => b.takenAtMs - a.takenAtMs)
    .map((archive) => inspect(folder, archive));
}

/** All files of a folder; none where it is not there. Throws `SnapshotProblem`. */
export function namesIn(folder: string): string[] {
  return attempting(`read ${folder}`, () => {
    try {
      return readdirSync(folder);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  });
}

/** Whether it is a good one: it may stand for the state. */
export function isGood({ manifest, problem }: Listed): boolean {
  return problem === undefined && manifest?.smaller === null;
}

function inspect(folder: string, archive: ArchiveName): Listed {
  const path = join(folder, archive.file);
  const archiveBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const manifest = readManifest(`${path}.json`);
  if (typeof manifest === 'string') return { ...archive, archiveBytes, manifest: undefined, problem: manifest };
  return { ...archive, archiveBytes, manifest, problem: mismatch(archive, archiveBytes, manifest) };
}

export function mismatch(archive: ArchiveName, archiveBytes: number, manifest: Manifest): string | undefined {
  if (manifest.archive !== archive.file || manifest.format !== archive.format)
    return 'its manifest is of another archive';
  if (manifest.archiveBytes === archiveBytes) return undefined;
  return `it has ${archiveBytes} bytes, and had ${manifest.archiveBytes}`;
}

function readManifest(path: string): Manifest | string {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > LARGEST_MANIFEST_BYTES) return 'its manifest is no small file';
    return decodeManifest(readFileSync(path, 'utf8')) ?? 'its manifest cannot be understood';
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? 'its manifest is missing' : `its manifest cannot be read (${codeOf(error)})`;
  }
}
