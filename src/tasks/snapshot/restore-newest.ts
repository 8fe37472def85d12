import { chmodSync, chownSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { isGood, type Listed } from './catalogue.ts';
import type { Counts } from './census.ts';
import type { JobControl } from './control.ts';
import { createExtractor } from './extract.ts';
import { makeFolder } from './folder-shelf.ts';
import { holdsFolder } from './holds-folder.ts';
import type { FolderProperties } from './manifest.ts';
import { type Given, giveOwner, modeFor } from './owner.ts';
import { type SourcePlace, shownPlace } from './place.ts';
import { SnapshotProblem } from './problem.ts';
import type { Shelf } from './shelf.ts';
import { beginSwap, contentOf, recover } from './swap.ts';
import { syncTree } from './sync-tree.ts';
import { readVerified } from './verify.ts';
import type { OwnWriter } from './writer-process.ts';

export interface RestoreSettings {
  /** Where the snapshots are. */
  readonly from: SourcePlace;
  /** The folder to restore into. Its parent must be there. */
  readonly to: string;
  /** Whose snapshots; undefined: all are of one name. */
  readonly name: string | undefined;
  /** The file of one archive, good or not; undefined: the newest good one that is whole. */
  readonly archive: string | undefined;
  /** Whether what is in `to` is replaced. */
  readonly overwrite: boolean;
}

export type Restored =
  | {
      readonly kind: 'restored';
      readonly file: string;
      readonly counts: Counts;
      readonly ownersLost: number;
      /** Newer ones that are not whole, and why. */
      readonly passedOver: readonly { readonly file: string; readonly why: string }[];
    }
  /** There was nothing to do. */
  | { readonly kind: 'noSnapshot' | 'notEmpty'; readonly why: string };

/**
 * Restores the newest good snapshot that is whole. Until all of it is verified and on the disk, `to` is as it was. Throws
 * `SnapshotProblem` where nothing is restored although there are snapshots.
 */
export async function restoreNewest(
  settings: RestoreSettings,
  shelf: Shelf,
  own: OwnWriter,
  control: JobControl,
): Promise<Restored> {
  const { to, name, overwrite } = settings;
  const from = shownPlace(settings.from);
  const candidates = await candidatesOf(settings, shelf);
  if (candidates.length === 0)
    return { kind: 'noSnapshot', why: `there is no snapshot${name === undefined ? '' : ` of ${name}`} in ${from}` };
  makeFolder(to);
  recover(to, own);
  if (!overwrite && contentOf(to).length > 0) return { kind: 'notEmpty', why: `${to} is not empty` };
  if (typeof settings.from === 'string' && holdsFolder(to, settings.from, control)) {
    throw new SnapshotProblem(
      `${to} holds the snapshots themselves, those in ${from}: they would be overwritten`,
      false,
    );
  }
  const passedOver: { file: string; why: string }[] = [];
  for (const candidate of candidates) {
    try {
      const { ownersLost, counts } = await restoreOne(candidate, { shelf, to }, own, control);
      return { kind: 'restored', file: candidate.file, counts, ownersLost, passedOver };
    } catch (error) {
      if (!(error instanceof SnapshotProblem) || error.retryable) throw error;
      passedOver.push({ file: candidate.file, why: error.message });
    }
  }
  const why = passedOver.map((each) => `${each.file} ${each.why}`).join('; ');
  throw new SnapshotProblem(`no snapshot in ${from} can be restored: ${why}`, false);
}

async function candidatesOf({ from: place, name, archive }: RestoreSettings, shelf: Shelf): Promise<Listed[]> {
  const from = shownPlace(place);
  if (typeof place === 'string' && !existsSync(dirname(place))) {
    throw new SnapshotProblem(`cannot read ${from}: ${dirname(place)} is not there`, true);
  }
  const listed = await shelf.list(name);
  if (archive !== undefined) {
    const one = listed.find(({ file }) => file === archive);
    if (one === undefined) throw new SnapshotProblem(`there is no ${archive} in ${from}`, false);
    return [one];
  }
  const names = [...new Set(listed.map((each) => each.name))];
  if (names.length > 1) {
    throw new SnapshotProblem(`${from} has snapshots of ${names.toSorted().join(', ')}: say which with name`, false);
  }
  // What is smaller than the good one before it never stands for the state by itself; what has a problem is passed over aloud.
  return listed.filter((each) => isGood(each) || each.problem !== undefined);
}

async function restoreOne(
  { file, format, manifest, problem }: Listed,
  { shelf, to }: { readonly shelf: Shelf; readonly to: string },
  own: OwnWriter,
  control: JobControl,
): Promise<{ readonly counts: Counts; readonly ownersLost: number }> {
  if (manifest === undefined || problem !== undefined) throw new SnapshotProblem(`is not used: ${problem}`, false);
  const swap = beginSwap(to, own);
  const extractor = createExtractor(swap.newRoot);
  try {
    await readVerified(await shelf.read(file), format, manifest, control, extractor.visit);
    extractor.finish();
    await syncTree(swap.newRoot, control);
    control.throwIfStopped();
    swap.commit();
    const { files, folders, links, bytes, folder } = manifest;
    const lost = folder === undefined || giveProperties(to, folder) ? 0 : 1;
    return { counts: { files, folders, links, bytes }, ownersLost: extractor.ownersLost() + lost };
  } finally {
    extractor.close();
    swap.end();
  }
}

/**
 * Makes a folder what the saved one was, as far as we may: of a mounted volume it often belongs to somebody else. Says
 * whether it has its owner.
 */
function giveProperties(folder: string, properties: FolderProperties): boolean {
  let given: Given = 'neither';
  try {
    given = giveOwner(properties, (uid, gid) => chownSync(folder, uid, gid));
    chmodSync(folder, modeFor(properties.mode, given, true));
  } catch {
    // It stays as it is.
  }
  return given === 'both';
}
