/**
 * Puts a restored tree into its folder, which may be a mount point and so cannot be renamed itself. Everything happens in
 * one staging folder inside it:
 *
 *     .hookkeeper-restore~HOST~PID~START~JOB.staging.tmp/
 *       new/           the restored tree, being written
 *       old/           what was in the folder before
 *       entries.json   the names in new/; while it is there, names are being moved
 *
 * While the staging folder is there the restore is not whole; the next one takes it back first. To become whole, it is renamed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { createDurably, syncFolder } from './durable.ts';
import { parseTemporaryFile, temporaryFile } from './file-names.ts';
import { moveAnything, removeTree } from './own-folders.ts';
import { attempting, codeOf, SnapshotProblem } from './problem.ts';
import { bytesOf, joinRaw, rawOf, shownPath } from './raw-path.ts';
import { isAlive, type OwnWriter } from './writer-process.ts';

/** What stands for the name of a snapshot in the staging folder's own. */
const STAGING = 'hookkeeper-restore';

/** Made by the file system: neither restored nor moved. */
const LOST_AND_FOUND = 'lost+found';

export interface Swap {
  /** Where the tree is to be written: a path as raw bytes. */
  readonly newRoot: string;
  /** Moves the old content out and the new in. Throws `SnapshotProblem`; then all is as it was. */
  commit(): void;
  /** Removes what is left of the swap, the old content after a commit included. Never throws. */
  end(): void;
}

/** What people and apps have in a folder: a raw name each. */
export function contentOf(folder: string): string[] {
  return namesBelow(rawOf(folder)).filter((name) => name !== LOST_AND_FOUND && !isStaging(name));
}

/** Takes back what killed restores have left half done in a folder. Throws `SnapshotProblem`, also where one is still alive. */
export function recover(folder: string, own: OwnWriter): boolean {
  const left = attempting(`read ${folder}`, () => namesBelow(rawOf(folder)).filter(isStaging));
  for (const name of left) {
    const writer = parseTemporaryFile(name)?.writer;
    if (writer !== undefined && isAlive(writer, own) === true) {
      throw new SnapshotProblem(`${folder} is being restored by another process now`, true);
    }
    attempting(`clean ${folder}`, () => {
      takeBack(folder, join(folder, name));
      removeTree(rawOf(join(folder, name)));
    });
  }
  return left.length > 0;
}

/** Begins a swap in a folder without leftovers. Throws `SnapshotProblem`. */
export function beginSwap(folder: string, own: OwnWriter): Swap {
  const staging = join(folder, temporaryFile(STAGING, own, 'staging'));
  const done = join(folder, temporaryFile(STAGING, own, 'done'));
  attempting(`write ${folder}`, () => {
    mkdirSync(staging, 0o700);
    for (const part of ['new', 'old']) mkdirSync(join(staging, part), 0o700);
    syncFolder(folder);
  });
  return {
    newRoot: rawOf(join(staging, 'new')),
    commit() {
      attempting(`write ${folder}`, () => {
        const names = namesBelow(rawOf(join(staging, 'new')));
        createDurably(join(staging, 'entries.json'), JSON.stringify(names));
        syncFolder(staging);
        try {
          move(contentOf(folder), folder, join(staging, 'old'));
          move(names, join(staging, 'new'), folder);
          syncFolder(folder);
          renameSync(staging, done);
        } catch (error) {
          takeBack(folder, staging);
          throw error;
        }
        syncFolder(folder);
      });
    },
    end() {
      for (const path of [staging, done]) {
        try {
          removeTree(rawOf(path));
        } catch {
          // The next restore removes it.
        }
      }
    },
  };
}

const entriesSchema = z.array(z.string());

/** Undoes a commit that was cut off, at whatever step; may itself be cut off, and begun again. Throws the system's error. */
function takeBack(folder: string, staging: string): void {
  const list = join(staging, 'entries.json');
  if (!isUnfinished(staging) || !existsSync(list)) return;
  const names = decodeEntries(readFileSync(list, 'utf8'));
  const newRoot = join(staging, 'new');
  const moved = new Set(namesBelow(rawOf(folder)));
  const waiting = new Set(namesBelow(rawOf(newRoot)));
  // What is in both is old: new names are moved in only when all old ones are out.
  move(
    names.filter((name) => moved.has(name) && !waiting.has(name)),
    folder,
    newRoot,
  );
  move(namesBelow(rawOf(join(staging, 'old'))), join(staging, 'old'), folder);
  syncFolder(folder);
}

/** A list that is not whole was never acted on. */
function decodeEntries(text: string): string[] {
  try {
    const parsed = z.safeParse(entriesSchema, JSON.parse(text));
    return parsed.success ? parsed.data : [];
  } catch {
    return [];
  }
}

function move(names: readonly string[], from: string, to: string): void {
  for (const name of names) {
    const path = joinRaw(rawOf(from), name);
    try {
      moveAnything(path, joinRaw(rawOf(to), name));
    } catch (error) {
      if (codeOf(error) !== 'EBUSY') throw error;
      // Another attempt is no better, but neither is an older snapshot.
      const why = 'it is a mount of its own, or in use (EBUSY)';
      throw new SnapshotProblem(`cannot move ${shownPath(path)} out of the way: ${why}`, true);
    }
  }
}

function isStaging(name: string): boolean {
  return parseTemporaryFile(name)?.name === STAGING;
}

/** What a folder of this name says of the restore that has left it: that it was not finished, or is over. Undefined: it is no such folder. */
export function leftByRestore(name: string): 'unfinished' | 'over' | undefined {
  if (!isStaging(name)) return undefined;
  return isUnfinished(name) ? 'unfinished' : 'over';
}

function isUnfinished(staging: string): boolean {
  return staging.endsWith('.staging.tmp');
}

function namesBelow(folder: string): string[] {
  return readdirSync(bytesOf(folder), { encoding: 'latin1' });
}
