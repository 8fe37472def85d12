import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lookAtSockets } from '../../src/kubernetes/socket-evidence.ts';

async function listen(port = 0, host = '127.0.0.1'): Promise<{ port: number; server: Server }> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a TCP port');
  return { port: address.port, server };
}

function inodesOf(ports: readonly number[]): readonly number[] {
  const sighting = lookAtSockets({ ports });
  if (sighting.kind !== 'seen') throw new Error(sighting.kind);
  return sighting.seen.inodes;
}

describe('the listening sockets of a container', () => {
  it('are those of its ports; the next one on a port is another', async () => {
    const [app, other] = [await listen(), await listen()];
    const first = inodesOf([app.port]);
    expect(first).toHaveLength(1);
    expect(inodesOf([app.port, other.port])).toHaveLength(2);
    expect(inodesOf([app.port])).toEqual(first);
    app.server.close();
    await once(app.server, 'close');
    expect(inodesOf([app.port])).toEqual([]);
    await listen(app.port);
    expect(inodesOf([app.port])).toHaveLength(1);
    expect(inodesOf([app.port])).not.toEqual(first);
  });

  it('are of IPv6 too', async () => {
    const { port } = await listen(0, '::1');
    expect(inodesOf([port])).toHaveLength(1);
  });

  it('are not the connections of its ports', async () => {
    const { port, server } = await listen();
    const client = connect(port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    const [socket] = await once(server, 'connection');
    socket.on('error', () => undefined);
    server.close();
    expect(inodesOf([port])).toEqual([]);
    socket.destroy();
  });

  it('can not be seen without ports in the config, or without the tables', () => {
    expect(lookAtSockets({ ports: [] })).toMatchObject({ kind: 'blind', remedy: "list the app's ports" });
    expect(lookAtSockets({ ports: [80] }, ['/nowhere'])).toMatchObject({
      kind: 'blind',
      why: expect.stringContaining('ENOENT'),
    });
  });
});
