/**
 * A file that is replaced as a whole and survives a kill at any moment: after each step the folder holds the old bytes or
 * the new ones under its name, and at most one temporary file, which the next write replaces. lowdb's own adapter never
 * syncs, so what it wrote can be gone after a crash of the node.
 */
import { constants } from 'node:fs';
import type * as fsPromises from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Adapter } from 'lowdb';

/** What is asked of a disk: `node:fs/promises`, or one that fails. */
export type FileSystem = Pick<typeof fsPromises, 'lstat' | 'mkdir' | 'open' | 'readdir' | 'rename' | 'rm'>;

/**
 * A lowdb adapter for the bytes at `path`. `read` gives null where there is no file, and rejects for one that is larger than
 * `maxBytes`, which it does not read, or is no regular file. `write` resolves when they are on the disk, its name
 * included; it makes a missing folder, and leaves a file that only its owner can read. Writes must not overlap.
 */
export function durableFile(path: string, maxBytes: number, fs: FileSystem): Adapter<Buffer> {
  const dir = dirname(path);
  const temporary = join(dir, `.${basename(path)}.tmp`);
  return {
    read: () => readBounded(path, maxBytes, fs),
    async write(bytes) {
      try {
        await using file = await create(temporary, fs);
        await file.writeFile(bytes);
        await file.datasync();
      } catch (error) {
        // On a full disk the part that was written takes space that others need.
        await fs.rm(temporary).catch(() => {});
        throw error;
      }
      await fs.rename(temporary, path);
      await syncFolder(dir, fs);
    },
  };
}

async function readBounded(path: string, maxBytes: number, fs: FileSystem): Promise<Buffer | null> {
  try {
    // Without O_NONBLOCK, to open a FIFO would wait for ever.
    await using file = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error('it is not a regular file');
    if (stat.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes: ${stat.size} bytes`);
    return await file.readFile();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Opens a new file for writing in place of whatever a killed process left there; makes the folder if it is missing. */
async function create(path: string, fs: FileSystem): Promise<fsPromises.FileHandle> {
  try {
    return await fs.open(path, 'wx', 0o600);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') await fs.rm(path);
    else if (codeOf(error) === 'ENOENT') await makeFolder(dirname(path), fs);
    else throw error;
    return fs.open(path, 'wx', 0o600);
  }
}

/** As `mkdir -p`. Node's own `recursive` never ends where the parent is there and says ENOENT, as `/proc` does. */
async function makeFolder(path: string, fs: FileSystem): Promise<void> {
  try {
    await fs.mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path), fs);
    await fs.mkdir(path, { mode: 0o700 });
  }
}

/** Some network and user-space file systems can't sync a folder and say so; there is nothing better to do on them. */
const CANNOT_SYNC = ['EBADF', 'EINVAL', 'ENOTSUP'];

async function syncFolder(path: string, fs: FileSystem): Promise<void> {
  await using folder = await fs.open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    if (!CANNOT_SYNC.includes(codeOf(error))) throw error;
  }
}

/** The `code` of a system error, such as `ENOENT`; empty for anything else. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
