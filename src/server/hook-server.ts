import { createServer, type RequestListener, type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { limitConnections } from './connection-limit.ts';
import type { HookApp } from './hook-app.ts';
import { isTooLate, malformed, REQUEST_LIMITS } from './malformed.ts';

/** Enough for a storm of a thousand duplicates, in memory that a sidecar has. */
const MOST_CONNECTIONS = 1200;

/** How often Node looks for requests that take too long to arrive, in ms. */
const CHECK_EVERY_MS = 1000;

/**
 * Node's server for the hook port. Nothing in it cuts a long hook: only the arrival of a request is timed. A connection
 * serves one request, as the kubelet sends a GET again that it lost on a reused one (kubelet contract, section 1). Whatever
 * Node would answer by itself, with a status that a kubelet takes for success, is answered by the app.
 */
export function createHookServer(app: HookApp, most: number = MOST_CONNECTIONS): Server {
  const server = createServer({
    headersTimeout: REQUEST_LIMITS.headersMs,
    requestTimeout: REQUEST_LIMITS.requestMs,
    connectionsCheckingInterval: CHECK_EVERY_MS,
    maxHeaderSize: REQUEST_LIMITS.headerBytes,
    requireHostHeader: false,
  });
  server.timeout = 0;
  server.maxHeadersCount = 200;

  // Sockets that have had their request, or its refusal: what else comes on them is not read, and never disturbs the answer.
  const taken = new WeakSet<Duplex>();
  const take: RequestListener = (request, response) => {
    if (taken.has(request.socket)) {
      // Never sent, as the first answer closes the connection; but what waits to be sent makes Node stop reading (P9).
      response.writeHead(503).end();
      return;
    }
    taken.add(request.socket);
    app.onRequest(request, response);
  };
  server.on('request', take);
  server.on('checkExpectation', take);
  const refuse = (error: Error, socket: Duplex) => {
    if (taken.has(socket)) return;
    taken.add(socket);
    if (!socket.writable || !(socket instanceof Socket)) socket.destroy();
    else app.onNoRequest(malformed(error), { socket });
  };
  server.on('clientError', (error, socket) => {
    // A process that was stopped, or hardly gets to run, sees that the time is over before it reads what came long ago.
    if (isTooLate(error)) setImmediate(refuse, error, socket);
    else refuse(error, socket);
  });
  for (const event of ['connect', 'upgrade'] as const) {
    server.on(event, (_request, socket) => {
      if (taken.has(socket)) return;
      const refusal = {
        kind: 'method',
        status: 405,
        reason: `it asks for ${event}`,
        remedy: 'use GET or POST',
      } as const;
      if (socket instanceof Socket) app.onNoRequest(refusal, { socket });
    });
  }
  limitConnections(server, {
    most,
    onShed(address) {
      const reason = `there are more than ${most} connections`;
      app.onNoRequest({ kind: 'tooManyConnections', status: 503, reason, remedy: 'call again later' }, { address });
    },
  });
  return server;
}
