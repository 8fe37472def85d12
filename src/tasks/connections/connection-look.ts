/** One look at one of the kernel's two tables of TCP sockets. */
import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../../hooks/sentence.ts';
import { type Address, type SocketLine, scanSockets, TCP_STATES } from '../../proc/proc-net-tcp.ts';
import { ownSocketInodes } from './own-sockets.ts';

export interface ConnectionFilter {
  /** The pod's own ports whose connections are looked for. */
  readonly ports: ReadonlySet<number>;
  /** The states, by the kernel's numbers, in which a connection counts. */
  readonly states: ReadonlySet<number>;
  /** Whether connections from this address are left out. */
  isExcluded(peer: Address): boolean;
  /** Whether those in TIME_WAIT are read, too: they tell what was new, and there can be many more than are open. */
  readonly keepsEnded: boolean;
}

export type ConnectionLook =
  | {
      readonly ok: true;
      /** The connections that count, those with ourselves included. */
      readonly count: number;
      /** How many sockets of the table these are: two for one whose client is in the pod, as a service mesh's proxy is. */
      readonly sockets: number;
      /** Whether some of them are being closed on our side: what becomes of those is in no count of sockets. */
      readonly closing: boolean;
      /** All connections of the ports that the kernel still knows, and whether each counts; ended ones if they are kept. */
      readonly connections: ReadonlyMap<number, boolean>;
      /** Those with ourselves, as far as they can be seen from our end, which may be in the other table. */
      readonly own: ReadonlySet<number>;
      /** Whether anybody listens on one of the ports. */
      readonly listening: boolean;
      /** What it cost of a processor, in ms. */
      readonly costMs: number;
    }
  | { readonly ok: false; readonly reason: string };

/** More than the kernel gives at a time, which is one page, and than any line has. */
const BUFFER_BYTES = 16 * 1024;

/** After so many pages, about 2,000 lines or 2 ms, others get a turn. */
const PAGES_AT_ONCE = 64;

/** So many pages are a million sockets: what is longer is no table of the kernel's. */
const MOST_PAGES = 50_000;

/** So many connections are told apart (P9); of more, none is ever new. */
export const REMEMBERED = 100_000;

/** Reads a table, `/proc/net/tcp` or `tcp6`, where the connections of IPv4 to a socket of IPv6 are too. Never rejects. */
export async function lookAtConnections(
  path: string,
  filter: ConnectionFilter,
  signal: AbortSignal,
): Promise<ConnectionLook> {
  const { visit, collected } = collect(filter, ownSocketInodes());
  const read = await scanFile(path, filter, visit, signal);
  return read.ok ? { ok: true, ...collected(), costMs: read.costMs } : read;
}

/** The states in which the app has closed, and the peer has not yet received everything. */
const CLOSING = new Set<number>([TCP_STATES.FIN_WAIT1, TCP_STATES.LAST_ACK, TCP_STATES.CLOSING]);

function collect({ ports, states, isExcluded }: ConnectionFilter, own: ReadonlySet<number>) {
  const connections = new Map<number, boolean>();
  const withUs = new Set<number>();
  const clientEnds = new Set<number>();
  let count = 0;
  let closing = false;
  let listening = false;
  return {
    visit(line: SocketLine): void {
      const { local, localPort, peer, peerPort, state } = line;
      if (state === TCP_STATES.LISTEN) {
        listening ||= ports.has(localPort);
      } else if (own.has(line.inode)) {
        // The app's end of it, in the same namespace, is another line, in either file.
        withUs.add(keyOf(local, localPort, peer, peerPort));
      } else if (ports.has(localPort) && !isExcluded(peer)) {
        const key = keyOf(peer, peerPort, local, localPort);
        const counts = states.has(state);
        // A line can come twice when the table changes between two pages.
        if (counts && connections.get(key) !== true) count += 1;
        closing ||= counts && CLOSING.has(state);
        if (connections.size < REMEMBERED) connections.set(key, counts);
      } else if (ports.has(peerPort) && clientEnds.size < REMEMBERED) {
        clientEnds.add(keyOf(local, localPort, peer, peerPort));
      }
    },
    collected() {
      let sockets = count;
      for (const key of clientEnds) if (connections.get(key) === true) sockets += 1;
      return { count, sockets, closing, connections, own: withUs, listening };
    },
  };
}

/** A number of 53 bits that stands for a connection: that two of a hundred thousand have the same happens once in a million looks. */
function keyOf(peer: Address, peerPort: number, local: Address, localPort: number): number {
  let [a, b] = [peerPort, localPort];
  for (const address of [peer, local]) {
    for (const word of address) {
      a = Math.imul(a ^ word, 0x2c1b3c6d);
      a ^= a >>> 15;
      b = Math.imul(b ^ a ^ word, 0x297a2d39);
      b ^= b >>> 13;
    }
  }
  return (a >>> 0) * 2 ** 21 + (b >>> 11);
}

type FileRead = { readonly ok: true; readonly costMs: number } | { readonly ok: false; readonly reason: string };

type Visit = (line: SocketLine) => void;

/** Reads on this thread, as handing a page to another one costs more than the page, but lets others have their turns. */
async function scanFile(path: string, filter: ConnectionFilter, visit: Visit, signal: AbortSignal): Promise<FileRead> {
  const failed = (problem: string): FileRead => ({ ok: false, reason: `${path} ${problem}` });
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const scan = pageScanner(fd, filter, visit);
    let costMs = 0;
    for (let pages = 0; pages < MOST_PAGES; pages += PAGES_AT_ONCE) {
      const before = process.cpuUsage();
      const ended = scan(PAGES_AT_ONCE);
      const { user, system } = process.cpuUsage(before);
      costMs += (user + system) / 1000;
      if (ended) return { ok: true, costMs };
      await setImmediate();
      if (signal.aborted) return failed('was not read to its end');
    }
    return failed('has no end');
  } catch (error) {
    return failed(`cannot be read: ${messageOf(error)}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Gives a function that scans the next pages, and tells whether the file is at its end. */
function pageScanner(fd: number, { ports, keepsEnded }: ConnectionFilter, visit: Visit): (pages: number) => boolean {
  const leftOut = keepsEnded ? undefined : TCP_STATES.TIME_WAIT;
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  let kept = 0;
  return (pages) => {
    for (let page = 0; page < pages; page += 1) {
      const size = readSync(fd, buffer, kept, BUFFER_BYTES - kept, null);
      if (size === 0) return true;
      const bytes = buffer.subarray(0, kept + size);
      const rest = scanSockets(bytes, ports, visit, leftOut);
      // What fills the whole buffer without an end is no line.
      kept = rest === 0 && bytes.length === BUFFER_BYTES ? 0 : bytes.copy(buffer, 0, rest);
    }
    return false;
  };
}
