import { isUtf8 } from 'node:buffer';
import * as nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import type { Adapter } from 'lowdb';
import { encodeJournal, type JournalData, parseJournal } from './codec.ts';
import { durableFile, type FileSystem } from './durable-file.ts';

/** A file larger than this is none of ours, which end at 1 MiB, and is not read, in bytes. */
const LARGEST_READ_BYTES = 8 * 1024 * 1024;

/** The buffer that the journal is written from grows by so much, in bytes. */
const ROOM_BYTES = 64 * 1024;

/** The journal's file in its folder. */
export function journalPath(dir: string): string {
  return join(dir, 'journal.json');
}

/** There is a journal file, and it can't be used; `message` says why, as in `it is not JSON`. */
export class UnusableJournal extends Error {
  override readonly name = 'UnusableJournal';
  readonly kind: 'newer' | 'unreadable';
  constructor(kind: 'newer' | 'unreadable', message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * The lowdb adapter of the journal in `dir`. `read` changes nothing, gives null where there is no journal, and rejects with
 * `UnusableJournal`. `write` is durable when it resolves, and rejects with the system's error. Writes must not overlap.
 */
export function journalFile(dir: string, fs: FileSystem = nodeFs): Adapter<JournalData> {
  const file = durableFile(journalPath(dir), LARGEST_READ_BYTES, fs);
  // One for all writes: a new one for each outlives the young generation of a small heap, and is let go of 10 MB later.
  let room = Buffer.alloc(0);
  const roomFor = (bytes: number) => {
    if (bytes > room.length) room = Buffer.allocUnsafeSlow(Math.ceil(bytes / ROOM_BYTES) * ROOM_BYTES);
    return room;
  };
  return {
    async read() {
      const bytes = await file.read().catch((error: unknown) => {
        throw new UnusableJournal('unreadable', error instanceof Error ? error.message : String(error), {
          cause: error,
        });
      });
      if (bytes === null) return null;
      if (!isUtf8(bytes)) throw new UnusableJournal('unreadable', 'it is not UTF-8');
      const decoded = parseJournal(bytes.toString());
      if (decoded.kind === 'journal') return decoded.data;
      throw new UnusableJournal(decoded.kind === 'newer' ? 'newer' : 'unreadable', decoded.reason);
    },
    write: (data) => file.write(encodeJournal(data, roomFor)),
  };
}
