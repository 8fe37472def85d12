import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { attempting, codeOf, SnapshotProblem } from './problem.ts';

/** The bytes of an archive, from its begin to its end, with a look ahead. Its methods throw `SnapshotProblem`. */
export interface ByteSource {
  /** Gets so many bytes, or all that are left, so that they can be peeked at. Undefined: they are there. */
  ahead(bytes: number): Promise<void> | undefined;
  /** A copy of the bytes at a distance from the place that was reached; fewer only at the end. The caller may detach it. */
  peek(at: number, length: number): Buffer;
  skip(bytes: number): void;
  /** Lets go of what is open, whatever happened. */
  close(): Promise<void> | undefined;
}

export function fileSource(path: string): ByteSource {
  const fd = attempting(`read ${path}`, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  let offset = 0;
  return {
    ahead() {
      if (offset === 0 && !fstatSync(fd).isFile()) throw new SnapshotProblem(`${path} is not a file`, false);
      return undefined;
    },
    peek(at, length) {
      try {
        return readAt(fd, offset + at, length);
      } catch (error) {
        // That the disk cannot give it back is a damage of the archive, too.
        throw new SnapshotProblem(`cannot be read (${codeOf(error)})`, false);
      }
    },
    skip(bytes) {
      offset += bytes;
    },
    close() {
      closeSync(fd);
      return undefined;
    },
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

/** What comes in pieces of any size. No more is asked for than is needed. */
export function streamSource(pieces: AsyncGenerator<Uint8Array, void, void>): ByteSource {
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let over = false;

  async function fetch(bytes: number): Promise<void> {
    while (waitingBytes < bytes && !over) {
      const next = await pieces.next();
      if (next.done === true) over = true;
      else {
        waiting.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength));
        waitingBytes += next.value.byteLength;
      }
    }
  }

  return {
    ahead: (bytes) => (waitingBytes >= bytes || over ? undefined : fetch(bytes)),
    peek(at, length) {
      const copy = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, waitingBytes - at)));
      let begin = -at;
      for (const piece of waiting) {
        if (begin >= copy.length) break;
        if (begin + piece.length > 0) piece.copy(copy, Math.max(0, begin), Math.max(0, -begin));
        begin += piece.length;
      }
      return copy;
    },
    skip(bytes) {
      let left = bytes;
      waitingBytes -= bytes;
      while (left > 0) {
        const [first] = waiting;
        if (first === undefined) return;
        if (first.length > left) waiting[0] = first.subarray(left);
        else waiting.shift();
        left -= first.length;
      }
    },
    async close() {
      await pieces.return().catch(() => {});
    },
  };
}
