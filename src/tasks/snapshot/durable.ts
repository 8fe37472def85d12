import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { attempting, codeOf } from './problem.ts';

/** Makes a new file that is on the disk when this returns. Throws the system's error, EEXIST where there is one. */
export function createDurably(path: string, text: string): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Puts a file in the place of another one at once: readers see the old or the new. Throws `SnapshotProblem`. */
export function renameDurably(from: string, to: string): void {
  attempting(`write ${to}`, () => {
    renameSync(from, to);
    syncFolder(dirname(to));
  });
}

/** Some network and user-space file systems can't sync a folder and say so; there is nothing better to do on them. */
const CANNOT_SYNC = ['EBADF', 'EINVAL', 'ENOTSUP'];

/** Makes the names in a folder durable. Throws the system's error. */
export function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    if (!CANNOT_SYNC.includes(codeOf(error))) throw error;
  } finally {
    closeSync(fd);
  }
}
