import { closeSync, openSync, readSync } from 'node:fs';

/** A short file of the kernel's that stays open, as opening it costs more than reading it. */
export interface KeptFile {
  /** What it has now. Undefined where it cannot be read. Never throws. */
  read(): string | undefined;
  close(): void;
}

/** More than such a file has, or than is needed of it. */
const BUFFER_BYTES = 4096;

/** Opens it; one that is not there is never read. Never throws. */
export function keepFile(path: string): KeptFile {
  const buffer = Buffer.alloc(BUFFER_BYTES);
  const fd = open(path);
  return {
    read() {
      try {
        return fd === undefined ? undefined : buffer.toString('latin1', 0, readSync(fd, buffer, 0, BUFFER_BYTES, 0));
      } catch {
        return undefined;
      }
    },
    close() {
      if (fd !== undefined) closeSync(fd);
    },
  };
}

function open(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}
