import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/** Puts a text in the place of a file at once: readers see the old or the new. `temporary` lies beside it. Throws `SnapshotProblem`. */
export function replaceDurably(path: string, temporary: string, text: string): void {
  const written = join(dirname(path), temporary);
  attempting(`write ${path}`, () => {
    try {
      createDurably(written, text);
      renameSync(written, path);
      syncFolder(dirname(path));
    } catch (error) {
      rmSync(written, { force: true });
      throw error;
    }
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
