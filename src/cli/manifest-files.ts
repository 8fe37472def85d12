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
}

/** What names standard input. */
const STANDARD_INPUT = '-';

/** Reads manifest files: a folder stands for the `.yaml`, `.yml` and `.json` files in it, `-` for standard input. Never throws. */
export function readManifestFiles(names: readonly string[]): ReadFiles {
  const files: NamedText[] = [];
  const unread: UnreadFile[] = [];
  for (const name of names) {
    try {
      if (name === STANDARD_INPUT) files.push({ file: name, text: readFileSync(0, 'utf8') });
      else if (statSync(name).isDirectory()) files.push(...manifestsIn(name).map(readOne));
      else files.push(readOne(name));
    } catch (error) {
      unread.push({ file: name, reason: messageOf(error) });
    }
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
  return { file, text: readFileSync(file, 'utf8') };
}
