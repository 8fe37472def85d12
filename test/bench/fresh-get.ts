import { connect } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Target {
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that takes longer will not come, in ms. */
const LIMIT_MS = 300_000;

/**
 * One GET over a connection of its own, as the kubelet sends a hook. Resolves when the server has closed the connection.
 * Plain sockets: `node:http` as a client costs more than some of the servers that are measured.
 */
export function freshGet({ port, path, headers = {} }: Target): Promise<Answer> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n${lines.join('')}\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let text = '';
    socket.setEncoding('latin1');
    socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error(`${path} was not answered in ${LIMIT_MS} ms`)));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve({ status: statusOf(text), text }));
    socket.write(request);
  });
}

/** As `freshGet`, and throws for any status but 200. Resolves with how long it took, in ms. */
export async function timedGet(target: Target): Promise<number> {
  const startedMs = performance.now();
  const { status, text } = await freshGet(target);
  if (status !== 200) throw new Error(`${target.path} of port ${target.port} was answered with ${text.slice(0, 500)}`);
  return performance.now() - startedMs;
}

/** 0 for what is no HTTP. */
function statusOf(text: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);
}
