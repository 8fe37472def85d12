import { createServer, type RequestListener } from 'node:http';
import { type Fake, listen } from './fake-server.ts';

/** A broker of a cluster, as its admin API shows it (Redpanda's `broker.json`), and what the test decides about it. */
export interface FakeRedpanda extends Fake {
  /** Another broker has the cluster's only place in maintenance. */
  slotTaken: boolean;
  /** False once it is decommissioned. */
  member: boolean;
  /** The leaders have moved away. */
  finish(): void;
  readonly draining: () => boolean;
}

export async function fakeRedpanda(nodeId: number): Promise<FakeRedpanda> {
  let draining = false;
  let finished = false;
  const requests: string[] = [];
  const listener: RequestListener = (request, answer) => {
    const { method = '', url = '' } = request;
    requests.push(`${method} ${url}`);
    const reply = (status: number, body?: unknown) => answer.writeHead(status).end(JSON.stringify(body ?? {}));
    if (method === 'GET' && url === '/v1/node_config') return reply(200, { node_id: nodeId, rack: null });
    if (method === 'GET' && url === '/v1/maintenance') {
      return reply(200, draining ? { draining, finished, errors: false, partitions: 3 } : { draining, finished });
    }
    const [, id] = /^\/v1\/brokers\/(-?\d+)\/maintenance$/.exec(url) ?? [];
    if (id === undefined || Number(id) !== nodeId || !fake.member) return reply(404, { message: 'broker not found' });
    if (method === 'PUT' && fake.slotTaken) return reply(400, { message: 'another broker is in maintenance' });
    if (method === 'DELETE' && !draining) return reply(400, { message: 'broker is not in maintenance' });
    draining = method === 'PUT';
    finished = false;
    return reply(200);
  };
  const { port } = await listen(createServer(listener));
  const fake: FakeRedpanda = {
    port,
    requests,
    slotTaken: false,
    member: true,
    finish: () => {
      finished = true;
    },
    draining: () => draining,
  };
  return fake;
}
