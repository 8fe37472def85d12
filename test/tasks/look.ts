import type { Server as HttpServer, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Condition, Reading } from '../../src/config/condition.ts';
import { systemClock } from '../../src/hooks/clock.ts';
import { conditionSchema } from '../../src/tasks/wait/condition.ts';
import { within } from '../helpers/within.ts';

/** The condition that these settings stand for. Throws what is wrong with them. */
export function conditionOf(settings: unknown): Condition {
  return conditionSchema().parse(settings);
}

export interface LookOptions {
  readonly signal?: AbortSignal;
  /** What earlier tasks captured. Default: nothing. */
  readonly captured?: Readonly<Record<string, string>>;
}

/** Looks once. */
export function look(settings: unknown, { signal, captured = {} }: LookOptions = {}): Promise<Reading> {
  const reading = conditionOf(settings).read({
    signal: signal ?? new AbortController().signal,
    clock: systemClock,
    captured: new Map(Object.entries(captured)),
  });
  return within('the end of a look', reading);
}

/** A reading of something that was seen. */
export function read(met: boolean, saw: string, left?: number): Reading {
  return { kind: 'read', met, saw, left };
}

/** Why nothing was seen. */
export function unreadable(reason: string, refused = false): Reading {
  return { kind: 'unreadable', reason, refused };
}

const sockets = new WeakMap<Server, Set<Socket>>();

/** Listens until the test is over, on a free port of `host` unless told; gives the port, or 0 for a Unix socket. */
export async function listen(
  server: HttpServer | Server,
  at: object = { host: '127.0.0.1', port: 0 },
): Promise<number> {
  const open = new Set<Socket>();
  sockets.set(server, open);
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(at, resolve);
  await within('listening', promise);
  onTestFinished(() => stop(server));
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/** Closes a server and its connections, as the end of its process would. */
export async function stop(server: HttpServer | Server): Promise<void> {
  for (const socket of sockets.get(server) ?? []) socket.destroy();
  await new Promise((resolve) => void server.close(resolve));
}

/** An HTTP server on a free port of 127.0.0.1; gives its URL, without a slash at the end. */
export async function serve(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(listener))}`;
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await stop(server);
  return port;
}
