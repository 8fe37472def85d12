import { once } from 'node:events';
import { Agent, get } from 'node:http';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { within } from '../helpers/within.ts';

export interface Answer {
  readonly status: number | undefined;
  /** The header `Connection`. */
  readonly connection: string | undefined;
  readonly body: string;
}

/** A client with one connection to 127.0.0.1, which it keeps: as a load balancer has. */
export interface KeepAliveClient {
  /** Rejects where there is no whole answer. */
  get(path: string): Promise<Answer>;
  /** How the server ended the connection, once it has. */
  end(): Promise<'fin' | 'reset'>;
}

export function keepAliveClient(port: number): KeepAliveClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const sockets = new Map<Socket, Promise<'fin' | 'reset'>>();
  return {
    async get(path) {
      const request = get({ host: '127.0.0.1', port, path, agent });
      request.once('socket', (socket) => {
        if (!sockets.has(socket)) sockets.set(socket, endOf(socket));
      });
      const answer = new Promise<Answer>((resolve, reject) => {
        request.once('error', reject);
        request.once('response', (response) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (text: string) => {
            body += text;
          });
          response.once('error', reject);
          response.once('end', () =>
            resolve({ status: response.statusCode, connection: response.headers.connection, body }),
          );
        });
      });
      return within(`the answer to GET ${path}`, answer, 45_000);
    },
    async end() {
      const [end, ...more] = sockets.values();
      if (end === undefined || more.length > 0) throw new Error(`it had ${sockets.size} connections`);
      return within('the end of the connection', end);
    },
  };
}

function endOf(socket: Socket): Promise<'fin' | 'reset'> {
  return once(socket, 'close').then(([failed]) => (failed === true ? 'reset' : 'fin'));
}
