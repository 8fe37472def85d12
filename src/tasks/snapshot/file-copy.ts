import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import type { ArchiveWriter } from './archive-writer.ts';
import { type JobControl, pause } from './control.ts';
import { createHardLinks } from './hard-links.ts';
import { codeOf, problemOf } from './problem.ts';
import { bytesOf, shownPath } from './raw-path.ts';
import { LONGEST_HEADER_BYTES, paddingOf, RECORD_BYTES, type TarEntry, writeHeader } from './tar-header.ts';
import { nounOf, type SourceItem, VANISHED } from './walk.ts';

/** How a file came into the archive, or why it did not. */
export type Copied =
  | { readonly kind: 'whole' | 'changed'; readonly entries: readonly TarEntry[] }
  | { readonly kind: 'leftOut'; readonly why: string };

/** A file up to this size is read as a whole before any of it is written, so a retry leaves no trace, in bytes. */
const SMALL_BYTES = 256 * 1024;

/** A file up to this size is read before its size is known, in bytes: one look at its properties, after that, is enough. */
const QUICK_BYTES = 32 * 1024;

/**
 * A file that nothing has changed for so long before it was read has not changed since either: a write would have moved its
 * times, also where a file server sets them by a clock that is somewhat slow, in ms.
 */
const LONG_SETTLED_MS = 2000;

/**
 * File systems note times in steps of up to 10 ms: of a file that was written so shortly before it was read, nobody can tell
 * whether it was written once more, in ms.
 */
const TIME_STEP_MS = 20;

/** After this long what stays as it is has settled, in ms: the clocks that tell are compared in whole milliseconds. */
const SETTLING_MS = TIME_STEP_MS + 2;

/** What was replaced or removed since the walk saw it. */
const GONE = ['ENOENT', 'ENOTDIR', 'ELOOP'];

export interface FileCopier {
  /**
   * Copies a small file that is long settled and fits into the block that is being filled; else undefined, and nothing was
   * done. Most files are such, and a promise for each would cost more than to read it.
   */
  copyQuickly(item: SourceItem): TarEntry | undefined;
  /** Copies one file, or another name of one that was copied. One that changes while it is read is read once more. Throws `SnapshotProblem` if it cannot be read. */
  copy(item: SourceItem): Promise<Copied>;
}

