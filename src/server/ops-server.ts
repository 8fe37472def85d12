import { createServer, type RequestListener, type Server } from 'node:http';
import { limitConnections } from './connection-limit.ts';
import { REQUEST_LIMITS } from './malformed.ts';

/** Probes, a scraper and a few people. */
const MOST_CONNECTIONS = 100;

/** Node's server for the ops port. Connections are kept for a scraper's next request, 5 s by Node's default. */
export function createOpsServer(app: RequestListener, most: number = MOST_CONNECTIONS): Server {
  const server = createServer(
    {
      headersTimeout: REQUEST_LIMITS.headersMs,
      requestTimeout: REQUEST_LIMITS.requestMs,
      maxHeaderSize: REQUEST_LIMITS.headerBytes,
    },
    app,
  );
  limitConnections(server, { most });
  return server;
}
