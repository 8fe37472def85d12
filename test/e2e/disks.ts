import { execFile } from 'node:child_process';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const run = promisify(execFile);

/** A place for a journal that can be filled up while a process writes there, and be freed again. */
export interface Disk {
  readonly journalDir: string;
  fill(pid: number): Promise<void>;
  free(pid: number): Promise<void>;
}

/** A file system that becomes read-only while a process writes there, and can be written again; what `free` takes back. */
export async function remountedFileSystem(dir: string): Promise<Disk> {
  const mountPoint = join(dir, 'remounted');
  await mkdir(mountPoint);
  if (!(await mounted(mountPoint, ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mountPoint])))
    throw new Error('nothing can be mounted here: run it as root');
  const remount = (how: string) => run('mount', ['-o', `remount,${how}`, mountPoint]);
  return {
    journalDir: join(mountPoint, 'journal'),
    fill: async () => void (await remount('ro')),
    free: async () => void (await remount('rw')),
  };
}

/** Longer than the count of a few executions, shorter than a journal with a run, in bytes. */
const SHORT_FILE_BYTES = 512;

/** A limit on the length of each file that a process writes: it works everywhere, and fails with EFBIG. */
export async function limitedFiles(dir: string): Promise<Disk> {
  const limit = (pid: number, soft: string) => run('prlimit', ['--pid', String(pid), `--fsize=${soft}:unlimited`]);
  return {
    journalDir: join(dir, 'journal'),
    fill: async (pid) => void (await limit(pid, String(SHORT_FILE_BYTES))),
    free: async (pid) => void (await limit(pid, 'unlimited')),
  };
}

/** A small file system of its own, which fails with ENOSPC; a limit on files where this user may not mount one. */
export async function smallFileSystem(dir: string): Promise<Disk> {
  const mountPoint = join(dir, 'small');
  const ballast = join(mountPoint, 'ballast');
  await mkdir(mountPoint);
  if (!(await mounted(mountPoint, ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', mountPoint]))) return limitedFiles(dir);
  return {
    journalDir: join(mountPoint, 'journal'),
    async fill() {
      await writeFile(ballast, '');
      for (let block = 0; block < 1000; block += 1) {
        const full = await writeFile(ballast, Buffer.alloc(4096), { flag: 'a' }).then(
          () => false,
          () => true,
        );
        if (full) return;
      }
      throw new Error('the small file system is not small');
    },
    free: () => rm(ballast),
  };
}

/** A folder in which nothing can be written: mounted so, or by its mode, or as it is below a file. */
export async function readOnlyFolder(dir: string): Promise<string> {
  const folder = join(dir, 'read-only');
  await mkdir(folder);
  if (await mounted(folder, ['--bind', folder, folder])) {
    await run('mount', ['-o', 'remount,ro,bind', folder]);
    return folder;
  }
  await chmod(folder, 0o555);
  return process.getuid?.() === 0 ? folderBelowFile(dir) : folder;
}

/** A path that can be no folder. */
export async function folderBelowFile(dir: string): Promise<string> {
  const file = join(dir, 'file');
  await writeFile(file, '');
  return join(file, 'journal');
}

/** False where this user may not mount. What was mounted goes with the test. */
async function mounted(mountPoint: string, args: readonly string[]): Promise<boolean> {
  try {
    await run('mount', [...args]);
  } catch {
    return false;
  }
  onTestFinished(async () => void (await run('umount', ['--lazy', mountPoint])));
  return true;
}
