import { createServer } from 'node:http';
import { type Fake, listen } from './fake-server.ts';

/** Envoy's admin interface (https://www.envoyproxy.io/docs/envoy/latest/operations/admin), and its clients. */
export interface FakeEnvoy extends Fake {
  /** Clients of the listener for traffic. */
  clients: number;
  readonly draining: () => boolean;
  /** Envoy dies. */
  die(): Promise<void>;
}

export async function fakeEnvoy(clients: number): Promise<FakeEnvoy> {
  let draining = false;
  const requests: string[] = [];
  const server = createServer((request, answer) => {
    const { method = '', url = '' } = request;
    requests.push(`${method} ${url}`);
    const changes = /^\/(healthcheck\/fail|drain_listeners)/.test(url);
    if (changes && method !== 'POST') return void answer.writeHead(405).end('Method must be POST');
    if (changes) {
      draining ||= url.startsWith('/drain_listeners');
      return void answer.end('OK\n');
    }
    if (url !== '/stats/prometheus') return void answer.writeHead(404).end('invalid path');
    answer.end(metrics(envoy.clients));
  });
  const { port, close } = await listen(server);
  const envoy: FakeEnvoy = { port, requests, clients, draining: () => draining, die: close };
  return envoy;
}

/** As Envoy writes them: no escape at the end, the admin listener under a name of its own, and 19001 that is probed all the time. */
function metrics(clients: number): string {
  return `# TYPE envoy_listener_admin_downstream_cx_active gauge
envoy_listener_admin_downstream_cx_active{} 1
# TYPE envoy_listener_downstream_cx_active gauge
envoy_listener_downstream_cx_active{envoy_listener_address="0.0.0.0_19001"} 2
envoy_listener_downstream_cx_active{envoy_listener_address="0.0.0.0_8080"} ${clients}
envoy_listener_downstream_cx_active{envoy_listener_address="[__]_8443"} 0
# TYPE envoy_listener_downstream_cx_total counter
envoy_listener_downstream_cx_total{envoy_listener_address="0.0.0.0_8080"} 4711
# TYPE envoy_listener_downstream_cx_length_ms histogram
envoy_listener_downstream_cx_length_ms_bucket{envoy_listener_address="0.0.0.0_8080",le="+Inf"} 4711
`;
}
