import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { attempting } from './problem.ts';

/** Where the bytes of an archive go. Its methods throw `SnapshotProblem`. */
export interface ByteSink {
  /** Takes all bytes; they may be used again when it is done. Undefined: that is now. */
  write(bytes: Buffer): Promise<void> | undefined;
  /** Everything is kept, whatever happens to this machine, when it is done. */
  finish(): Promise<void> | undefined;
  /** Lets go of what is open, whatever happened. May be called twice. */
  close(): void;
}

/** A new file that only its owner can read. Throws `SnapshotProblem`. */
export function fileSink(path: string): ByteSink {
  const fd = attempting(`write ${path}`, () => openSync(path, 'wx', 0o600));
  let open = true;
  return {
    write(bytes) {
      attempting(`write ${path}`, () => {
        for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      });
      return undefined;
    },
    finish() {
      attempting(`write ${path}`, () => fsyncSync(fd));
      return undefined;
    },
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}
