import { execFile } from 'node:child_process';
import { closeSync, constants, fsyncSync, opendirSync, openSync } from 'node:fs';
import { type JobControl, pause } from './control.ts';
import { attempting } from './problem.ts';
import { bytesOf, joinRaw, shownPath } from './raw-path.ts';

const LOOK_EVERY_MS = 10;

/**
 * Resolves when all that lies in a folder is on the disk. `sync -f` has the kernel do it at once, where an fsync for each of
 * 100,000 files takes 15 times as long; Node.js itself cannot ask for it. Without such a program the files are synced one by
 * one. Throws `SnapshotProblem`, and `Stopped`.
 */
export async function syncTree(root: string, control: JobControl): Promise<void> {
  let state: 'running' | 'done' | 'failed' = 'running';
  const child = execFile('sync', ['-f', shownPath(root)], { env: { PATH: '/usr/bin:/bin' } }, (error) => {
    state = error === null ? 'done' : 'failed';
  });
  try {
    while (isRunning()) await pause(control, LOOK_EVERY_MS);
  } finally {
    child.kill('SIGKILL');
  }
  if (!isDone()) attempting(`write below ${shownPath(root)}`, () => syncEach(root, control));

  function isRunning(): boolean {
    return state === 'running';
  }
  function isDone(): boolean {
    return state === 'done';
  }
}

function syncEach(folder: string, control: JobControl): void {
  const dir = opendirSync(bytesOf(folder), { encoding: 'latin1' });
  try {
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) {
      control.throwIfStopped();
      const path = joinRaw(folder, entry.name);
      if (entry.isDirectory()) syncEach(path, control);
      else if (entry.isFile()) syncOne(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    }
  } finally {
    dir.closeSync();
  }
  syncOne(folder, constants.O_RDONLY | constants.O_DIRECTORY);
}

function syncOne(path: string, flags: number): void {
  const fd = openSync(bytesOf(path), flags);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
