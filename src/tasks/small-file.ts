import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';

/** What a task holds in memory of a file at most, in bytes. */
export const MAX_FILE_BYTES = 1024 * 1024;

export type SmallFile =
  | { readonly ok: true; readonly bytes: Buffer }
  /** What is wrong, to stand after the file's name: `not there`. */
  | { readonly ok: false; readonly problem: string };

/** Reads a file of at most `maxBytes`. Refuses pipes and devices, which could block for ever. Never rejects. */
export async function readSmallFile(path: string, maxBytes = MAX_FILE_BYTES): Promise<SmallFile> {
  try {
    const problem = problemOf(await stat(path), maxBytes);
    return problem === undefined ? { ok: true, bytes: await readFile(path) } : { ok: false, problem };
  } catch (error) {
    return { ok: false, problem: wordFor(error) };
  }
}

/** The same at once, for what is looked at when the config is loaded. Never throws. */
export function readSmallFileSync(path: string, maxBytes = MAX_FILE_BYTES): SmallFile {
  try {
    const problem = problemOf(statSync(path), maxBytes);
    return problem === undefined ? { ok: true, bytes: readFileSync(path) } : { ok: false, problem };
  } catch (error) {
    return { ok: false, problem: wordFor(error) };
  }
}

function problemOf(stats: { isFile(): boolean; size: number }, maxBytes: number): string | undefined {
  if (!stats.isFile()) return 'not a file';
  return stats.size > maxBytes ? `larger than ${maxBytes / 1024}Ki` : undefined;
}

function wordFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'not there';
  return code === 'EACCES' ? 'not readable' : code;
}
