/** Changes of one file, each of them whole or not at all, whenever we are killed. None of them follows a symbolic link at its end. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lutimes, open, rename, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** How a change went. `passing` means that the same may go well later. */
export type FileEnd =
  | { readonly ok: true }
  | { readonly ok: false; readonly problem: string; readonly passing: boolean };

const DONE: FileEnd = { ok: true };

/** Whose attempts a change is made by. One task of one hook makes one attempt at a time. */
export interface FileWriter {
  readonly container: string;
  readonly hook: string;
  readonly task: string;
}

/**
 * Puts `bytes` in the place of what `path` names, once they are on the disk; of several writers, the last one's stay. What an
 * attempt that was killed left behind has a name that the writer's next one knows, and clears away. Never rejects.
 */
export async function writeFileAtomically(
  path: string,
  bytes: Buffer,
  mode: number,
  writer: FileWriter,
): Promise<FileEnd> {
  const temporary = temporaryName(path, writer);
  try {
    await removeIfThere(temporary);
    await writeNew(temporary, bytes, mode);
    await rename(temporary, path);
    await syncFolder(path);
    return DONE;
  } catch (error) {
    await unlink(temporary).catch(() => {});
    return failure(error);
  }
}

/** Creates an empty file where nothing is, or sets the times of what is there. Never rejects. */
export async function touchFile(path: string): Promise<FileEnd> {
  try {
    await writeNew(path, Buffer.alloc(0), 0o644);
    await syncFolder(path);
    return DONE;
  } catch (error) {
    return codeOf(error) === 'EEXIST' ? setTimes(path) : failure(error);
  }
}

async function setTimes(path: string): Promise<FileEnd> {
  try {
    const now = new Date();
    await lutimes(path, now, now);
    return DONE;
  } catch (error) {
    return failure(error);
  }
}

/** Removes a file that may be gone already. Never rejects. */
export async function removeFile(path: string): Promise<FileEnd> {
  try {
    if (await removeIfThere(path)) await syncFolder(path);
    return DONE;
  } catch (error) {
    return failure(error);
  }
}

/**
 * In the same folder, as a rename works only there. The same for each attempt, and another one for another writer and for
 * another pod on the same volume: what one of them has under way, no other may remove. Short whatever the file is called, and
 * hidden from `*`.
 */
function temporaryName(path: string, { container, hook, task }: FileWriter): string {
  const key = createHash('sha256')
    .update(JSON.stringify([hostname(), container, hook, task, basename(path)]))
    .digest('hex')
    .slice(0, 16);
  return join(dirname(path), `.hookkeeper-${key}.tmp`);
}

async function writeNew(path: string, bytes: Buffer, mode: number): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  await closing(file, async () => {
    await file.writeFile(bytes);
    // The mode that is asked for, whatever our umask; readable only when it is whole.
    await file.chmod(mode);
    await file.datasync();
  });
}

async function removeIfThere(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** A name is on the disk only when its folder is. Some network filesystems can't sync one, and need not. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), constants.O_RDONLY);
  await closing(folder, async () => {
    await folder.sync().catch((error: unknown) => {
      if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') throw error;
    });
  });
}

async function closing(file: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await file.close();
  }
}

const PROBLEMS: Readonly<Record<string, readonly [problem: string, passing: boolean]>> = {
  EACCES: ['no permission: its folder must be writable for our user (fsGroup in the pod)', false],
  EPERM: ['no permission, or it is a folder', false],
  EROFS: ['its volume is read-only', false],
  EISDIR: ['it is a folder', false],
  ENOTDIR: ['its folder is a file', false],
  ENOTEMPTY: ['it is a folder', false],
  EBUSY: ['it is a mount of its own, which can be neither replaced nor removed: mount its folder instead', false],
  ENOENT: ['its folder is not there', true],
  ENOSPC: ['the disk is full', true],
  EDQUOT: ['the quota is used up', true],
};

function failure(error: unknown): FileEnd {
  const code = codeOf(error);
  const [problem, passing] = PROBLEMS[code] ?? [code, true];
  return { ok: false, problem, passing };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
