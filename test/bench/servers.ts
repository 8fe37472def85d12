/** What is measured, and what it is measured beside; all of them listen on every address, as in a pod. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { IMAGE_ENV, IMAGE_FLAGS } from '../helpers/image-flags.ts';
import { nextPort } from './next-port.ts';
import type { ServerSpec } from './server.ts';

const BARE = fileURLToPath(import.meta.resolve('./fixtures/bare-server.cjs'));
const EXPRESS = fileURLToPath(import.meta.resolve('./fixtures/express-server.cjs'));
const JOINING = fileURLToPath(import.meta.resolve('./fixtures/joining-server.cjs'));
const CONNECTIONS = fileURLToPath(import.meta.resolve('./fixtures/connections.cjs'));
const POLLER = fileURLToPath(import.meta.resolve('./fixtures/connection-poller.cjs'));
const SPAWNING = fileURLToPath(import.meta.resolve('./fixtures/spawning-server.cjs'));

/** The command that does nothing; macOS has it elsewhere. */
export const TRUE = existsSync('/bin/true') ? '/bin/true' : '/usr/bin/true';

export interface HookkeeperInput {
  readonly program: string;
  readonly configFile: string;
  readonly journalDir: string;
}

/** Hookkeeper as the image starts it; its `port` is the one of the hooks. */
export async function hookkeeper({ program, configFile, journalDir }: HookkeeperInput): Promise<ServerSpec> {
  const [port, opsPort] = [await nextPort(), await nextPort()];
  const ports = ['--port', `${port}`, '--ops-port', `${opsPort}`];
  const args = [...IMAGE_FLAGS, program, 'serve', '--config', configFile, '--journal', journalDir, ...ports];
  return { file: process.execPath, args, env: IMAGE_ENV, port, readiness: { port: opsPort, path: '/readyz' } };
}

/** `node:http` alone, on the same Node. */
export async function bareServer(): Promise<ServerSpec> {
  const port = await nextPort();
  const args = [BARE, `${port}`];
  return { file: process.execPath, args, port, readiness: { port, path: '/' } };
}

/** express with one route, `/`, on the same Node. */
export async function expressServer(): Promise<ServerSpec> {
  const port = await nextPort();
  const args = [EXPRESS, `${port}`];
  return { file: process.execPath, args, port, readiness: { port, path: '/' } };
}

/** express whose callers of `/` wait together for what the URL answers. */
export async function joiningServer(url: string): Promise<ServerSpec> {
  const port = await nextPort();
  const args = [JOINING, `${port}`, url];
  return { file: process.execPath, args, port, readiness: { port, path: '/waiting' } };
}

/** `node:http` that runs `true` for each `GET /run`. */
export async function spawningServer(): Promise<ServerSpec> {
  const port = await nextPort();
  const args = [SPAWNING, `${port}`, TRUE];
  return { file: process.execPath, args, port, readiness: { port, path: '/' } };
}

/** An app with clients of its own; its `port` is the one where it is told what to open and to end. */
export interface AppWithClients extends ServerSpec {
  readonly appPort: number;
}

/** An app on 127.0.0.1, and its clients. */
export async function appWithClients(): Promise<AppWithClients> {
  const [port, appPort] = [await nextPort(), await nextPort()];
  const args = [CONNECTIONS, `${port}`, `${appPort}`];
  return { file: process.execPath, args, port, appPort, readiness: { port, path: '/' } };
}

/** What reads the kernel's tables at an interval, once it is told to, until the ports have no connection. */
export async function connectionPoller(everyMs: number, ports: readonly number[]): Promise<ServerSpec> {
  const port = await nextPort();
  const args = [POLLER, `${port}`, `${everyMs}`, ...ports.map(String)];
  return { file: process.execPath, args, port, readiness: { port, path: '/' } };
}
