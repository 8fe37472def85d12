/**
 * How an archive is compressed: in members of one block each, packed side by side, whose lengths can be told without unpacking
 * them, so that they can be unpacked side by side too. `zstd -d`, `gunzip` and `tar` read such archives as any others.
 *
 * Node's own stream with zstd's threads (`ZSTD_c_nbWorkers`) breaks off with ERR_STREAM_PUSH_AFTER_EOF on 22 and 24, its
 * decompressing stream with several short frames in one piece, and one stream without threads is slower than `tar | zstd`.
 */
import { availableParallelism } from 'node:os';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { Format } from './format-names.ts';
import { SnapshotProblem } from './problem.ts';

/** How much is compressed at a time, in bytes: larger ones gain a few percent, and cost memory several times over. */
export const BLOCK_BYTES = 1024 * 1024;

/** A member of one block that does not get smaller is a little larger than the block, in bytes. */
export const LARGEST_MEMBER_BYTES = BLOCK_BYTES + 64 * 1024;

/** How much is got from gzip at a time, in bytes. */
const PIECE_BYTES = 256 * 1024;

/** Smaller memory may be what Node.js gives many buffers at once, which cannot be given back, in bytes. */
const LEAST_OWN_BYTES = 128 * 1024;

/**
 * So that what is unpacked comes in one piece, which need not be copied. A byte more than that: once its buffer is full, a
 * stream makes the next one.
 */
const WHOLE_BLOCK = { chunkSize: BLOCK_BYTES + 1 };

/** More would cost memory, and take a pod's processors from the app. */
const MOST_PROCESSORS = 4;

/** How many blocks are given to the library: one for each processor, and one that waits, so that none is ever idle. */
export function blocksAtATime(): number {
  return Math.min(availableParallelism(), MOST_PROCESSORS) + 1;
}

export interface Codec {
  /** A member that holds the block, in pieces. The block may be used again when it resolves. */
  pack(block: Buffer): Promise<readonly Buffer[]>;
  /**
   * The whole length of a member, in bytes. `peek` gives bytes of it from a place on, fewer only at the end of the archive.
   * Throws `SnapshotProblem` if it is none.
   */
  measure(peek: (at: number, length: number) => Buffer): number;
  /** The block in a member. Rejects for what is torn, or larger than a block. */
  unpack(member: Buffer): Promise<Buffer>;
}

/** The codec of a format; undefined where blocks stand in the archive as they are. */
export function codecOf(format: Format, level: number): Codec | undefined {
  if (format === 'tar.zst') return zstdCodec(level);
  return format === 'tar.gz' ? gzipCodec(level) : undefined;
}

function zstdCodec(level: number): Codec {
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = zlib.constants;
  const params = { [ZSTD_c_compressionLevel]: level, [ZSTD_c_checksumFlag]: 1 };
  return {
    pack(block) {
      // With room for all that may come out, zstd compresses right from the block into it, and copies neither.
      const options = { chunkSize: LARGEST_MEMBER_BYTES, pledgedSrcSize: block.length, params };
      return through(zlib.createZstdCompress(options), block, LARGEST_MEMBER_BYTES);
    },
    measure: (peek) => bounded(frameLength(peek)),
    unpack: (member) => unpacked(zlib.createZstdDecompress(WHOLE_BLOCK), member),
  };
}

const ZSTD_MAGIC = 0xfd2fb528;

