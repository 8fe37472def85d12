import { SnapshotProblem } from './problem.ts';
import {
  AGAIN_KEYWORD,
  checksumOf,
  FRACTION_AT,
  FRACTION_DIGITS,
  MICROS_PER_S,
  paddingOf,
  RECORD_BYTES,
  type TarEntry,
} from './tar-header.ts';

/** What is found in an archive, in its order: an entry, and then its content in pieces, which are valid until the next. */
export type TarPart =
  | { readonly kind: 'entry'; readonly entry: TarEntry }
  | { readonly kind: 'content'; readonly bytes: Buffer };

/** Names of at most 4096 bytes and a few numbers need far less. */
const LONGEST_PAX_BYTES = 64 * 1024;

const PAX_FLAG = 0x78;

/** By the byte of their digit. */
const TYPES: Readonly<Record<number, TarEntry['type']>> = {
  48: 'file',
  49: 'hardLink',
  50: 'link',
  53: 'folder',
};

/** What other archives hold, and why it is refused. */
const REFUSED_TYPES: Readonly<Record<number, string>> = {
  51: 'a device',
  52: 'a device',
  54: 'a FIFO',
};

const SPACE = 0x20;

const NO_PAX: ReadonlyMap<string, string> = new Map();

/** Reads an archive of ours piece by piece. */
export interface TarReader {
  /** Takes the next piece. Throws `SnapshotProblem` for what is torn or hostile. */
  push(piece: Buffer): Generator<TarPart, void, void>;
  /** Throws `SnapshotProblem` unless the archive ended as one does. */
  end(): void;
}

export function createTarReader(): TarReader {
  let at: 'header' | 'pax' | 'content' | 'over' = 'header';
  let pax = NO_PAX;
  let paxText = '';
  let emptyRecords = 0;
  /** What is left of the part that is being read, in bytes: of its content, and of what pads it. */
  let left = 0;
  let padding = 0;

  /** Undefined where a record is not yet an entry's own. */
  function readHeader(bytes: Buffer, from: number): TarEntry | undefined {
    if (isEmpty(bytes, from)) {
      emptyRecords += 1;
      if (emptyRecords === 2) at = 'over';
      return undefined;
    }
    if (emptyRecords > 0) throw bad('something follows its end');
    if (octalOf(bytes, from + 148, 8) !== checksumOf(bytes, from)) throw bad('the checksum of a header is wrong');
    const flag = bytes[from + 156] ?? 0;
    const size = octalOf(bytes, from + 124, 12);
    if (flag === PAX_FLAG) {
      if (size > LONGEST_PAX_BYTES || pax !== NO_PAX) throw bad('an extended header is too large, or one of two');
      at = 'pax';
      paxText = '';
      left = size;
      padding = paddingOf(size);
      return undefined;
    }
    const entry = entryOf(bytes, from, { flag, size, pax });
    pax = NO_PAX;
    left = entry.size;
    padding = paddingOf(entry.size);
    if (left > 0) at = 'content';
    return entry;
  }

  function endPart(): void {
    if (at === 'pax') pax = paxOf(paxText);
    at = 'header';
  }

  return {
    *push(piece) {
      let offset = 0;
      while (offset < piece.length) {
        if (at === 'header' || at === 'over') {
          if (piece.length - offset < RECORD_BYTES) throw bad('it ends within a record');
          if (at === 'over') throw bad('something follows its end');
          const entry = readHeader(piece, offset);
          offset += RECORD_BYTES;
          if (entry !== undefined) yield { kind: 'entry', entry };
          continue;
        }
        const bytes = piece.subarray(offset, offset + left);
        left -= bytes.length;
        offset += bytes.length;
        if (bytes.length > 0 && at === 'pax') paxText += bytes.toString('latin1');
        else if (bytes.length > 0) yield { kind: 'content', bytes };
        if (left > 0) continue;
        const skipped = Math.min(padding, piece.length - offset);
        offset += skipped;
        padding -= skipped;
        if (padding === 0) endPart();
      }
    },
    end() {
      if (at !== 'over') throw bad('it is cut off');
    },
  };
}

