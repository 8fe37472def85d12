/**
 * How many connections a port has, whoever wants more (P9), so that strangers who open many and leave them lock nobody out: who
 * has no request in work makes room for who comes, and an address with many for the others.
 */
import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimit {
  readonly most: number;
  /** Told of each connection that is closed, or not taken, to stay within the limit; of its address where it is known. */
  readonly onShed?: (address: string | undefined) => void;
}

/** How many more there may be for a moment: one that has just come is not judged before what it sent with it is read. */
const UNJUDGED = 512;

/** An address with more than this share of all connections is a crowd. */
const CROWD = 1 / 10;

/** The connections of one address, the oldest first. */
interface Peer {
  readonly address: string;
  readonly sockets: Set<Socket>;
}

/**
 * Keeps a server within its limit. Closed is, of an address that is a crowd, the connection that has waited the longest
 * without a request in work, or else the newest. Where there is no crowd it is, of all, the one that has waited the longest:
 * an honest caller sends its request at once. Where each has a request in work, it is the newest.
 */
export function limitConnections(server: Server, { most, onShed = () => {} }: ConnectionLimit): void {
  const peers = new Map<string, Peer>();
  const peerOf = new Map<Socket, Peer>();
  /** Those without a request in work, the longest first. */
  const idle = new Set<Socket>();
  let judging = false;

  const rest = (socket: Socket) => {
    if (peerOf.has(socket)) idle.add(socket);
  };

  const forget = (socket: Socket) => {
    const peer = peerOf.get(socket);
    if (peer === undefined) return;
    peerOf.delete(socket);
    idle.delete(socket);
    peer.sockets.delete(socket);
    if (peer.sockets.size === 0) peers.delete(peer.address);
  };

  const judge = () => {
    judging = false;
    while (peerOf.size > most) {
      const socket = shedOf(peers, peerOf, idle, most);
      const address = peerOf.get(socket)?.address;
      forget(socket);
      socket.destroy();
      onShed(address);
    }
  };

  server.maxConnections = most + UNJUDGED;
  server.on('drop', (data) => onShed(data?.remoteAddress));
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    const peer = peers.get(address) ?? { address, sockets: new Set() };
    peers.set(address, peer);
    peer.sockets.add(socket);
    peerOf.set(socket, peer);
    idle.add(socket);
    socket.once('close', () => forget(socket));
    // Its answer is on its way, and nothing that comes after it is served.
    socket.once('finish', () => rest(socket));
    if (peerOf.size <= most || judging) return;
    judging = true;
    // Node reads what came between the two.
    setImmediate(() => setImmediate(judge));
  });
  const onRequest: RequestListener = ({ socket }, response) => {
    idle.delete(socket);
    response.once('close', () => rest(socket));
  };
  server.on('request', onRequest);
  server.on('checkExpectation', onRequest);
}

/** Which connection gives way. */
function shedOf(
  peers: ReadonlyMap<string, Peer>,
  peerOf: ReadonlyMap<Socket, Peer>,
  idle: ReadonlySet<Socket>,
  most: number,
): Socket {
  const largest = [...peers.values()].reduce((a, b) => (b.sockets.size > a.sockets.size ? b : a));
  const isCrowd = largest.sockets.size > most * CROWD;
  for (const socket of idle) if (!isCrowd || largest.sockets.has(socket)) return socket;
  const newest = [...(isCrowd ? largest.sockets : peerOf.keys())].at(-1);
  if (newest === undefined) throw new Error('a limit of connections below 0');
  return newest;
}
