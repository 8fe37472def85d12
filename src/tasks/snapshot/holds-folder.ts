import { lstatSync, opendirSync, statSync } from 'node:fs';
import type { JobControl } from './control.ts';
import { attempting, codeOf } from './problem.ts';
import { bytesOf, joinRaw, rawOf } from './raw-path.ts';

/**
 * Whether a folder is another one, or has it somewhere in it, whatever the two are called: a symbolic link, or another mount of
 * the same volume, gives it a second path. Throws `SnapshotProblem`, and `Stopped`.
 */
export function holdsFolder(folder: string, other: string, { throwIfStopped }: JobControl): boolean {
  return attempting(`read ${folder}`, () => {
    const wanted = statSync(other, { throwIfNoEntry: false });
    const waiting = [rawOf(folder)];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      throwIfStopped();
      // The folder itself may be given by a link.
      const stats = path === rawOf(folder) ? statSync(folder) : lstatSync(bytesOf(path), { throwIfNoEntry: false });
      if (stats !== undefined && stats.dev === wanted?.dev && stats.ino === wanted.ino) return true;
      waiting.push(...foldersIn(path));
    }
    return false;
  });
}

/** None where we may not look, or where the app has just removed it. */
const NO_FOLDERS = ['EACCES', 'ENOENT', 'ENOTDIR'];

function foldersIn(path: string): string[] {
  const found: string[] = [];
  try {
    const dir = opendirSync(bytesOf(path), { encoding: 'latin1' });
    try {
      for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) {
        if (entry.isDirectory()) found.push(joinRaw(path, entry.name));
      }
    } finally {
      dir.closeSync();
    }
  } catch (error) {
    if (!NO_FOLDERS.includes(codeOf(error))) throw error;
  }
  return found;
}
