import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/** What a task holds in memory of a file at most, in bytes. */
export const MAX_FILE_BYTES = 1024 * 1024;

export type SmallFile =
  | { readonly ok: true; readonly bytes: Buffer }
  /** What is wrong, to stand after the file's name: `not there`. */
  | { readonly ok: false; readonly problem: string };

/** A pipe that takes the place of a file after the first look at it is not waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** How much is read at a time, in bytes. */
const PIECE_BYTES = 16 * 1024;

/**
 * Reads a file of at most `maxBytes`. Refuses pipes and devices, which could block for ever, also where somebody who may write
 * into the folder changes one for the other meanwhile. Never rejects.
 */
export async function readSmallFile(path: string, maxBytes = MAX_FILE_BYTES): Promise<SmallFile> {
  try {
    const first = problemOf(await stat(path), maxBytes);
    if (first !== undefined) return { ok: false, problem: first };
    await using file = await open(path, FLAGS);
    const problem = problemOf(await file.stat(), maxBytes);
    if (problem !== undefined) return { ok: false, problem };
    const content = gather(maxBytes);
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    while (content.add(piece, (await file.read(piece)).bytesRead));
    return content.all();
  } catch (error) {
    return { ok: false, problem: wordFor(error) };
  }
}

/** The same at once, for what is looked at when the config is loaded. Never throws. */
export function readSmallFileSync(path: string, maxBytes = MAX_FILE_BYTES): SmallFile {
  let fd: number | undefined;
  try {
    const first = problemOf(statSync(path), maxBytes);
    if (first !== undefined) return { ok: false, problem: first };
    fd = openSync(path, FLAGS);
    const problem = problemOf(fstatSync(fd), maxBytes);
    if (problem !== undefined) return { ok: false, problem };
    const content = gather(maxBytes);
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    while (content.add(piece, readSync(fd, piece)));
    return content.all();
  } catch (error) {
    return { ok: false, problem: wordFor(error) };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Puts pieces together, of a file that may grow meanwhile. */
function gather(maxBytes: number) {
  const pieces: Buffer[] = [];
  let bytes = 0;
  return {
    /** Whether to go on. */
    add(piece: Buffer, length: number): boolean {
      pieces.push(Buffer.from(piece.subarray(0, length)));
      bytes += length;
      return length > 0 && bytes <= maxBytes;
    },
    all: (): SmallFile =>
      bytes > maxBytes ? { ok: false, problem: tooLarge(maxBytes) } : { ok: true, bytes: Buffer.concat(pieces) },
  };
}

function problemOf(stats: { isFile(): boolean; size: number }, maxBytes: number): string | undefined {
  if (!stats.isFile()) return 'not a file';
  return stats.size > maxBytes ? tooLarge(maxBytes) : undefined;
}

function tooLarge(maxBytes: number): string {
  return `larger than ${maxBytes / 1024}Ki`;
}

function wordFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'not there';
  return code === 'EACCES' ? 'not readable' : code;
}
