/** One call of the API server. */
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { messageOf } from '../hooks/sentence.ts';
import { REACH } from '../proc/reach-host.ts';
import type { ApiSettings, Credentials } from './api-access.ts';

export type ApiAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** etcd takes no object over 1.5 MiB; what is longer is no pod. */
const MOST_BYTES = 2 * 1024 * 1024;

/** What is asked: a GET of a path, or a POST of an object to it. */
export interface ApiRequest {
  readonly path: string;
  /** Default: none, and it is a GET. */
  readonly body?: object;
}

/** Asks on a connection of its own, which is closed when this resolves. Never rejects. `signal` ends it at once. */
export function apiCall(
  { host, port }: Pick<ApiSettings, 'host' | 'port'>,
  { token, ca }: Pick<Credentials, 'token' | 'ca'>,
  { path, body }: ApiRequest,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  return new Promise((resolve) => {
    const fail = (reason: string) => resolve({ kind: 'failed', reason });
    if (signal.aborted) return fail('there was no time to ask');
    try {
      const sent = body === undefined ? undefined : JSON.stringify(body);
      const about =
        sent === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(sent) };
      const headers = { Authorization: `Bearer ${token}`, Accept: 'application/json', Connection: 'close', ...about };
      const method = sent === undefined ? 'GET' : 'POST';
      // The token goes to the cluster's own server alone, also where NODE_TLS_REJECT_UNAUTHORIZED is 0 for the sake of another.
      const trust = { ca, rejectUnauthorized: true };
      // Some clusters give their server a name: while the DNS knows nothing of it, tasks are to reach other hosts.
      const { lookup } = REACH;
      const call = request(
        { host, port, lookup, ...trust, method, path, headers, agent: false, signal },
        (response) => {
          readBody(response).then(
            (text) => resolve({ kind: 'answered', status: response.statusCode ?? 0, body: text }),
            (error: unknown) => fail(messageOf(error)),
          );
        },
      );
      // Node.js says that the operation was aborted, which tells nobody why.
      call.on('error', (error) => fail(signal.aborted ? 'there was no time to wait for the answer' : messageOf(error)));
      call.end(sent);
    } catch (error) {
      fail(messageOf(error));
    }
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`the answer is longer than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
