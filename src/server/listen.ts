import type { RequestListener, Server } from 'node:http';
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
   * Accepts no more connections and resolves when the last is closed: those with a request end with its answer, or when `cut`
   * aborts; all others, such as those that a probe or a scraper keeps, end at once. Resolves with how many were cut. A second
   * call joins the first. Never rejects.
   */
  readonly close: (cut: AbortSignal) => Promise<number>;
}

export type ListenResult = Listening | { readonly state: 'failed'; readonly reason: string };

/** Listens, or tells why it can't. Never rejects. */
export async function listen(server: Server, { host, port, onError }: ListenInput): Promise<ListenResult> {
  const sockets = trackSockets(server);
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

interface Sockets {
  /** All that are open. */
  readonly all: ReadonlySet<Socket>;
  /** Those whose request is not answered yet. */
  readonly busy: ReadonlySet<Socket>;
}

/** Node's closeAllConnections() forgets sockets that left its parser, and closeIdleConnections() those that never sent a byte. */
function trackSockets(server: Server): Sockets {
  const all = new Set<Socket>();
  const busy = new Set<Socket>();
  const onRequest: RequestListener = ({ socket }, response) => {
    busy.add(socket);
    response.once('close', () => busy.delete(socket));
  };
  server.on('connection', (socket) => {
    all.add(socket);
    socket.once('close', () => all.delete(socket));
  });
  server.on('request', onRequest);
  server.on('checkExpectation', onRequest);
  return { all, busy };
}

function closer(server: Server, { all, busy }: Sockets): (cut: AbortSignal) => Promise<number> {
  let closing: Promise<void> | undefined;
  let cuts = 0;
  return async (cut) => {
    closing ??= new Promise((resolve) => {
      server.close(() => resolve());
      // One that is being refused has its answer on the way.
      for (const socket of all) if (!busy.has(socket) && !socket.writableEnded) socket.destroy();
    });
    const cutAll = () => {
      cuts += all.size;
      for (const socket of all) socket.destroy();
    };
    if (cut.aborted) cutAll();
    else cut.addEventListener('abort', cutAll, { once: true });
    await closing;
    cut.removeEventListener('abort', cutAll);
    return cuts;
  };
}
