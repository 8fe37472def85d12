import { readFileSync, statSync } from 'node:fs';

/** A longer file is no shared secret. */
const LONGEST_BYTES = 4096;

/** What a file with a shared secret holds. */
export type TokenFile =
  | { readonly state: 'known'; readonly token: string }
  | { readonly state: 'empty' }
  | { readonly state: 'unreadable'; readonly reason: string };

/** Reads the secret, without the white space around it. Never throws. */
export function readTokenFile(path: string): TokenFile {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return { state: 'unreadable', reason: 'the file is no regular one' };
    if (stats.size > LONGEST_BYTES)
      return { state: 'unreadable', reason: `the file has more than ${LONGEST_BYTES} bytes` };
    const token = readFileSync(path, 'utf8').trim();
    return token === '' ? { state: 'empty' } : { state: 'known', token };
  } catch (error) {
    return { state: 'unreadable', reason: error instanceof Error ? error.message : String(error) };
  }
}
