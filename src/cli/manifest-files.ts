import { isUtf8 } from 'node:buffer';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../hooks/sentence.ts';
import type { NamedText } from '../manifests/check-manifests.ts';
import { LARGEST_MANIFEST_BYTES } from '../manifests/read-manifests.ts';

export type ReadFiles =
  | { readonly ok: true; readonly files: readonly NamedText[] }
  | { readonly ok: false; readonly unread: readonly UnreadFile[] };

export interface UnreadFile {
  readonly file: string;
  readonly reason: string;
  /** What to do about it. Undefined: look at its name, and who may read it. */
  readonly remedy?: string;
}

/** What names standard input. */
const STANDARD_INPUT = '-';

/** What is in a file is no UTF-8, and would come out as something else. */
class NotUtf8Error extends Error {}

/** Reads manifest files: a folder stands for the `.yaml`, `.yml` and `.json` files in it, `-` for standard input. Never throws. */
export function readManifestFiles(names: readonly string[]): ReadFiles {
  const files: NamedText[] = [];
  const unread: UnreadFile[] = [];
  const attempt = (file: string, read: () => void) => {
    try {
      read();
    } catch (error) {
      const remedy = error instanceof NotUtf8Error ? { remedy: 'save it as UTF-8' } : {};
      unread.push({ file, reason: messageOf(error), ...remedy });
    }
  };
  for (const name of names) {
    attempt(name, () => {
      if (name === STANDARD_INPUT) files.push({ file: name, text: textOf(readFileSync(0)) });
      else if (!statSync(name).isDirectory()) files.push(readOne(name));
      // Of a folder, the file that cannot be read is named.
      else for (const file of manifestsIn(name)) attempt(file, () => files.push(readOne(file)));
    });
  }
  return unread.length === 0 ? { ok: true, files } : { ok: false, unread };
}

function manifestsIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => /\.(ya?ml|json)$/.test(name));
  if (names.length === 0) throw new Error('the folder has no .yaml, .yml or .json file');
  return names.toSorted().map((name) => join(folder, name));
}

function readOne(file: string): NamedText {
  const { size } = statSync(file);
  if (size > LARGEST_MANIFEST_BYTES)
    throw new Error(`it must be at most ${LARGEST_MANIFEST_BYTES} bytes: value is ${size}`);
  return { file, text: textOf(readFileSync(file)) };
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new NotUtf8Error('it must be UTF-8 text');
  return bytes.toString('utf8');
}
