import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/hooks/clock.ts';
import type { HttpGetAction } from '../../src/rehearse/kubelet-request.ts';
import { createKubelet, type HookResult, type KubeletOptions } from '../../src/rehearse/simulated-kubelet.ts';
import { type RawServer, startRawServer } from '../helpers/raw-server.ts';
import { within } from '../helpers/within.ts';

export const EMPTY_OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

export interface KubeletStage {
  readonly server: RawServer;
  readonly kubelet: ReturnType<typeof createKubelet>;
  /** A postStart of the container `app`. */
  postStart(httpGet?: Partial<HttpGetAction>): Promise<HookResult>;
  /** A preStop of the container `app`, with 30 s of grace. */
  preStop(httpGet?: Partial<HttpGetAction>): Promise<HookResult>;
}

/** A server that the test plays, and a kubelet that calls it. Both are gone when the test is. */
export async function stageKubelet(options: Partial<KubeletOptions> = {}): Promise<KubeletStage> {
  const server = await startRawServer();
  const kubelet = createKubelet({ podIP: '127.0.0.1', version: '1.36', clock: systemClock, ...options });
  onTestFinished(async () => {
    kubelet.die();
    await server.close();
  });
  const at = (path: string, httpGet: Partial<HttpGetAction>) => ({ port: server.port, path, ...httpGet });
  return {
    server,
    kubelet,
    postStart: (httpGet = {}) =>
      within(
        'the end of the postStart',
        kubelet.runHook({ hook: 'postStart', container: 'app', httpGet: at('/poststart/app', httpGet) }),
      ),
    preStop: (httpGet = {}) =>
      within(
        'the end of the preStop',
        kubelet.runHook({
          hook: 'preStop',
          container: 'app',
          httpGet: at('/prestop/app', httpGet),
          graceMs: 30_000,
        }),
      ),
  };
}

/** The text of a failed call, with the ports of this run replaced by words. */
export function errorOf(result: HookResult, server: RawServer): string {
  if (result.kind !== 'failure') return `no failure but ${result.kind}`;
  return result.error.replaceAll(`127.0.0.1:${server.port}`, 'SIDECAR').replace(/127\.0\.0\.1:\d+->/, 'NODE->');
}
