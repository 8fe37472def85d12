import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export interface ListenInput {
  /** `::` takes IPv4 too, and becomes `0.0.0.0` where the kernel has no IPv6. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Told of what goes wrong later, such as a connection that can't be accepted for want of file descriptors. */
  readonly onError: (error: Error) => void;
}

export interface Listening {
  readonly state: 'listening';
  readonly host: string;
  readonly port: number;
  /**
   * Accepts no more connections and resolves when the last is closed: those in use end with their answers, or when `cut`
   * aborts. A second call joins the first. Never rejects.
   */
  readonly close: (cut: AbortSignal) => Promise<void>;
}

export type ListenResult = Listening | { readonly state: 'failed'; readonly reason: string };

/** Listens, or tells why it can't. Never rejects. */
export async function listen(server: Server, { host, port, onError }: ListenInput): Promise<ListenResult> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const error = await tryListen(server, host, port);
  if (error !== undefined) return { state: 'failed', reason: reasonOf(error, host, port) };
  server.on('error', onError);
  return { state: 'listening', ...addressOf(server), close: closer(server, sockets) };
}

function tryListen(server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const onListening = () => {
      server.off('error', onFailure);
      resolve(undefined);
    };
    const onFailure = (error: NodeJS.ErrnoException) => {
      server.off('listening', onListening);
      resolve(error);
    };
    server.once('listening', onListening);
    server.once('error', onFailure);
    // Node itself takes `::`, or `0.0.0.0` where there is no IPv6; with any host it loads its DNS client first.
    server.listen(host === '::' ? { port } : { host, port });
  });
}

function addressOf(server: Server): { readonly host: string; readonly port: number } {
  const address = server.address();
  return address !== null && typeof address === 'object'
    ? { host: address.address, port: address.port }
    : { host: '', port: 0 };
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process has it',
  EACCES: 'this user may not; take a port above 1023',
  ENOTFOUND: 'the host is no address of this machine',
  EADDRNOTAVAIL: 'the host is no address of this machine',
};

function reasonOf(error: NodeJS.ErrnoException, host: string, port: number): string {
  return `cannot listen on port ${port} of host ${host}: ${REASONS[error.code ?? ''] ?? error.message}`;
}

function closer(server: Server, sockets: ReadonlySet<Socket>): (cut: AbortSignal) => Promise<void> {
  let closing: Promise<void> | undefined;
  return (cut) => {
    closing ??= new Promise((resolve) => server.close(() => resolve()));
    // Node's closeAllConnections() forgets sockets that left its parser: each is known here. Connections that never sent a
    // byte are what this is for: they would hold up the close for ever.
    const cutAll = () => {
      for (const socket of sockets) socket.destroy();
    };
    if (cut.aborted) cutAll();
    else cut.addEventListener('abort', cutAll, { once: true });
    return closing.finally(() => cut.removeEventListener('abort', cutAll));
  };
}
