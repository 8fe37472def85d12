/**
 * Takes one snapshot. At any moment, a kill and a full disk included, the last good one is whole and `latest` names it:
 *
 * 1. The archive is written under a temporary name, and synced.
 * 2. It is read back, and held against what was written.
 * 3. It is judged against the last good one.
 * 4. Its manifest and checksum get their names, then the archive gets its own: from here on it counts.
 * 5. `latest` moves, and then the oldest go.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createArchive } from './archive-writer.ts';
import { isGood, listSnapshots } from './catalogue.ts';
import { createRateLimit, type JobControl } from './control.ts';
import { removeDebris } from './debris.ts';
import { createDurably, replaceDurably, syncFolder } from './durable.ts';
import { archiveName, latestFile, SIDE_FILES, temporaryFile } from './file-names.ts';
import type { Format } from './format-names.ts';
import { judge, removable, type SizeRules } from './keep.ts';
import { encodeManifest, type Manifest } from './manifest.ts';
import { type PackSettings, pack } from './pack.ts';
import { attempting, codeOf, SnapshotProblem, Stopped } from './problem.ts';
import { readVerified } from './verify.ts';
import type { OwnWriter } from './writer-process.ts';

export interface TakeSettings extends PackSettings, SizeRules {
  readonly name: string;
  readonly format: Format;
  readonly level: number;
  /** How much is read from the sources in a second, in bytes; undefined: no limit. */
  readonly limitBytesPerS: number | undefined;
  /** How many good snapshots stay. */
  readonly keep: number;
  /** What the manifest says of the sources. No secret. */
  readonly shownSources: readonly string[];
  readonly about: Pick<Manifest, 'hook' | 'container' | 'run' | 'task'>;
}

export interface Taken {
  readonly file: string;
  readonly manifest: Manifest;
  /** Old snapshots that went. */
  readonly removed: readonly string[];
  /** What killed runs had left. */
  readonly debris: readonly string[];
}

/** Throws `SnapshotProblem` where there is no new snapshot; nothing of it is left then. */
export async function takeSnapshot(settings: TakeSettings, own: OwnWriter, control: JobControl): Promise<Taken> {
  const { destination, name } = settings;
  makeFolder(destination);
  const debris = removeDebris(destination, name, own, control.clock.epochMs());
  const temporary = join(destination, temporaryFile(name, own, 'archive'));
  try {
    const written = await writeArchive(settings, temporary, control);
    await readBack(settings, temporary, written, control);
    control.throwIfStopped();
    const { file, manifest } = publish(settings, temporary, written);
    const removed = manifest.smaller === null ? turnOver(settings, own, file) : removeOld(settings);
    return { file, manifest, removed, debris };
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** The folder's parent has to be there: a volume that is not mounted must not be made up. */
export function makeFolder(folder: string): void {
  attempting(`make the folder ${folder}`, () => {
    try {
      mkdirSync(folder);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  });
}

type Written = Omit<Manifest, 'archive' | 'smaller'>;

async function writeArchive(settings: TakeSettings, path: string, control: JobControl): Promise<Written> {
  const { format, level, about } = settings;
  const startedMs = control.clock.monotonicMs();
  const takenAt = new Date(control.clock.epochMs()).toISOString();
  const limit = createRateLimit(settings.limitBytesPerS, control);
  const writer = createArchive(path, { format, level, limit });
  try {
    const { counts, remarks } = await pack(settings, writer, control);
    const { sha256, bytes: archiveBytes } = await writer.finish();
    const durationMs = Math.round(control.clock.monotonicMs() - startedMs);
    const sources = [...settings.shownSources];
    return { version: 1, sha256, archiveBytes, format, takenAt, durationMs, sources, ...about, ...counts, remarks };
  } finally {
    await writer.close();
  }
}

async function readBack({ format }: TakeSettings, path: string, written: Written, control: JobControl): Promise<void> {
  try {
    await readVerified(path, format, written, control);
  } catch (error) {
    if (!(error instanceof SnapshotProblem) || error instanceof Stopped) throw error;
    throw new SnapshotProblem(`what was written ${error.message}`, true);
  }
}

/** Judges the new archive and gives it its name. All that is done here is synchronous: nothing can come between. */
function publish(
  settings: TakeSettings,
  temporary: string,
  written: Written,
): { readonly file: string; readonly manifest: Manifest } {
  const { destination, name, format } = settings;
  const listed = listSnapshots(destination, name);
  const judgement = judge(written, listed.find(isGood)?.manifest, settings);
  if (judgement.kind === 'refused') throw new SnapshotProblem(judgement.why, false);
  const smaller = judgement.kind === 'beside' ? judgement.why : null;
  // The clock may have been set back: the newest must be the last all the same.
  for (let atMs = Math.max(Date.parse(written.takenAt), (listed[0]?.takenAtMs ?? 0) + 1); ; atMs += 1) {
    const { file } = archiveName(name, atMs, format);
    const manifest: Manifest = { ...written, archive: file, smaller };
    if (claim(join(destination, file), manifest)) {
      nameArchive(destination, temporary, file);
      return { file, manifest };
    }
  }
}

/** Makes the side files; false when somebody else has that name. */
function claim(path: string, manifest: Manifest): boolean {
  return attempting(`write ${path}.json`, () => {
    let ours = false;
    try {
      createDurably(`${path}.json`, encodeManifest(manifest));
      ours = true;
      createDurably(`${path}.sha256`, `${manifest.sha256}  ${manifest.archive}\n`);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST' && !ours) return false;
      removeSideFiles(path);
      throw error;
    }
  });
}

function nameArchive(destination: string, temporary: string, file: string): void {
  const path = join(destination, file);
  attempting(`write ${path}`, () => {
    try {
      renameSync(temporary, path);
      syncFolder(destination);
    } catch (error) {
      rmSync(path, { force: true });
      removeSideFiles(path);
      throw error;
    }
  });
}

function removeSideFiles(path: string): void {
  for (const extension of SIDE_FILES) rmSync(path + extension, { force: true });
}

function turnOver(settings: TakeSettings, own: OwnWriter, file: string): string[] {
  const { destination, name } = settings;
  replaceDurably(join(destination, latestFile(name)), temporaryFile(name, own, 'latest'), `${file}\n`);
  return removeOld(settings);
}

function removeOld({ destination, name, keep }: TakeSettings): string[] {
  const listed = listSnapshots(destination, name).map((each) => ({ ...each, good: isGood(each) }));
  const old = removable(listed, keep);
  for (const file of old) {
    const path = join(destination, file);
    attempting(`remove ${path}`, () => {
      // The archive first: side files alone are debris, which goes with the next run.
      rmSync(path, { force: true });
      removeSideFiles(path);
    });
  }
  return old;
}
