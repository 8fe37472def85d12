/** A folder of a source, open: what is in it is reached through it, whatever is in its place by now. */
import { closeSync, constants, type Dir, existsSync, opendirSync, openSync } from 'node:fs';
import { attempting, codeOf, problemOf } from './problem.ts';
import { bytesOf, shownPath } from './raw-path.ts';

/** How many names are asked for at a time; a folder may have millions. */
const NAMES_AT_A_TIME = 256;

export interface OpenFolder {
  readonly dir: Dir;
  readonly fd: number;
  /** The path through which what is in it is opened; undefined where there is no /proc. */
  readonly inside: string | undefined;
}

/** Where a source begins there may be a link. Throws `SnapshotProblem`. */
export function openStart(path: string): OpenFolder {
  return attempting(`read ${shownPath(path)}`, () => openFolder(path, 0));
}

/** Undefined where it is no folder any more. Throws `SnapshotProblem` for one that cannot be read. */
export function openUnlessGone({ at, path }: { readonly at: string; readonly path: string }): OpenFolder | undefined {
  try {
    return openFolder(at, constants.O_NOFOLLOW);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))) return undefined;
    throw problemOf(`read ${shownPath(path)} (exclude it if it is not needed)`, error);
  }
}

function openFolder(at: string, flags: number): OpenFolder {
  const fd = openSync(bytesOf(at), constants.O_RDONLY | constants.O_DIRECTORY | flags);
  const options = { encoding: 'latin1', bufferSize: NAMES_AT_A_TIME } as const;
  try {
    const inside = `/proc/self/fd/${fd}`;
    if (existsSync(inside)) return { dir: opendirSync(inside, options), fd, inside };
    return { dir: opendirSync(bytesOf(at), options), fd, inside: undefined };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

export function close({ dir, fd }: OpenFolder): void {
  dir.closeSync();
  closeSync(fd);
}
