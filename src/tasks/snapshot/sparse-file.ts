import { writeSync } from 'node:fs';
import { attempting } from './problem.ts';
import { shownPath } from './raw-path.ts';
import type { TarEntry } from './tar-header.ts';

/** A file that is being written, in the order of its content. */
export interface OpenFile {
  readonly fd: number;
  readonly entry: TarEntry;
  at: number;
}

/** So many zeros at a time are not written: a sparse file stays one, in bytes. */
const HOLE_BYTES = 64 * 1024;

const ZEROS = Buffer.alloc(HOLE_BYTES);

/** Writes what comes next in a file, but for holes. Throws `SnapshotProblem`. */
export function writeWithHoles(file: OpenFile, bytes: Buffer): void {
  attempting(`write ${shownPath(file.entry.name)}`, () => {
    let from = 0;
    for (let at = 0; at < bytes.length; at += HOLE_BYTES) {
      const end = Math.min(at + HOLE_BYTES, bytes.length);
      if (!bytes.subarray(at, end).equals(ZEROS)) continue;
      writeAll(file.fd, bytes.subarray(from, at), file.at + from);
      from = end;
    }
    writeAll(file.fd, bytes.subarray(from), file.at + from);
    file.at += bytes.length;
  });
}

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}
