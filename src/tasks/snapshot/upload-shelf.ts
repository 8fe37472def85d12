import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileSink } from './byte-sink.ts';
import { type ByteSource, fileSource } from './byte-source.ts';
import { createRateLimit, type RateLimit, stopSignal } from './control.ts';
import { removeDebris } from './debris.ts';
import { temporaryFile } from './file-names.ts';
import type { UploadPlace } from './place.ts';
import { sendArchive } from './send-archive.ts';
import type { Draft, ShelfUse, WritableShelf } from './shelf.ts';

/** How much is read from the disk at a time, in bytes. */
const PIECE_BYTES = 256 * 1024;

/**
 * A URL that takes one archive. It must be told how long the archive is, so that is written to a disk first, and verified
 * there. Of what lies at the URL nothing is known: there is no last good one, and nothing to remove.
 */
export function uploadShelf(place: UploadPlace, { own, control, limitBytesPerS }: ShelfUse): WritableShelf {
  const { scratch } = place;
  const limit = createRateLimit(limitBytesPerS, control);

  function beginDraft(name: string): Draft {
    const path = join(scratch, temporaryFile(name, own, 'archive'));
    return {
      sink: fileSink(path),
      read: () => fileSource(path),
      async publish({ archiveBytes }) {
        const md5 = createHash('md5');
        for await (const piece of piecesOf(fileSource(path))) {
          md5.update(piece);
          control.throwIfStopped();
        }
        const body = slowed(piecesOf(fileSource(path)), limit);
        using stop = stopSignal(control);
        await sendArchive(place, { bytes: archiveBytes, md5: md5.digest(), body }, stop.signal);
        return true;
      },
      discard: () => rmSync(path, { force: true }),
    };
  }

  return {
    list: () => [],
    read() {
      throw new Error('nothing is listed there');
    },
    prepare: (name, nowMs) => removeDebris(scratch, name, own, nowMs),
    begin: beginDraft,
    point() {},
    remove() {},
    [Symbol.dispose]() {},
  };
}

async function* piecesOf(bytes: ByteSource): AsyncGenerator<Buffer, void, void> {
  try {
    for (;;) {
      await bytes.ahead(PIECE_BYTES);
      const piece = bytes.peek(0, PIECE_BYTES);
      if (piece.length === 0) return;
      bytes.skip(piece.length);
      yield piece;
    }
  } finally {
    await bytes.close();
  }
}

async function* slowed(
  pieces: AsyncGenerator<Buffer, void, void>,
  limit: RateLimit,
): AsyncGenerator<Buffer, void, void> {
  for await (const piece of pieces) {
    await limit.take(piece.length);
    yield piece;
  }
}