export function createFileCopier(writer: ArchiveWriter, control: JobControl): FileCopier {
  const small = Buffer.allocUnsafeSlow(SMALL_BYTES);
  const hardLinks = createHardLinks();

  function copyQuickly(item: SourceItem): TarEntry | undefined {
    const epochMs = control.clock.epochMs();
    const [block, used] = [writer.block(), writer.used()];
    const room = Math.min(block.length - used - LONGEST_HEADER_BYTES - RECORD_BYTES, QUICK_BYTES);
    if (room <= 0) return undefined;
    const fd = openFile(item);
    if (fd === undefined) return undefined;
    try {
      // Behind the longest header: how long it is, is known only when what was read is known to be all, and as it was.
      const from = used + LONGEST_HEADER_BYTES;
      const read = readSync(fd, block, from, room, null);
      if (read === room) return undefined;
      const stats = fstatSync(fd);
      if (!stats.isFile() || stats.nlink > 1 || stats.size !== read || !isLongSettled(stats, epochMs)) return undefined;
      const entry = entryOf(stats, 'file', item.name, { size: read });
      const begin = writeHeader(entry, block, used);
      const end = begin + read;
      block.copyWithin(begin, from, from + read);
      const padding = paddingOf(read);
      block.fill(0, end, end + padding);
      // It never gets full here: there is a record left.
      void writer.filled(end + padding - used);
      return entry;
    } catch (error) {
      if (codeOf(error) === 'EISDIR') return undefined;
      throw problemOf(`read ${shownPath(item.path)}`, error);
    } finally {
      closeSync(fd);
    }
  }

  async function copyOnce(item: SourceItem, earlier: readonly TarEntry[], last: boolean): Promise<Copied> {
    const { path, name } = item;
    const epochMs = control.clock.epochMs();
    const fd = openFile(item);
    if (fd === undefined) return noFile(VANISHED, earlier);
    try {
      const before = fstatSync(fd);
      if (!before.isFile()) return noFile(before.isDirectory() ? VANISHED : `is ${nounOf(before)}`, earlier);
      const target = earlier.length > 0 ? undefined : hardLinks.firstNameOf(before);
      if (target !== undefined) return await link(entryOf(before, 'hardLink', name, { target }));
      const entry = entryOf(before, 'file', name, { size: before.size, again: earlier.length > 0 });
      const isSmall = before.size < SMALL_BYTES;
      const read = isSmall ? fill(fd, small, 0, before.size) : await stream(fd, entry, path);
      const whole = read === before.size && isSame(before, fstatSync(fd)) && isSettled(before, epochMs);
      if (isSmall && (whole || last)) await writeSmall(entry, read);
      const entries = isSmall && !whole && !last ? earlier : [...earlier, entry];
      if (entries.includes(entry)) hardLinks.remember(before, name);
      return { kind: whole ? 'whole' : 'changed', entries };
    } catch (error) {
      throw problemOf(`read ${shownPath(path)}`, error);
    } finally {
      closeSync(fd);
    }
  }

  async function link(entry: TarEntry): Promise<Copied> {
    await writer.header(entry);
    return { kind: 'whole', entries: [entry] };
  }

  /** Its header says how long it is: where it has become shorter, zeros follow. */
  async function writeSmall(entry: TarEntry, read: number): Promise<void> {
    const { size } = entry;
    const length = size + paddingOf(size);
    small.fill(0, read, length);
    await writer.header(entry);
    const [block, used] = [writer.block(), writer.used()];
    if (used + length > block.length) return writer.write(small.subarray(0, length));
    small.copy(block, used, 0, length);
    return writer.filled(length);
  }

  /** Reads right into the archive; what is missing at the end becomes zeros. Gives how much was there. */
  async function stream(fd: number, entry: TarEntry, path: string): Promise<number> {
    await writer.header(entry);
    const { size } = entry;
    const length = size + paddingOf(size);
    let done = 0;
    let read = 0;
    while (done < length) {
      control.throwIfStopped();
      const [block, used] = [writer.block(), writer.used()];
      const wanted = Math.min(block.length - used, (done < size ? size : length) - done);
      const got = read === done && done < size ? readSync(fd, block, used, wanted, null) : 0;
      read += got;
      if (got === 0) block.fill(0, used, used + wanted);
      done += got === 0 ? wanted : got;
      await writer.filled(got === 0 ? wanted : got);
      control.progress(() => `copies ${shownPath(path)}`);
    }
    return read;
  }

  return {
    copyQuickly,
    async copy(item) {
      const first = await copyOnce(item, [], false);
      if (first.kind === 'whole') return first;
      if (first.kind === 'leftOut' && first.why !== VANISHED) return first;
      if (first.kind === 'changed') await pause(control, SETTLING_MS);
      return copyOnce(item, first.kind === 'changed' ? first.entries : [], true);
    },
  };
}

/** A first copy that is in the archive stays there. */
function noFile(why: string, earlier: readonly TarEntry[]): Copied {
  return earlier.length > 0 ? { kind: 'changed', entries: earlier } : { kind: 'leftOut', why };
}

/** Undefined where there is no such file any more. Never waits for a FIFO. */
function openFile({ at, path }: SourceItem): number | undefined {
  try {
    return openSync(bytesOf(at), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (GONE.includes(codeOf(error))) return undefined;
    throw problemOf(`read ${shownPath(path)} (exclude it if it is not needed)`, error);
  }
}

/** Reads up to `size` bytes to a place in the buffer; gives how many there were. */
function fill(fd: number, buffer: Buffer, at: number, size: number): number {
  let filled = 0;
  while (filled < size) {
    const read = readSync(fd, buffer, at + filled, size - filled, null);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

function isSame(before: Stats, after: Stats): boolean {
  return before.size === after.size && before.mtimeMs === after.mtimeMs && before.ctimeMs === after.ctimeMs;
}

function isSettled({ mtimeMs }: Stats, epochMs: number): boolean {
  return Math.abs(mtimeMs - epochMs) > TIME_STEP_MS;
}

/** By the time of its last change, which no program can set. */
function isLongSettled({ mtimeMs, ctimeMs }: Stats, epochMs: number): boolean {
  return Math.max(mtimeMs, ctimeMs) < epochMs - LONG_SETTLED_MS;
}

/** What the archive says of something with these properties. */
export function entryOf(
  stats: Stats,
  type: TarEntry['type'],
  name: string,
  rest: Partial<Pick<TarEntry, 'size' | 'target' | 'again'>> = {},
): TarEntry {
  const { uid, gid, mode, mtimeMs } = stats;
  return {
    type,
    name,
    mode: mode & 0o7777,
    uid,
    gid,
    mtimeS: mtimeMs / 1000,
    size: 0,
    target: '',
    again: false,
    ...rest,
  };
}
