import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { nextPort } from './next-port.ts';

/** What is done here takes until it is told to end: a server whose answers wait. */
export interface Gate {
  readonly url: string;
  /** Resolves when the next request has come. */
  readonly reached: () => Promise<void>;
  /** Answers all that wait. */
  readonly open: () => void;
  readonly close: () => void;
}

/** Opens a server on 127.0.0.1. */
export async function createGate(): Promise<Gate> {
  const waiting: ServerResponse[] = [];
  const server = createServer((_request, response) => waiting.push(response));
  const port = await nextPort();
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${port}/`,
    async reached() {
      await once(server, 'request');
    },
    open() {
      for (const response of waiting.splice(0)) response.writeHead(200, { Connection: 'close' }).end('{}');
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
