/** One GET of the API server. */
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { messageOf } from '../hooks/sentence.ts';
import type { ApiSettings, Credentials } from './api-access.ts';

export type ApiAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** etcd takes no object over 1.5 MiB; what is longer is no pod. */
const MOST_BYTES = 2 * 1024 * 1024;

/** Asks on a connection of its own, which is closed when this resolves. Never rejects. `signal` ends it at once. */
export function apiGet(
  { host, port }: Pick<ApiSettings, 'host' | 'port'>,
  { token, ca }: Pick<Credentials, 'token' | 'ca'>,
  path: string,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  return new Promise((resolve) => {
    const fail = (reason: string) => resolve({ kind: 'failed', reason });
    if (signal.aborted) return fail('there was no time to ask');
    try {
      const headers = { Authorization: `Bearer ${token}`, Accept: 'application/json', Connection: 'close' };
      const call = request({ host, port, ca, path, headers, agent: false, signal }, (response) => {
        readBody(response).then(
          (body) => resolve({ kind: 'answered', status: response.statusCode ?? 0, body }),
          (error: unknown) => fail(messageOf(error)),
        );
      });
      call.on('error', (error) => fail(messageOf(error)));
      call.end();
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
