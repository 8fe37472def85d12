import { once } from 'node:events';
import type { Server } from 'node:http';
import { onTestFinished } from 'vitest';

/** A server that a test plays for the built program. */
export interface Fake {
  readonly port: number;
  /** All that it was asked so far, as `GET /path`. */
  readonly requests: readonly string[];
}

/** Listens on a free port of 127.0.0.1 until the test is over, or `close` is called. */
export async function listen(server: Server): Promise<{ port: number; close: () => Promise<void> }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  onTestFinished(close);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a TCP port');
  return { port: address.port, close };
}
