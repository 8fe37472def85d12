import type { IncomingMessage } from 'node:http';
import { REACH } from '../../proc/reach-host.ts';
import { type HttpFailure, httpFailure } from './http-failure.ts';

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  /** The path of a Unix socket to connect to, instead of the URL's host. */
  readonly unixSocket: string | undefined;
  /** PEM certificates that are trusted instead of Node's own. */
  readonly ca: Buffer | undefined;
  readonly insecureSkipTLSVerify: boolean;
}

export interface HttpAnswer {
  readonly kind: 'answered';
  readonly status: number;
  /** False when the connection broke within the part of the body that we read. */
  readonly complete: boolean;
  /** Whether the answer told where its body ends. If not, `complete` says nothing: the end of the connection is that of the body. */
  readonly framed: boolean;
}

/** What came back. */
export type HttpEnd = HttpAnswer | ({ readonly kind: 'unanswered' } & HttpFailure);

export interface ExchangeLimits {
  /** Ends the connection at once. */
  readonly signal: AbortSignal;
  /** How much of the body is read, in bytes; the connection is closed after that. */
  readonly maxBodyBytes: number;
  /** No more is read until what it returns resolves, which must not reject. */
  readonly onBody: (chunk: Buffer) => Promise<void> | void;
}

/**
 * Sends one request on a connection of its own and reads the answer. Follows no redirect. Resolves when the connection is closed,
 * and never rejects.
 */
export function exchange(request: HttpRequest, { signal, maxBodyBytes, onBody }: ExchangeLimits): Promise<HttpEnd> {
  const { url } = request;
  const target = request.unixSocket ?? `${url.hostname}:${url.port || DEFAULT_PORTS[url.protocol]}`;
  const { promise, resolve } = Promise.withResolvers<HttpEnd>();
  let answer: { readonly message: IncomingMessage; enough: boolean } | undefined;
  let failure: HttpFailure | undefined;
  const outgoing = openRequest(request, signal);
  outgoing.on('error', (error) => {
    failure ??= httpFailure(error, target);
  });
  outgoing.on('response', (message) => {
    const reading = { message, enough: false };
    answer = reading;
    let roomBytes = maxBodyBytes;
    message.on('data', (chunk: Buffer) => {
      const taken = roomBytes > 0 ? onBody(chunk.subarray(0, roomBytes)) : undefined;
      if (taken !== undefined) {
        message.pause();
        void taken.then(() => message.resume());
      }
      roomBytes -= chunk.length;
      if (roomBytes > 0) return;
      reading.enough = true;
      outgoing.destroy();
    });
    // The server may not have read our body, or may keep its end open: neither is waited for.
    message.on('end', () => outgoing.destroy());
    // A body that breaks off is seen by its not being complete.
    message.on('error', () => {});
  });
  outgoing.on('close', () => {
    if (answer === undefined) {
      failure ??= { reason: `connection closed by ${target} without an answer`, retryable: true, refused: false };
      resolve({ kind: 'unanswered', ...failure });
      return;
    }
    // With an answer at hand, it does not matter how the connection fell apart.
    const { message, enough } = answer;
    const framed = 'content-length' in message.headers || 'transfer-encoding' in message.headers;
    const end = () =>
      resolve({ kind: 'answered', status: message.statusCode ?? 0, complete: enough || message.complete, framed });
    // The connection may be over before the last of the body was taken.
    if (enough || message.closed) end();
    else message.once('close', end);
  });
  outgoing.end(request.body);
  return promise;
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** The module is loaded when the first request is made: TLS alone costs megabytes. */
function openRequest(
  { method, url, headers, body, unixSocket, ca, insecureSkipTLSVerify }: HttpRequest,
  signal: AbortSignal,
) {
  // Of a method that seldom has a body, such as DELETE, Node.js sends one without saying so, and no server reads it.
  const length = body && { 'Content-Length': body.length };
  const connection = { 'User-Agent': 'hookkeeper', ...headers, ...length, Connection: 'close' };
  const options = {
    method,
    headers: connection,
    agent: false,
    ...REACH,
    signal,
    ...(unixSocket !== undefined && { socketPath: unixSocket }),
  };
  if (url.protocol === 'http:') return process.getBuiltinModule('node:http').request(url, options);
  return process
    .getBuiltinModule('node:https')
    .request(url, { ...options, ca, rejectUnauthorized: !insecureSkipTLSVerify });
}
