/**
 * Reads lines of `/proc/net/tcp` and `tcp6` from bytes, without a string for each: there can be a hundred thousand.
 *
 * A line is `sl: ADDRESS:PORT ADDRESS:PORT ST TX:RX TR:WHEN RETRANSMITS UID TIMEOUT INODE …`: the socket's own end, its peer's,
 * and its state. Ports and states are hexadecimal; an address is 8 digits, or 32 in tcp6, in words of 32 bits whose bytes stand in
 * the order of the processor. Source: Documentation/networking/proc_net_tcp.rst and net/ipv4/tcp_ipv4.c of Linux.
 */
import { endianness } from 'node:os';

/** The states of TCP, as `netstat` writes them, and their numbers in the kernel (include/net/tcp_states.h). */
export const TCP_STATES = {
  ESTABLISHED: 1,
  SYN_RECV: 3,
  FIN_WAIT1: 4,
  FIN_WAIT2: 5,
  TIME_WAIT: 6,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
} as const;

/** An IPv6 address in four words, the first one first; an IPv4 address as the IPv6 address that it is mapped to. */
export type Address = Uint32Array;

/** One line. It is the same object for each: nobody may keep it. */
export interface SocketLine {
  readonly local: Address;
  readonly peer: Address;
  localPort: number;
  peerPort: number;
  state: number;
  /** 0 for a socket that no process has any more, or has not accepted yet. */
  inode: number;
}

const NEWLINE = 0x0a;
const COLON = 0x3a;
const SPACE = 0x20;

/** The value of each byte as a hexadecimal digit; those that are none have bits above the lowest four. */
const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 0xf0 : value;
});

/** The word that marks an IPv4 address within an IPv6 one: `::ffff:…`. */
const MAPPED = 0xffff;

const BYTES_ARE_SWAPPED = endianness() === 'LE';

/**
 * Calls `visit` for each whole line whose own or whose peer's port is in `ports`. Lines that are not of the form, as is the
 * heading, are passed over, and so are those in the state `leftOut`, at a third of the cost. Returns where the last, unfinished
 * line begins. Never throws.
 */
export function scanSockets(
  bytes: Uint8Array,
  ports: ReadonlySet<number>,
  visit: (line: SocketLine) => void,
  leftOut?: number,
): number {
  const line: SocketLine = {
    local: new Uint32Array(4),
    peer: new Uint32Array(4),
    localPort: 0,
    peerPort: 0,
    state: 0,
    inode: 0,
  };
  let from = 0;
  for (;;) {
    const newline = bytes.indexOf(NEWLINE, from);
    if (newline < 0) return from;
    if (readLine(bytes, from, newline, ports, leftOut, line)) visit(line);
    from = newline + 1;
  }
}

function readLine(
  bytes: Uint8Array,
  from: number,
  end: number,
  ports: ReadonlySet<number>,
  leftOut: number | undefined,
  line: SocketLine,
): boolean {
  let at = from;
  while (at < end && bytes[at] !== COLON) at += 1;
  const local = at + 2;
  const digits = bytes[local + 8] === COLON ? 8 : 32;
  const peer = local + digits + 6;
  const state = peer + digits + 6;
  if (state + 2 > end || bytes[local + digits] !== COLON || bytes[peer + digits] !== COLON) return false;
  const localPort = hex(bytes, local + digits + 1, 4);
  const peerPort = hex(bytes, peer + digits + 1, 4);
  if (!ports.has(localPort) && !ports.has(peerPort)) return false;
  line.state = hex(bytes, state, 2);
  if (line.state === leftOut) return false;
  line.localPort = localPort;
  line.peerPort = peerPort;
  line.inode = inodeOf(bytes, state + 2, end);
  return readAddress(bytes, local, digits, line.local) && readAddress(bytes, peer, digits, line.peer);
}

/** A number of at most eight digits; NaN where they are none. */
function hex(bytes: Uint8Array, from: number, digits: number): number {
  let value = 0;
  for (let at = from; at < from + digits; at += 1) {
    const digit = HEX[bytes[at] ?? 0] ?? 0xf0;
    if (digit > 0xf) return Number.NaN;
    value = value * 16 + digit;
  }
  return value;
}

function readAddress(bytes: Uint8Array, from: number, digits: number, into: Address): boolean {
  into.fill(0);
  if (digits === 8) into[2] = MAPPED;
  for (let offset = 0; offset < digits; offset += 8) {
    const word = hex(bytes, from + offset, 8);
    if (Number.isNaN(word)) return false;
    into[(32 - digits + offset) / 8] = BYTES_ARE_SWAPPED ? swapped(word) : word;
  }
  return true;
}

function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** The sixth field after the state. */
function inodeOf(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  for (let field = 0; field < 6; field += 1) {
    while (at < end && bytes[at] !== SPACE) at += 1;
    while (at < end && bytes[at] === SPACE) at += 1;
  }
  let inode = 0;
  for (; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    inode = inode * 10 + digit;
  }
  return inode;
}

/** Whether it is an IPv4 address. */
export function isIPv4(address: Address): boolean {
  return address[0] === 0 && address[1] === 0 && address[2] === MAPPED;
}

/** The address as it is written, though not in the shortest form. */
export function addressText(address: Address): string {
  const last = address[3] ?? 0;
  if (isIPv4(address)) return `${last >>> 24}.${(last >>> 16) & 0xff}.${(last >>> 8) & 0xff}.${last & 0xff}`;
  return Array.from(address, (word) => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`).join(':');
}
