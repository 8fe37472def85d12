import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { within } from './within.ts';

/** One request as it came in, byte for byte, and the means to answer it with any bytes. */
interface Received {
  readonly text: string;
  /** Which connection it came on, counted from 1. */
  readonly connection: number;
  readonly socket: Socket;
  /** Writes the bytes and leaves the connection open. */
  write(bytes: string | Buffer): void;
  /** Writes the bytes and ends the connection. */
  end(bytes?: string | Buffer): void;
  /** Ends the connection with a reset. */
  reset(): void;
  /** How the client ended the connection. */
  readonly ended: Promise<'fin' | 'reset'>;
}

export interface RawServer {
  readonly port: number;
  /** The next request that nobody has asked for yet. */
  next(): Promise<Received>;
  /** How many requests came that nobody has asked for. */
  waiting(): number;
  close(): Promise<void>;
}

/** A server on 127.0.0.1 that does nothing by itself: a test plays it, request by request. GETs without a body only. */
export async function startRawServer(): Promise<RawServer> {
  const queue: Received[] = [];
  const askers: ((received: Received) => void)[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    connections += 1;
    const connection = connections;
    sockets.add(socket);
    const ended = new Promise<'fin' | 'reset'>((resolve) => {
      socket.once('error', () => resolve('reset'));
      socket.once('end', () => resolve('fin'));
    });
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      // A TLS hello is no request that ends with an empty line: it is handed on as it comes.
      if (!text.endsWith('\r\n\r\n') && !text.startsWith('\u0016')) return;
      const received: Received = {
        text,
        connection,
        socket,
        ended,
        write: (answer) => void socket.write(answer),
        end: (answer = '') => void socket.end(answer),
        reset: () => void socket.resetAndDestroy(),
      };
      text = '';
      const asker = askers.shift();
      if (asker === undefined) queue.push(received);
      else asker(received);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: portOf(server.address()),
    next() {
      const first = queue.shift();
      if (first !== undefined) return Promise.resolve(first);
      return within('a request', new Promise<Received>((resolve) => void askers.push(resolve)));
    },
    waiting: () => queue.length,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('not listening on a TCP port');
  return address.port;
}
