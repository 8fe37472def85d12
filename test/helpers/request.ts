import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { within } from './within.ts';

export interface Call {
  readonly port: number;
  readonly path: string;
  /** Default: GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborting it makes the caller go away. */
  readonly signal?: AbortSignal;
}

/** What came of a call. `broken`: no HTTP answer, which to a kubelet is the only failure. */
export type Reply =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Readonly<NodeJS.Dict<string | string[]>>;
      readonly body: string;
    }
  | { readonly kind: 'broken'; readonly error: string };

/** Calls 127.0.0.1 over HTTP, on a connection of its own. Never rejects but for an answer that doesn't come at all. */
export function request({ port, path, method = 'GET', headers = {}, signal }: Call): Promise<Reply> {
  const reply = new Promise<Reply>((resolve) => {
    const broken = (error: Error) => resolve({ kind: 'broken', error: error.message });
    const options = { host: '127.0.0.1', port, path, method, headers, agent: false };
    httpRequest(signal === undefined ? options : { ...options, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', broken);
      response.once('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        resolve({ kind: 'answered', status: response.statusCode ?? 0, headers: response.headers, body });
      });
    })
      .once('error', broken)
      .end();
  });
  return within(`the answer to ${method} ${path}`, reply, 45_000);
}

/** The body of an answer, decoded; throws for one that was broken or is no JSON. */
export function json(reply: Reply): unknown {
  if (reply.kind === 'broken') throw new Error(`there is no answer but: ${reply.error}`);
  const value: unknown = JSON.parse(reply.body);
  return value;
}

/** Sends bytes to 127.0.0.1 as they are; all that comes back until the connection ends. */
export async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    answer += text;
  });
  // A reset is an end, too.
  socket.on('error', () => {});
  socket.write(bytes, 'latin1');
  await within('the end of the connection', once(socket, 'close'), 45_000);
  return answer;
}
