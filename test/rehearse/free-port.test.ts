import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort, stateOfPort } from '../../src/rehearse/free-port.ts';

describe('freePort', () => {
  it('finds a port on which one can listen, below those of outgoing connections', async () => {
    const port = await freePort(Math.random);
    expect(port).toBeGreaterThanOrEqual(12_000);
    expect(port).toBeLessThan(32_000);
    const server = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    expect(await stateOfPort(port)).toBe('held');
  });

  it.each(['127.0.0.1', '0.0.0.0'])('passes over a port that somebody has on %s', async (host) => {
    const taken = await freePort(Math.random);
    const server = createServer().listen(taken, host);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const shares = [(taken - 12_000 + 0.5) / 20_000];
    expect(await freePort(() => shares.shift() ?? Math.random())).not.toBe(taken);
  });

  it('gives up when every port is taken', async () => {
    const taken = await freePort(Math.random);
    const server = createServer().listen(taken, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    await expect(freePort(() => (taken - 12_000 + 0.5) / 20_000)).rejects.toThrow(/no free port from 12000 to 31999/);
  });
});
