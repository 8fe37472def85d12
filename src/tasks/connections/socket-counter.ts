import { keepFile } from '../../proc/kept-file.ts';

/** A number that moves when a TCP connection of this network namespace begins or ends. */
export interface SocketCounter {
  /**
   * How many TCP sockets there are, listeners included and those in TIME_WAIT not. Takes microseconds, however many there are.
   * Undefined where the system does not tell.
   */
  read(): number | undefined;
  close(): void;
}

/**
 * Keeps `/proc/net/sockstat`, or `sockstat6`, open, and reads the number after `inuse` in the line of `protocol`: TCP, or TCP6.
 * Never throws.
 */
export function openSocketCounter(path: string, protocol: string): SocketCounter {
  const line = new RegExp(`^${protocol}: inuse (\\d{1,9})\\b`, 'm');
  const file = keepFile(path);
  return {
    read() {
      const number = line.exec(file.read() ?? '')?.[1];
      return number === undefined ? undefined : Number(number);
    },
    close: file.close,
  };
}
