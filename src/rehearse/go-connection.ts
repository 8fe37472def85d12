import { connect, type Socket } from 'node:net';
import { goErrno } from './go-text.ts';
import { joinHostPort } from './go-url.ts';

/** What a read found: bytes, or the end of the connection as Go names it (`EOF`, `read tcp …: connection reset by peer`). */
type Read = { readonly bytes: Buffer } | { readonly end: string };

/** One TCP connection, read by pulling, as Go reads it: what nobody asks for stays in the kernel. */
export interface Connection {
  /** True once it has served an exchange and gone back to the pool. */
  reused: boolean;
  write(bytes: Buffer): void;
  /** Waits for a byte, and consumes none. Undefined when there is one, else how the connection ended. Never rejects. */
  peek(): Promise<string | undefined>;
  /** A line without its LF or CRLF. What stands before the end of the connection is a line too; after it, `unexpected EOF`. */
  readLine(limit: number): Promise<Read>;
  /** What is there, at least one byte and at most `limit`. */
  read(limit: number): Promise<Read>;
  /** Waits until the peer sends something or ends the connection while nothing is asked of it. */
  idle(): Promise<void>;
  /** Closes with a FIN (the kernel makes it a reset where bytes were left unread). */
  close(): void;
  /** Closes with a reset. */
  reset(): void;
}

/** Opens a connection. `opened` gets the socket at once, so that a dial in progress can be ended too. Never rejects. */
export function dial(
  host: string,
  port: number,
  opened: (socket: Socket) => void,
): Promise<Connection | { readonly error: string }> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    opened(socket);
    socket.once('error', (error) => {
      resolve({ error: `dial tcp ${joinHostPort(host, port)}: connect: ${goErrno(error)}` });
    });
    socket.once('close', () => resolve({ error: `dial tcp ${joinHostPort(host, port)}: operation was canceled` }));
    socket.once('connect', () => resolve(connectionOn(socket)));
  });
}

function connectionOn(socket: Socket): Connection {
  const local = joinHostPort(socket.localAddress ?? '', socket.localPort ?? 0);
  const remote = joinHostPort(socket.remoteAddress ?? '', socket.remotePort ?? 0);
  const incoming: AsyncIterator<unknown> = socket[Symbol.asyncIterator]();
  let buffer: Buffer = Buffer.alloc(0);
  let end: string | undefined;
  let pending: Promise<void> | undefined;
  // An error that no read is waiting for is the next read's; without a listener it would end the process.
  socket.on('error', () => undefined);

  async function pull(): Promise<void> {
    try {
      const { done, value } = await incoming.next();
      if (Buffer.isBuffer(value)) buffer = buffer.length === 0 ? value : Buffer.concat([buffer, value]);
      if (done === true) end ??= 'EOF';
    } catch (error) {
      end ??= `read tcp ${local}->${remote}: read: ${goErrno(error)}`;
    }
    pending = undefined;
  }
  function more(): Promise<void> {
    pending ??= pull();
    return pending;
  }

  return {
    reused: false,
    write: (bytes) => void socket.write(bytes),
    async peek() {
      while (buffer.length === 0 && end === undefined) await more();
      return buffer.length > 0 ? undefined : end;
    },
    async readLine(limit) {
      let newline = buffer.indexOf('\n');
      while (newline === -1 && end === undefined && buffer.length <= limit) {
        await more();
        newline = buffer.indexOf('\n');
      }
      if (newline === -1 && end === undefined) return { end: 'line too long' };
      if (newline === -1 && buffer.length === 0) return { end: end === 'EOF' ? 'unexpected EOF' : (end ?? '') };
      if (newline === -1) {
        const rest = buffer;
        buffer = Buffer.alloc(0);
        return { bytes: rest };
      }
      const line = buffer.subarray(0, newline);
      buffer = buffer.subarray(newline + 1);
      return { bytes: line.at(-1) === 0x0d ? line.subarray(0, -1) : line };
    },
    async read(limit) {
      while (buffer.length === 0 && end === undefined) await more();
      if (buffer.length === 0) return { end: end ?? 'EOF' };
      const bytes = buffer.subarray(0, limit);
      buffer = buffer.subarray(limit);
      return { bytes };
    },
    idle: () => (buffer.length > 0 || end !== undefined ? Promise.resolve() : more()),
    close: () => void socket.destroy(),
    reset: () => void socket.resetAndDestroy(),
  };
}
