import { closeSync, openSync, readSync } from 'node:fs';

/** A number that moves when a TCP connection of this network namespace begins or ends. */
export interface SocketCounter {
  /**
   * How many TCP sockets there are, listeners included and those in TIME_WAIT not. Takes microseconds, however many there are.
   * Undefined where the system does not tell.
   */
  read(): number | undefined;
  close(): void;
}

/** Far more than the kernel writes. */
const BUFFER_BYTES = 4096;

/**
 * Keeps `/proc/net/sockstat`, or `sockstat6`, open, and reads the number after `inuse` in the line of `protocol`: TCP, or TCP6.
 * Never throws.
 */
export function openSocketCounter(path: string, protocol: string): SocketCounter {
  const buffer = Buffer.alloc(BUFFER_BYTES);
  const line = new RegExp(`^${protocol}: inuse (\\d{1,9})\\b`, 'm');
  const fd = open(path);
  return {
    read() {
      try {
        if (fd === undefined) return undefined;
        const number = line.exec(buffer.toString('latin1', 0, readSync(fd, buffer, 0, BUFFER_BYTES, 0)))?.[1];
        return number === undefined ? undefined : Number(number);
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