/** RFC 8878, 3.1.1: a header, blocks that each tell their length, and a checksum. */
function frameLength(peek: (at: number, length: number) => Buffer): number {
  const head = peek(0, 5);
  if (head.length < 5 || head.readUInt32LE(0) !== ZSTD_MAGIC) throw notOurs();
  const descriptor = head.readUInt8(4);
  const isSingle = (descriptor >> 5) & 1;
  const sizeBytes = [isSingle, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  let at = 5 + (1 - isSingle) + dictionaryBytes + sizeBytes;
  for (let last = false; !last && at < LARGEST_MEMBER_BYTES; ) {
    const block = peek(at, 3);
    if (block.length < 3) throw notOurs();
    const header = block.readUIntLE(0, 3);
    const isRepeated = ((header >> 1) & 3) === 1;
    at += 3 + (isRepeated ? 1 : header >> 3);
    last = (header & 1) === 1;
  }
  return at + ((descriptor >> 2) & 1) * 4;
}

/** RFC 1952, 2.3.1.1: an extra field, here of 4 bytes that are the length of the whole member. */
const GZIP_HEAD_BYTES = 10;
const FLAG_AT = 3;
const FLAG_EXTRA = 4;
const EXTRA_HEAD = Buffer.from([8, 0, 0x48, 0x4b, 4, 0]);
const GZIP_WITH_EXTRA_BYTES = GZIP_HEAD_BYTES + EXTRA_HEAD.length + 4;

function gzipCodec(level: number): Codec {
  return {
    async pack(block) {
      const options = { level, chunkSize: PIECE_BYTES };
      const pieces = await through(zlib.createGzip(options), block, LARGEST_MEMBER_BYTES);
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      const [first = Buffer.alloc(0), ...rest] = pieces;
      const head = Buffer.alloc(GZIP_WITH_EXTRA_BYTES);
      first.copy(head, 0, 0, GZIP_HEAD_BYTES);
      head[FLAG_AT] = FLAG_EXTRA;
      EXTRA_HEAD.copy(head, GZIP_HEAD_BYTES);
      head.writeUInt32LE(length - GZIP_HEAD_BYTES + head.length, GZIP_HEAD_BYTES + EXTRA_HEAD.length);
      return [head, first.subarray(GZIP_HEAD_BYTES), ...rest];
    },
    measure(peek) {
      const head = peek(0, GZIP_WITH_EXTRA_BYTES);
      const extra = head.subarray(GZIP_HEAD_BYTES, GZIP_HEAD_BYTES + EXTRA_HEAD.length);
      if (head.length < GZIP_WITH_EXTRA_BYTES || head[FLAG_AT] !== FLAG_EXTRA || !extra.equals(EXTRA_HEAD)) {
        throw notOurs();
      }
      return bounded(head.readUInt32LE(GZIP_HEAD_BYTES + EXTRA_HEAD.length));
    },
    unpack: (member) => unpacked(zlib.createGunzip(WHOLE_BLOCK), member),
  };
}

/**
 * Gives back the memory of what a codec made. Left to the garbage collector, hundreds of megabytes a second of such buffers
 * make it collect all the time.
 */
export function release(pieces: readonly Buffer[]): void {
  for (const memory of new Set(pieces.map((piece) => piece.buffer))) {
    if (memory instanceof ArrayBuffer && memory.byteLength >= LEAST_OWN_BYTES) memory.transfer(0);
  }
}

function bounded(length: number): number {
  if (length > 0 && length <= LARGEST_MEMBER_BYTES) return length;
  throw new SnapshotProblem('is not an archive of hookkeeper: a part of it is too large', false);
}

function notOurs(): SnapshotProblem {
  return new SnapshotProblem('is not an archive of hookkeeper: a part of it does not tell its length', false);
}

/** What comes out of a stream when this goes in. Rejects when that is more than `mostBytes`, or torn. */
function through(stream: Transform, bytes: Buffer, mostBytes: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    stream.on('data', (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      if (length > mostBytes) stream.destroy(new Error('it is larger than it may be'));
    });
    stream.on('error', reject);
    stream.on('end', () => resolve(pieces));
    stream.end(bytes);
  });
}

async function unpacked(stream: Transform, member: Buffer): Promise<Buffer> {
  const [first = Buffer.alloc(0), ...rest] = await through(stream, member, BLOCK_BYTES);
  return rest.length === 0 ? first : Buffer.concat([first, ...rest]);
}
