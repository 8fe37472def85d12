/**
 * Records of a tar archive in the pax format (POSIX.1-2017, `pax`, "ustar Interchange Format" and "pax Extended Header").
 * Written by ourselves, as the libraries are too slow and too large for a sidecar: of 100,000 small files, `tar-stream` took
 * 19 times as long as GNU tar, and `modern-tar` did not fit into 32 MB of heap.
 */
import { shownPath } from './raw-path.ts';

/** The unit of all parts of an archive, in bytes. */
export const RECORD_BYTES = 512;

/** One thing in an archive. */
export interface TarEntry {
  readonly type: 'file' | 'folder' | 'link' | 'hardLink';
  /** Below the archive's root, as raw bytes, without a slash at either end. */
  readonly name: string;
  /** Permission bits: at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** In seconds since 1970, with a fraction. */
  readonly mtimeS: number;
  /** The length of a file's content, in bytes; else 0. */
  readonly size: number;
  /** Where a link points, as raw bytes; of a hard link, the name of a file that comes before it; else empty. */
  readonly target: string;
  /** A second copy of a file that changed while the first was read: it replaces the first. */
  readonly again: boolean;
}

/** By this keyword of ours a second copy is known, so that no other archive has an entry twice. */
export const AGAIN_KEYWORD = 'HOOKKEEPER.again';

const TYPE_FLAGS = { file: '0', folder: '5', link: '2', hardLink: '1' } as const;
const PAX_FLAG = 'x';

const LONGEST_NAME = 100;
const LARGEST_ID = 0o7777777;
const LARGEST_SIZE = 0o77777777777;

/** How many bytes follow `size` bytes of content up to the next record. */
export function paddingOf(size: number): number {
  return (RECORD_BYTES - (size % RECORD_BYTES)) % RECORD_BYTES;
}

/** No header is longer: two names of at most 4096 bytes and a few numbers, in bytes. */
export const LONGEST_HEADER_BYTES = 24 * RECORD_BYTES;

/** Writes all records before an entry's content into a buffer that has room for the longest; gives where they end. */
export function writeHeader(entry: TarEntry, into: Buffer, at: number): number {
  const extended = paxOf(entry);
  if (extended === '') return writeRecord(entry, TYPE_FLAGS[entry.type], writtenName(entry), entry.size, into, at);
  const { length } = extended;
  const name = `pax/${entry.name}`;
  const begin = writeRecord({ ...entry, target: '', mode: 0o644 }, PAX_FLAG, name, length, into, at);
  const end = begin + length + paddingOf(length);
  into.fill(0, begin + length, end);
  into.write(extended, begin, 'latin1');
  return writeRecord(entry, TYPE_FLAGS[entry.type], writtenName(entry), entry.size, into, end);
}

/** What does not fit into the old format: long or non-ASCII names, large numbers, fractions of a second. */
function paxOf(entry: TarEntry): string {
  const written = writtenName(entry);
  let text = '';
  if (!fits(written)) text += paxRecord('path', written);
  if (!fits(entry.target)) text += paxRecord('linkpath', entry.target);
  if (text !== '' && !isUtf8(written + entry.target)) text = paxRecord('hdrcharset', 'BINARY') + text;
  if (entry.size > LARGEST_SIZE) text += paxRecord('size', String(entry.size));
  if (entry.uid > LARGEST_ID) text += paxRecord('uid', String(entry.uid));
  if (entry.gid > LARGEST_ID) text += paxRecord('gid', String(entry.gid));
  if (!Number.isInteger(entry.mtimeS) || entry.mtimeS < 0 || entry.mtimeS > LARGEST_SIZE) {
    text += paxRecord('mtime', entry.mtimeS.toFixed(6));
  }
  if (entry.again) text += paxRecord(AGAIN_KEYWORD, '1');
  return text;
}

function writtenName({ type, name }: Pick<TarEntry, 'type' | 'name'>): string {
  return type === 'folder' ? `${name}/` : name;
}

function fits(text: string): boolean {
  return text.length <= LONGEST_NAME && !/[\u0080-\u00ff]/.test(text);
}

function isUtf8(raw: string): boolean {
  return !shownPath(raw).includes('\ufffd');
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts itself. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

function writeRecord(entry: TarEntry, flag: string, name: string, size: number, into: Buffer, at: number): number {
  into.fill(0, at, at + RECORD_BYTES);
  into.write(name.slice(0, LONGEST_NAME), at, 'latin1');
  writeOctal(into, at + 100, 7, entry.mode);
  writeOctal(into, at + 108, 7, entry.uid > LARGEST_ID ? 0 : entry.uid);
  writeOctal(into, at + 116, 7, entry.gid > LARGEST_ID ? 0 : entry.gid);
  writeOctal(into, at + 124, 11, size > LARGEST_SIZE ? 0 : size);
  writeOctal(into, at + 136, 11, Math.min(Math.max(0, Math.floor(entry.mtimeS)), LARGEST_SIZE));
  into.write(flag, at + 156, 'latin1');
  into.write(entry.target.slice(0, LONGEST_NAME), at + 157, 'latin1');
  into.write('ustar\u000000', at + 257, 'latin1');
  writeOctal(into, at + 148, 6, checksumOf(into, at));
  into.write('\0 ', at + 154, 'latin1');
  return at + RECORD_BYTES;
}

/** By hand, as a string for each number is half of the cost of a small file. */
function writeOctal(into: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let index = at + digits - 1; index >= at; index -= 1) {
    into[index] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}

/** The sum of the bytes of the record at a place, its own checksum taken for spaces. */
export function checksumOf(bytes: Buffer, at: number): number {
  let sum = 8 * 0x20;
  for (let index = 0; index < RECORD_BYTES; index += 1) {
    if (index < 148 || index >= 156) sum += bytes[at + index] ?? 0;
  }
  return sum;
}
