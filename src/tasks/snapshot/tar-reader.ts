import { SnapshotProblem } from './problem.ts';
import { AGAIN_KEYWORD, checksumOf, paddingOf, RECORD_BYTES, type TarEntry } from './tar-header.ts';

/** What is found in an archive, in its order: an entry, and then its content in pieces, which are valid until the next. */
export type TarPart =
  | { readonly kind: 'entry'; readonly entry: TarEntry }
  | { readonly kind: 'content'; readonly bytes: Buffer };

/** Names of at most 4096 bytes and a few numbers need far less. */
const LONGEST_PAX_BYTES = 64 * 1024;

const TYPES: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '1': 'hardLink',
  '5': 'folder',
  '2': 'link',
};

/** What other archives hold, and why it is refused. */
const REFUSED_TYPES: Readonly<Record<string, string>> = {
  '3': 'a device',
  '4': 'a device',
  '6': 'a FIFO',
};

/** Reads an archive of ours piece by piece. */
export interface TarReader {
  /** Takes the next piece. Throws `SnapshotProblem` for what is torn or hostile. */
  push(piece: Buffer): Generator<TarPart, void, void>;
  /** Throws `SnapshotProblem` unless the archive ended as one does. */
  end(): void;
}

export function createTarReader(): TarReader {
  let at: 'header' | 'pax' | 'content' | 'over' = 'header';
  let pax = new Map<string, string>();
  let paxText = '';
  let emptyRecords = 0;
  /** What is left of the part that is being read, in bytes: of its content, and of what pads it. */
  let left = 0;
  let padding = 0;

  function* readHeader(record: Buffer): Generator<TarPart, void, void> {
    if (record.every((byte) => byte === 0)) {
      emptyRecords += 1;
      if (emptyRecords === 2) at = 'over';
      return;
    }
    if (emptyRecords > 0) throw bad('something follows its end');
    if (octalOf(record, 148, 8) !== checksumOf(record, 0)) throw bad('the checksum of a header is wrong');
    const flag = record.toString('latin1', 156, 157);
    const size = octalOf(record, 124, 12);
    if (flag === 'x') {
      if (size > LONGEST_PAX_BYTES || pax.size > 0) throw bad('an extended header is too large, or one of two');
      at = 'pax';
      paxText = '';
      left = size;
      padding = paddingOf(size);
      return;
    }
    const entry = entryOf(record, flag, size, pax);
    pax = new Map();
    left = entry.size;
    padding = paddingOf(entry.size);
    if (left > 0) at = 'content';
    yield { kind: 'entry', entry };
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
          const record = piece.subarray(offset, offset + RECORD_BYTES);
          if (record.length < RECORD_BYTES) throw bad('it ends within a record');
          if (at === 'over') throw bad('something follows its end');
          offset += RECORD_BYTES;
          yield* readHeader(record);
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

function entryOf(record: Buffer, flag: string, headSize: number, pax: ReadonlyMap<string, string>): TarEntry {
  const written = pax.get('path') ?? textOf(record, 0, 100);
  const type = TYPES[flag];
  if (type === undefined) throw bad(`it holds ${REFUSED_TYPES[flag] ?? `an entry of type ${JSON.stringify(flag)}`}`);
  const size = pax.has('size') ? numberOf(pax.get('size'), Number.MAX_SAFE_INTEGER) : headSize;
  if (type !== 'file' && size !== 0) throw bad('an entry that is no file has content');
  return {
    type,
    name: type === 'folder' ? written.replace(/\/$/, '') : written,
    mode: octalOf(record, 100, 8) & 0o7777,
    uid: pax.has('uid') ? numberOf(pax.get('uid'), 0xffffffff) : octalOf(record, 108, 8),
    gid: pax.has('gid') ? numberOf(pax.get('gid'), 0xffffffff) : octalOf(record, 116, 8),
    mtimeS: pax.has('mtime') ? timeOf(pax.get('mtime')) : octalOf(record, 136, 12),
    size,
    target: type === 'link' || type === 'hardLink' ? (pax.get('linkpath') ?? textOf(record, 157, 100)) : '',
    again: pax.has(AGAIN_KEYWORD),
  };
}

function textOf(record: Buffer, at: number, width: number): string {
  const end = record.indexOf(0, at);
  return record.toString('latin1', at, end === -1 || end > at + width ? at + width : end);
}

function octalOf(record: Buffer, at: number, width: number): number {
  const text = textOf(record, at, width).trim();
  if (!/^[0-7]+$/.test(text)) throw bad('a header holds a number that is none');
  return Number.parseInt(text, 8);
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
