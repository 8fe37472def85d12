import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { RateLimit } from './control.ts';
import { BLOCK_BYTES, blocksAtATime, codecOf, release } from './format.ts';
import type { Format } from './format-names.ts';
import { attempting } from './problem.ts';
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
  /** Everything is on the disk when it resolves. */
  finish(): Promise<{ readonly sha256: string; readonly bytes: number }>;
  /** Closes the file, whatever happened. Safe to call at any time. */
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

/** Makes a new file that only its owner can read. Throws `SnapshotProblem`, as all its methods do. */
export function createArchive(path: string, { format, level, limit }: ArchiveSettings): ArchiveWriter {
  const fd = attempting(`write ${path}`, () => openSync(path, 'wx', 0o600));
  const codec = codecOf(format, level);
  const hash = createHash('sha256');
  const atATime = blocksAtATime();
  const packing: Packing[] = [];
  const free: Buffer[] = [];
  let block: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let used = 0;
  let written = 0;
  let open = true;

  function append(bytes: Buffer): void {
    hash.update(bytes);
    attempting(`write ${path}`, () => {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    });
    written += bytes.length;
  }

  async function writeOldest(): Promise<void> {
    const oldest = packing.shift();
    if (oldest === undefined) return;
    const pieces = await oldest.pieces;
    for (const piece of pieces) append(piece);
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
      attempting(`write ${path}`, () => fsyncSync(fd));
      return { sha256: hash.digest('hex'), bytes: written };
    },
    async close() {
      if (!open) return;
      open = false;
      // A block that is being packed must not be freed under the hands of the library.
      await Promise.allSettled(packing.map(({ pieces }) => pieces));
      closeSync(fd);
    },
  };
  return writer;
}
