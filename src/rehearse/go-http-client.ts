import type { Socket } from 'node:net';
import { type Connection, dial } from './go-connection.ts';
import { fieldError, fieldValue, type HeaderField, requestBytes } from './go-http-request.ts';
import { type Head, readBody, readHead } from './go-http-response.ts';
import { type Hop, locationOf, nextHop } from './go-redirect.ts';
import { goQuote } from './go-text.ts';
import { tlsFailure } from './go-tls.ts';
import { joinHostPort } from './go-url.ts';

/** How much of a body is read, in bytes; a longer one, where its length is announced, is not read at all. */
const BODY_LIMIT = 10 * 1024;
/** How much of a redirect's body is read, in bytes. */
const REDIRECT_BODY_LIMIT = 2 * 1024;
const REQUESTS_PER_GET = 10;
const IDLE_PER_HOST = 2;

export interface GetRequest extends Hop {
  readonly fields: readonly HeaderField[];
}

/** What came of a GET. `requests` counts what was sent, redirects and retries of the transport included. */
export type GetResult =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Names in lower case. */
      readonly headers: ReadonlyMap<string, readonly string[]>;
      /** What was read of it. */
      readonly body: string;
      readonly requests: number;
    }
  | { readonly kind: 'failed'; readonly error: string; readonly requests: number };

export interface GoHttpClient {
  /** Never rejects, and has no timeout. */
  get(request: GetRequest): Promise<GetResult>;
  /** Ends every connection, those in use included. */
  close(): void;
}

export interface GoHttpClientOptions {
  /** False: every request asks the server to close, and no connection is used again. */
  readonly keepAlive: boolean;
  /** Whether requests ask for gzip. Nothing is unpacked here. */
  readonly askForGzip: boolean;
}

type Answer = { readonly head: Head; readonly connection: Connection };
type Failure = { readonly error: string };

/**
 * Go's HTTP client for a GET, as the kubelet sets it up: connections are kept for ever, two idle ones per host; a
 * request lost on a reused connection before the first byte of its answer is sent again; redirects to the same host
 * are followed. Source: `net/http` of Go.
 */
export function createGoHttpClient(options: GoHttpClientOptions): GoHttpClient {
  const idle = new Map<string, Connection[]>();
  const sockets = new Set<Socket>();
  let closed = false;

  function opened(socket: Socket): void {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  }

  /** Keeps a connection for later, the one used last first in line, unless its host has enough. */
  function keep(authority: string, connection: Connection): void {
    const waiting = idle.get(authority) ?? [];
    if (!options.keepAlive || waiting.length >= IDLE_PER_HOST) {
      connection.close();
      return;
    }
    connection.reused = true;
    waiting.push(connection);
    idle.set(authority, waiting);
    void connection.idle().then(() => {
      const at = waiting.indexOf(connection);
      if (at === -1) return;
      waiting.splice(at, 1);
      connection.close();
    });
  }

  async function roundTrip(hop: Hop, bytes: Buffer, sent: () => void): Promise<Answer | Failure> {
    for (;;) {
      if (closed) return { error: 'http: client was closed' };
      const { host, port } = hop;
      const kept = hop.scheme === 'http' ? idle.get(joinHostPort(host, port))?.pop() : undefined;
      const connection = kept ?? (await dial(host, port, opened));
      if ('error' in connection) return connection;
      sent();
      if (hop.scheme === 'https') {
        const error = await tlsFailure(connection);
        connection.close();
        return { error };
      }
      connection.write(bytes);
      const lost = await connection.peek();
      const head = lost === undefined ? await readHead(connection) : undefined;
      if (head !== undefined && !('error' in head)) return { head, connection };
      connection.close();
      if (head !== undefined) return { error: `net/http: HTTP/1.x transport connection broken: ${head.error}` };
      if (lost !== undefined && !connection.reused) return { error: lost };
    }
  }

  async function finish({ host, port }: Hop, { head, connection }: Answer, limit: number): Promise<string> {
    if (typeof head.body === 'number' && head.body > limit) {
      connection.reset();
      return '';
    }
    const body = await readBody(connection, head.body, limit);
    if (body.complete && !head.close) keep(joinHostPort(host, port), connection);
    else connection.close();
    return body.bytes.toString('utf8');
  }

  async function get(request: GetRequest): Promise<GetResult> {
    let hop: Hop = request;
    let fields = request.fields;
    let requests = 0;
    const sent = () => {
      requests += 1;
    };
    const failed = (url: string, error: string): GetResult => {
      return { kind: 'failed', error: `Get ${goQuote(url)}: ${error}`, requests };
    };
    for (let hops = 1; ; hops += 1) {
      const refused = fieldError(fields);
      if (refused !== undefined) return failed(hop.target.url, refused);
      const answer = await roundTrip(hop, bytesOf(hop, fields, options), sent);
      if ('error' in answer) return failed(hop.target.url, answer.error);
      const location = locationOf(answer.head);
      const next = location === undefined ? undefined : nextHop(hop, location);
      if (location === undefined || next === undefined) {
        const body = await finish(hop, answer, BODY_LIMIT);
        return { kind: 'answered', status: answer.head.status, headers: answer.head.headers, body, requests };
      }
      await finish(hop, answer, REDIRECT_BODY_LIMIT);
      if ('error' in next) return failed(hop.target.url, next.error);
      if (hops === REQUESTS_PER_GET) return failed(location, `stopped after ${REQUESTS_PER_GET} redirects`);
      const referer = { name: 'Referer', value: hop.target.url };
      fields = [...fields.filter(({ name }) => name !== referer.name), referer];
      hop = next;
    }
  }

  function close(): void {
    closed = true;
    for (const socket of sockets) socket.destroy();
  }

  return { get, close };
}

function bytesOf(hop: Hop, fields: readonly HeaderField[], options: GoHttpClientOptions): Buffer {
  const ownEncoding = fieldValue(fields, 'Accept-Encoding');
  const gzip = options.askForGzip && ownEncoding === undefined ? [{ name: 'Accept-Encoding', value: 'gzip' }] : [];
  return requestBytes({
    requestUri: hop.target.requestUri,
    host: fieldValue(fields, 'Host') ?? joinHostPort(hop.host, hop.port),
    userAgent: fieldValue(fields, 'User-Agent') ?? 'Go-http-client/1.1',
    fields,
    extra: options.keepAlive ? gzip : [...gzip, { name: 'Connection', value: 'close' }],
  });
}
