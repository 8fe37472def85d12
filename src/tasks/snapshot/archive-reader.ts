import type { Hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { JobControl } from './control.ts';
import { BLOCK_BYTES, blocksAtATime, type Codec, codecOf, type Format, release } from './format.ts';
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
  const unpacking: Promise<Buffer>[] = [];
  const atATime = codec === undefined ? 1 : blocksAtATime();
  try {
    if (!fstatSync(fd).isFile()) throw new SnapshotProblem(`${path} is not a file`, false);
    for (;;) {
      control.throwIfStopped();
      const member = nextMember(fd, codec);
      if (member !== undefined) {
        hash.update(member);
        const unpacked = codec?.unpack(member) ?? Promise.resolve(member);
        unpacked.catch(() => {});
        unpacking.push(unpacked);
      }
      if (member !== undefined && unpacking.length < atATime) continue;
      const oldest = unpacking.shift();
      if (oldest === undefined) return;
      const block = await oldest.catch(() => {
        throw new SnapshotProblem('cannot be unpacked: it is damaged', false);
      });
      yield block;
      release(block);
    }
  } finally {
    await Promise.allSettled(unpacking);
    closeSync(fd);
  }
}

/** That the disk cannot give it back is a damage of the archive, too. */
function nextMember(fd: number, codec: Codec | undefined): Buffer | undefined {
  try {
    return readMember(fd, codec);
  } catch (error) {
    if (error instanceof SnapshotProblem) throw error;
    throw new SnapshotProblem(`cannot be read (${codeOf(error)})`, false);
  }
}

/** The next member, or block where there are no members; undefined at the end. */
function readMember(fd: number, codec: Codec | undefined): Buffer | undefined {
  const head = readUpTo(fd, Buffer.allocUnsafe(codec?.headBytes ?? BLOCK_BYTES));
  if (head.length === 0) return undefined;
  if (codec === undefined) return head;
  if (head.length < codec.headBytes) throw cutOff();
  const length = codec.lengthOf(head);
  if (length < codec.headBytes) throw cutOff();
  const member = Buffer.allocUnsafe(length);
  head.copy(member);
  if (readUpTo(fd, member.subarray(head.length)).length < length - head.length) throw cutOff();
  return member;
}

function cutOff(): SnapshotProblem {
  return new SnapshotProblem('is cut off within a part', false);
}

/** As much as there is of what the buffer can hold. */
function readUpTo(fd: number, buffer: Buffer): Buffer {
  let filled = 0;
  while (filled < buffer.length) {
    const read = readSync(fd, buffer, filled, buffer.length - filled, null);
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}
