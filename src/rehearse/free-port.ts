import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that the kernel gives to outgoing connections: a client that polls one of those can connect to itself
 * before the server listens.
 */
const FIRST = 12_000;
const LAST = 31_999;
const TRIES = 50;

/** Whether nobody listens on a TCP port, on any address of this machine; `unknown` where we may not listen there ourselves. */
export async function stateOfPort(port: number): Promise<'free' | 'held' | 'unknown'> {
  for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
    const server = createServer();
    try {
      server.listen({ port, host, exclusive: true });
      await once(server, 'listening');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // A machine without IPv6 has nobody listening there.
      if (code !== 'EAFNOSUPPORT') return code === 'EADDRINUSE' ? 'held' : 'unknown';
    } finally {
      server.close();
    }
  }
  return 'free';
}

/** A TCP port that is free now. `random` is as `Math.random`. Throws when none is found, which only a full machine does. */
export async function freePort(random: () => number): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = FIRST + Math.floor(random() * (LAST - FIRST + 1));
    if ((await stateOfPort(port)) === 'free') return port;
  }
  throw new Error(`found no free port from ${FIRST} to ${LAST} in ${TRIES} tries`);
}
