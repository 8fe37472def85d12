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
}

/** What came back. */
export type HttpEnd = HttpAnswer | ({ readonly kind: 'unanswered' } & HttpFailure);

export interface ExchangeLimits {
  /** Ends the connection at once. */
  readonly signal: AbortSignal;
  /** How much of the body is read, in bytes; the connection is closed after that. */
  readonly maxBodyBytes: number;
  readonly onBody: (chunk: Buffer) => void;
}

/**
 * Sends one request on a connection of its own and reads the answer. Follows no redirect. Resolves when the connection is closed,
 * and never rejects.
 */
export function exchange(request: HttpRequest, { signal, maxBodyBytes, onBody }: ExchangeLimits): Promise<HttpEnd> {
  const { url } = request;
  const target = request.unixSocket ?? `${url.hostname}:${url.port || DEFAULT_PORTS[url.protocol]}`;
  const { promise, resolve } = Promise.withResolvers<HttpEnd>();
  // The first that happens decides; what follows is the connection falling apart.
  let end: HttpEnd | undefined;
  const outgoing = openRequest(request, signal);
  outgoing.on('error', (error) => {
    end ??= { kind: 'unanswered', ...httpFailure(error, target) };
  });
  outgoing.on('response', (answer) => {
    const status = answer.statusCode ?? 0;
    let roomBytes = maxBodyBytes;
    const close = (complete: boolean) => {
      end ??= { kind: 'answered', status, complete };
      outgoing.destroy();
    };
    answer.on('data', (chunk: Buffer) => {
      if (end !== undefined) return;
      onBody(chunk.subarray(0, roomBytes));
      roomBytes -= chunk.length;
      if (roomBytes <= 0) close(true);
    });
    answer.on('end', () => close(true));
    answer.on('error', () => close(false));
  });
  outgoing.on('close', () => {
    resolve(end ?? { kind: 'unanswered', reason: `connection closed by ${target} without an answer`, retryable: true });
  });
  outgoing.end(request.body);
  return promise;
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** The module is loaded when the first request is made: TLS alone costs megabytes. */
function openRequest(
  { method, url, headers, unixSocket, ca, insecureSkipTLSVerify }: HttpRequest,
  signal: AbortSignal,
) {
  const connection = { 'User-Agent': 'hookkeeper', ...headers, Connection: 'close' };
  const options = {
    method,
    headers: connection,
    agent: false,
    signal,
    ...(unixSocket !== undefined && { socketPath: unixSocket }),
  };
  if (url.protocol === 'http:') return process.getBuiltinModule('node:http').request(url, options);
  return process
    .getBuiltinModule('node:https')
    .request(url, { ...options, ca, rejectUnauthorized: !insecureSkipTLSVerify });
}
