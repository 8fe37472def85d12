import type { Hash } from 'node:crypto';
import type { ByteSource } from './byte-source.ts';
import type { JobControl } from './control.ts';
import { BLOCK_BYTES, blocksAtATime, type Codec, codecOf, LARGEST_MEMBER_BYTES, release } from './format.ts';
import type { Format } from './format-names.ts';
import { SnapshotProblem } from './problem.ts';

/** The format tells how to unpack, the level is of no matter there. */
const ANY_LEVEL = 1;

/**
 * The blocks of an archive, unpacked, in their order; a block is valid until the next. `hash` takes the packed bytes.
 * Throws `SnapshotProblem`, whose message goes on after the file's name, and `Stopped`. The source is closed at the end.
 */
export async function* readArchive(
  bytes: ByteSource,
  format: Format,
  hash: Hash,
  control: JobControl,
): AsyncGenerator<Buffer, void, void> {
  const codec = codecOf(format, ANY_LEVEL);
  const nextMember = memberReader(bytes, codec);
  const unpacking: { readonly member: Buffer; readonly block: Promise<Buffer> }[] = [];
  const atATime = codec === undefined ? 1 : blocksAtATime();
  try {
    for (;;) {
      control.throwIfStopped();
      const member = await nextMember();
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
    await bytes.close();
  }
}

/** Gives the members of an archive, or its blocks where there are no members; undefined at the end. */
function memberReader(bytes: ByteSource, codec: Codec | undefined): () => Promise<Buffer | undefined> {
  return async () => {
    const coming = bytes.ahead(LARGEST_MEMBER_BYTES);
    if (coming !== undefined) await coming;
    if (bytes.peek(0, 1).length === 0) return undefined;
    const length = codec?.measure(bytes.peek) ?? BLOCK_BYTES;
    const member = bytes.peek(0, length);
    if (codec !== undefined && member.length < length) throw new SnapshotProblem('is cut off within a part', false);
    bytes.skip(member.length);
    return member;
  };
}
