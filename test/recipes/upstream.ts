import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

/** The app behind a proxy. It answers at once, but `/held` only when it is told to. */
export interface Upstream {
  readonly port: number;
  /** What it answers: more than a proxy keeps in its buffers. */
  readonly body: string;
  /** How many requests it holds. */
  held(): number;
  /** Answers those. */
  release(): void;
}

export async function startUpstream(name = 'here'): Promise<Upstream> {
  const body = 'All of this has to arrive.\n'.repeat(10_000);
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/held') held.push(response);
    else response.end(name);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a TCP port');
  return {
    port: address.port,
    body,
    held: () => held.length,
    release: () => {
      for (const response of held.splice(0)) response.end(body);
    },
  };
}
