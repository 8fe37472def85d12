/** Folders of ours without write permission: whoever is not root can neither move them elsewhere nor empty them as they are. */
import { chmodSync, lstatSync, opendirSync, renameSync, rmSync } from 'node:fs';
import { codeOf } from './problem.ts';
import { bytesOf, joinRaw } from './raw-path.ts';

const OWNER_ALL = 0o700;

/** Renames a file or folder, which keeps its mode. Paths are raw. Throws the system's error. */
export function moveAnything(from: string, to: string): void {
  try {
    renameSync(bytesOf(from), bytesOf(to));
  } catch (error) {
    const stats = lstatSync(bytesOf(from));
    if (codeOf(error) !== 'EACCES' || !stats.isDirectory()) throw error;
    chmodSync(bytesOf(from), stats.mode | OWNER_ALL);
    renameSync(bytesOf(from), bytesOf(to));
    chmodSync(bytesOf(to), stats.mode);
  }
}

/** Removes a folder with all in it, if it is there. The path is raw. Throws the system's error. */
export function removeTree(path: string): void {
  try {
    rmSync(bytesOf(path), { recursive: true, force: true });
  } catch (error) {
    if (codeOf(error) !== 'EACCES' && codeOf(error) !== 'EPERM') throw error;
    openUp(path);
    rmSync(bytesOf(path), { recursive: true, force: true });
  }
}

function openUp(folder: string): void {
  chmodSync(bytesOf(folder), OWNER_ALL);
  const dir = opendirSync(bytesOf(folder), { encoding: 'latin1' });
  try {
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) {
      if (entry.isDirectory()) openUp(joinRaw(folder, entry.name));
    }
  } finally {
    dir.closeSync();
  }
}