function bad(why: string): SnapshotProblem {
  return new SnapshotProblem(`is not an archive of hookkeeper: ${why}`, false);
}

interface Head {
  readonly flag: number;
  readonly size: number;
  readonly pax: ReadonlyMap<string, string>;
}

function entryOf(bytes: Buffer, from: number, { flag, size: headSize, pax }: Head): TarEntry {
  const type = TYPES[flag];
  if (type === undefined) {
    const what = REFUSED_TYPES[flag] ?? `an entry of type ${JSON.stringify(String.fromCharCode(flag))}`;
    throw bad(`it holds ${what}`);
  }
  const written = pax.get('path') ?? textOf(bytes, from, 100);
  const size = pax.has('size') ? numberOf(pax.get('size'), Number.MAX_SAFE_INTEGER) : headSize;
  if (type !== 'file' && size !== 0) throw bad('an entry that is no file has content');
  return {
    type,
    name: type === 'folder' ? written.replace(/\/$/, '') : written,
    mode: octalOf(bytes, from + 100, 8) & 0o7777,
    uid: pax.has('uid') ? numberOf(pax.get('uid'), 0xffffffff) : octalOf(bytes, from + 108, 8),
    gid: pax.has('gid') ? numberOf(pax.get('gid'), 0xffffffff) : octalOf(bytes, from + 116, 8),
    mtimeS: pax.has('mtime') ? timeOf(pax.get('mtime')) : timeIn(bytes, from),
    size,
    target: type === 'link' || type === 'hardLink' ? (pax.get('linkpath') ?? textOf(bytes, from + 157, 100)) : '',
    again: pax.has(AGAIN_KEYWORD),
  };
}

function isEmpty(bytes: Buffer, from: number): boolean {
  for (let at = from; at < from + RECORD_BYTES; at += 1) if (bytes[at] !== 0) return false;
  return true;
}

/** Up to a NUL. */
function textOf(bytes: Buffer, from: number, width: number): string {
  let end = from;
  while (end < from + width && bytes[end] !== 0) end += 1;
  return bytes.toString('latin1', from, end);
}

/** Up to a NUL or a space, and after spaces. */
function octalOf(bytes: Buffer, from: number, width: number): number {
  const end = from + width;
  let at = from;
  while (at < end && bytes[at] === SPACE) at += 1;
  const begin = at;
  let value = 0;
  for (; at < end && bytes[at] !== 0 && bytes[at] !== SPACE; at += 1) value = value * 8 + digitOf(bytes, at, 8);
  if (at === begin) throw bad('a header holds a number that is none');
  return value;
}

function timeIn(bytes: Buffer, from: number): number {
  const seconds = octalOf(bytes, from + 136, 12);
  const begin = from + FRACTION_AT;
  if (bytes[begin] === 0) return seconds;
  let micros = 0;
  for (let at = begin; at < begin + FRACTION_DIGITS; at += 1) micros = micros * 10 + digitOf(bytes, at, 10);
  return (seconds * MICROS_PER_S + micros) / MICROS_PER_S;
}

function digitOf(bytes: Buffer, at: number, base: 8 | 10): number {
  const digit = (bytes[at] ?? 0) - 0x30;
  if (digit < 0 || digit >= base) throw bad('a header holds a number that is none');
  return digit;
}

function numberOf(text: string | undefined, largest: number): number {
  const number = /^\d{1,16}$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (number <= largest) return number;
  throw bad('an extended header holds a number that is none');
}

function timeOf(text: string | undefined): number {
  if (text !== undefined && /^-?\d{1,12}(\.\d{1,9})?$/.test(text)) return Number(text);
  throw bad('an extended header holds a time that is none');
}

function paxOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let offset = 0;
  while (offset < text.length) {
    const length = Number(/^[1-9]\d{0,5}(?= )/.exec(text.slice(offset, offset + 7))?.[0]);
    const record = text.slice(offset, offset + length);
    const [, key, value] = /^\d+ ([^=]+)=(.*)\n$/s.exec(record) ?? [];
    if (record.length !== length || key === undefined || value === undefined) {
      throw bad('an extended header is malformed');
    }
    found.set(key, value);
    offset += length;
  }
  return found;
}
