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

/**
 * Where a record has the microseconds of its time, as six digits: after the last field of the format, where other programs look
 * for nothing. An extended header for the fraction of each time would make an archive of small files half as long again.
 */
export const FRACTION_AT = 500;
export const FRACTION_DIGITS = 6;
export const MICROS_PER_S = 1_000_000;

/** Writes all records before an entry's content into a buffer that has room for the longest; gives where they end. */
export function writeHeader(entry: TarEntry, into: Buffer, at: number): number {
  const extended = paxOf(entry);
  const name = writtenName(entry);
  if (extended === '') return writeRecord(entry, TYPE_FLAGS[entry.type], name, into, at);
  const { length } = extended;
  const before: TarEntry = { ...entry, target: '', mode: 0o644, size: length };
  const begin = writeRecord(before, PAX_FLAG, `pax/${entry.name}`, into, at);
  const end = begin + length + paddingOf(length);
  into.fill(0, begin + length, end);
  into.write(extended, begin, 'latin1');
  return writeRecord(entry, TYPE_FLAGS[entry.type], name, into, end);
}

/** What does not fit into the old format: long or non-ASCII names, large numbers, times before 1970. */
function paxOf(entry: TarEntry): string {
  const written = writtenName(entry);
  let text = '';
  if (!fits(written)) text += paxRecord('path', written);
  if (!fits(entry.target)) text += paxRecord('linkpath', entry.target);
  if (text !== '' && !isUtf8(written + entry.target)) text = paxRecord('hdrcharset', 'BINARY') + text;
  if (entry.size > LARGEST_SIZE) text += paxRecord('size', String(entry.size));
  if (entry.uid > LARGEST_ID) text += paxRecord('uid', String(entry.uid));
  if (entry.gid > LARGEST_ID) text += paxRecord('gid', String(entry.gid));
  if (entry.mtimeS < 0 || entry.mtimeS > LARGEST_SIZE) {
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

/** What is the same in all records. */
const EMPTY_RECORD = Buffer.alloc(RECORD_BYTES);
EMPTY_RECORD.write('        ', 148, 'latin1');
EMPTY_RECORD.write('ustar\u000000', 257, 'latin1');
const EMPTY_SUM = EMPTY_RECORD.reduce((sum, byte) => sum + byte, 0);

/** The checksum is the sum of all bytes, itself taken for spaces: it is summed up on the way. */
function writeRecord(entry: TarEntry, flag: string, name: string, into: Buffer, at: number): number {
  const { mode, uid, gid, size, target } = entry;
  const mtimeMicros = Math.round(Math.min(Math.max(0, entry.mtimeS), LARGEST_SIZE) * MICROS_PER_S);
  const mtimeS = Math.floor(mtimeMicros / MICROS_PER_S);
  const micros = mtimeMicros - mtimeS * MICROS_PER_S;
  EMPTY_RECORD.copy(into, at);
  let sum = EMPTY_SUM + writeText(into, at, name);
  sum += writeDigits(into, at + 100, 7, mode, 8);
  sum += writeDigits(into, at + 108, 7, uid > LARGEST_ID ? 0 : uid, 8);
  sum += writeDigits(into, at + 116, 7, gid > LARGEST_ID ? 0 : gid, 8);
  sum += writeDigits(into, at + 124, 11, size > LARGEST_SIZE ? 0 : size, 8);
  sum += writeDigits(into, at + 136, 11, mtimeS, 8);
  sum += writeText(into, at + 156, flag);
  sum += writeText(into, at + 157, target);
  if (micros > 0) sum += writeDigits(into, at + FRACTION_AT, FRACTION_DIGITS, micros, 10);
  writeDigits(into, at + 148, 6, sum, 8);
  into[at + 154] = 0;
  return at + RECORD_BYTES;
}

/** As much of a text as fits; gives the sum of its bytes. By hand, as what is called for each field costs more than to read a small file. */
function writeText(into: Buffer, at: number, text: string): number {
  let sum = 0;
  const length = Math.min(text.length, LONGEST_NAME);
  for (let index = 0; index < length; index += 1) {
    const byte = text.charCodeAt(index);
    into[at + index] = byte;
    sum += byte;
  }
  return sum;
}

/** A number; gives the sum of its digits' bytes. */
function writeDigits(into: Buffer, at: number, digits: number, value: number, base: 8 | 10): number {
  let rest = value;
  let sum = 0;
  for (let index = at + digits - 1; index >= at; index -= 1) {
    const byte = 0x30 + (rest % base);
    into[index] = byte;
    sum += byte;
    rest = Math.floor(rest / base);
  }
  return sum;
}

/** The sum of the bytes of the record at a place, its own checksum taken for spaces. */
export function checksumOf(bytes: Buffer, at: number): number {
  let sum = 8 * 0x20;
  for (let index = at; index < at + 148; index += 1) sum += bytes[index] ?? 0;
  for (let index = at + 156; index < at + RECORD_BYTES; index += 1) sum += bytes[index] ?? 0;
  return sum;
}
