import { createHash } from 'node:crypto';
import type { ByteSink } from './byte-sink.ts';
import type { RateLimit } from './control.ts';
import { BLOCK_BYTES, blocksAtATime, codecOf, release } from './format.ts';
import type { Format } from './format-names.ts';
import { LONGEST_HEADER_BYTES, type TarEntry, writeHeader } from './tar-header.ts';

/** An archive that is being written. */
export interface ArchiveWriter {
  /** The block that is being filled, and where its free part begins; there is always one. */
  block(): Buffer;
  used(): number;
  /** So many bytes more are filled. Undefined when there is room at once: a promise for each would cost too much. */
  filled(bytes: number): Promise<void> | undefined;
  /** Writes what stands before an entry's content. */
  header(entry: TarEntry): Promise<void> | undefined;
  /** Copies bytes in. */
  write(bytes: Buffer): Promise<void>;
  /** Everything is kept when it resolves. */
  finish(): Promise<{ readonly sha256: string; readonly bytes: number }>;
  /** Closes the sink, whatever happened. Safe to call at any time. */
  close(): Promise<void>;
}

interface Packing {
  readonly block: Buffer;
  readonly pieces: Promise<readonly Buffer[]>;
}

export interface ArchiveSettings {
  readonly format: Format;
  readonly level: number;
  readonly limit: RateLimit;
}

/** Its methods throw `SnapshotProblem`. */
export function createArchive(sink: ByteSink, { format, level, limit }: ArchiveSettings): ArchiveWriter {
  const codec = codecOf(format, level);
  const hash = createHash('sha256');
  const atATime = blocksAtATime();
  const packing: Packing[] = [];
  const free: Buffer[] = [];
  let block: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let used = 0;
  let written = 0;
  let open = true;

  async function append(bytes: Buffer): Promise<void> {
    hash.update(bytes);
    await sink.write(bytes);
    written += bytes.length;
  }

  async function writeOldest(): Promise<void> {
    const oldest = packing.shift();
    if (oldest === undefined) return;
    const pieces = await oldest.pieces;
    for (const piece of pieces) await append(piece);
    release(pieces);
    free.push(oldest.block);
  }

  async function endBlock(): Promise<void> {
    const bytes = block.subarray(0, used);
    used = 0;
    await limit.take(bytes.length);
    if (codec === undefined) return append(bytes);
    const pieces = codec.pack(bytes);
    // Awaited in its turn; until then a failure must not count as unhandled.
    pieces.catch(() => {});
    packing.push({ block, pieces });
    if (packing.length >= atATime) await writeOldest();
    block = free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  const writer: ArchiveWriter = {
    block: () => block,
    used: () => used,
    filled(bytes) {
      used += bytes;
      return used === BLOCK_BYTES ? endBlock() : undefined;
    },
    header(entry) {
      if (block.length - used >= LONGEST_HEADER_BYTES) return writer.filled(writeHeader(entry, block, used) - used);
      const bytes = Buffer.alloc(LONGEST_HEADER_BYTES);
      return writer.write(bytes.subarray(0, writeHeader(entry, bytes, 0)));
    },
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const copied = bytes.copy(block, used, done);
        done += copied;
        const full = writer.filled(copied);
        if (full !== undefined) await full;
      }
    },
    async finish() {
      if (used > 0) await endBlock();
      while (packing.length > 0) await writeOldest();
      await sink.finish();
      return { sha256: hash.digest('hex'), bytes: written };
    },
    async close() {
      if (!open) return;
      open = false;
      // A block that is being packed must not be freed under the hands of the library.
      await Promise.allSettled(packing.map(({ pieces }) => pieces));
      sink.close();
    },
  };
  return writer;
}
