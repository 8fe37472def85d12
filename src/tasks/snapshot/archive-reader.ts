import type { Hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { JobControl } from './control.ts';
import { BLOCK_BYTES, blocksAtATime, type Codec, codecOf, release } from './format.ts';
import type { Format } from './format-names.ts';
import { attempting, codeOf, SnapshotProblem } from './problem.ts';

/** The format tells how to unpack, the level is of no matter there. */
const ANY_LEVEL = 1;

/**
 * The blocks of an archive, unpacked, in their order; a block is valid until the next. `hash` takes the bytes of the file.
 * Throws `SnapshotProblem`, whose message goes on after the file's name, and `Stopped`.
 */
export async function* readArchive(
  path: string,
  format: Format,
  hash: Hash,
  control: JobControl,
): AsyncGenerator<Buffer, void, void> {
  const fd = attempting(`read ${path}`, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  const codec = codecOf(format, ANY_LEVEL);
  const nextMember = memberReader(fd, codec);
  const unpacking: { readonly member: Buffer; readonly block: Promise<Buffer> }[] = [];
  const atATime = codec === undefined ? 1 : blocksAtATime();
  try {
    if (!fstatSync(fd).isFile()) throw new SnapshotProblem(`${path} is not a file`, false);
    for (;;) {
      control.throwIfStopped();
      const member = nextMember();
      if (member !== undefined) {
        hash.update(member);
        const block = codec?.unpack(member) ?? Promise.resolve(member);
        block.catch(() => {});
        unpacking.push({ member, block });
      }
      if (member !== undefined && unpacking.length < atATime) continue;
      const oldest = unpacking.shift();
      if (oldest === undefined) return;
      const block = await oldest.block.catch(() => {
        throw new SnapshotProblem('cannot be unpacked: it is damaged', false);
      });
      yield block;
      release([oldest.member, block]);
    }
  } finally {
    await Promise.allSettled(unpacking.map(({ block }) => block));
    closeSync(fd);
  }
}

/** Gives the members of an archive, or its blocks where there are no members; undefined at the end. */
function memberReader(fd: number, codec: Codec | undefined): () => Buffer | undefined {
  let offset = 0;
  const peek = (at: number, length: number) => readAt(fd, offset + at, length);
  return () => {
    try {
      if (peek(0, 1).length === 0) return undefined;
      const length = codec?.measure(peek) ?? BLOCK_BYTES;
      const member = peek(0, length);
      if (codec !== undefined && member.length < length) throw new SnapshotProblem('is cut off within a part', false);
      offset += member.length;
      return member;
    } catch (error) {
      // That the disk cannot give it back is a damage of the archive, too.
      throw error instanceof SnapshotProblem ? error : new SnapshotProblem(`cannot be read (${codeOf(error)})`, false);
    }
  };
}

/** As much as there is of what is asked for. */
function readAt(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(fd, buffer, filled, length - filled, position + filled);
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}
