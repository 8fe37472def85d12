import { readFileSync, statSync } from 'node:fs';

/** A longer file is no shared secret. */
const LONGEST_BYTES = 4096;

/** What a file with a shared secret holds: one, or several on a line each, of which the first is the newest. */
export type TokenFile =
  | { readonly state: 'known'; readonly tokens: readonly [string, ...string[]] }
  | { readonly state: 'empty' }
  | { readonly state: 'unreadable'; readonly reason: string };

/**
 * Reads the secrets, without the white space around them. While a secret is rotated, both are good: the manifests of the pods that run
 * have the old one, and are never changed. Never throws.
 */
export function readTokenFile(path: string): TokenFile {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return { state: 'unreadable', reason: 'the file is no regular one' };
    if (stats.size > LONGEST_BYTES)
      return { state: 'unreadable', reason: `the file has more than ${LONGEST_BYTES} bytes` };
    const lines = readFileSync(path, 'utf8').split('\n');
    const [newest, ...older] = lines.map((line) => line.trim()).filter((line) => line !== '');
    return newest === undefined ? { state: 'empty' } : { state: 'known', tokens: [newest, ...older] };
  } catch (error) {
    return { state: 'unreadable', reason: error instanceof Error ? error.message : String(error) };
  }
}
