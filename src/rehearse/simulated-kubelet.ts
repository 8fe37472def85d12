import type { HookName } from '../config/config.ts';
import type { Clock } from '../hooks/clock.ts';
import { createGoHttpClient, type GetResult, type GoHttpClient } from './go-http-client.ts';
import { goQuote } from './go-text.ts';
import { HTTP_ANSWER_TO_TLS } from './go-tls.ts';
import {
  type HttpGetAction,
  hookRequest,
  type KubernetesVersion,
  plainRequest,
  probeRequest,
} from './kubelet-request.ts';

/** A hook to be called. A preStop has a grace; a postStart has no timeout at all. */
export type HookCall = { readonly container: string; readonly httpGet: HttpGetAction } & (
  | { readonly hook: 'postStart' }
  /** The grace is counted from this call, in ms. */
  | { readonly hook: 'preStop'; readonly graceMs: number }
);

/** How a hook call ended on the wire. `requests` counts what was sent: redirects and retries of the transport are more. */
type HookEnd =
  | {
      /** There was an answer. The kubelet looks at nothing of what stands here: every status is success. */
      readonly kind: 'success';
      readonly status: number;
      /** Names in lower case. */
      readonly headers: ReadonlyMap<string, readonly string[]>;
      /** At most 10,240 bytes; empty where the kubelet did not read it. */
      readonly body: string;
      readonly requests: number;
    }
  | {
      readonly kind: 'failure';
      readonly error: string;
      /** What the waiting container's message says after a postStart, and the kubelet's log after both hooks. */
      readonly message: string;
      readonly requests: number;
    };

/** What the kubelet makes of a hook call; when it began on the wall clock, and how long it took. */
export type HookResult = { readonly hook: HookName; readonly startedAtMs: number; readonly durationMs: number } & (
  | HookEnd
  /** The grace is over and the kubelet goes on. So does the call: `late` is its end, of which nobody hears. */
  | { readonly kind: 'graceOver'; readonly late: Promise<HookEnd | KubeletDied> }
  | KubeletDied
);

interface KubeletDied {
  readonly kind: 'kubeletDied';
}

type ProbeResult =
  | { readonly kind: 'success'; readonly status: number; readonly body: string }
  | { readonly kind: 'failure'; readonly output: string };

export interface KubeletOptions {
  readonly podIP: string;
  readonly version: KubernetesVersion;
  readonly clock: Clock;
  /** Stands in the message of a failed hook. */
  readonly pod?: { readonly name: string; readonly namespace: string; readonly uid: string };
}

export interface SimulatedKubelet {
  /** Calls a hook once, as the kubelet does for one start or one kill of a container. Never rejects. */
  runHook(call: HookCall): Promise<HookResult>;
  /** Probes once. `timeoutMs` is the manifest's `timeoutSeconds`, and 1 s by default, as there. Never rejects. */
  probe(httpGet: HttpGetAction, timeoutMs?: number): Promise<ProbeResult>;
  /** The kubelet is killed: its connections end. Another kubelet delivers again what this one had not finished. */
  die(): void;
}

const SOME_POD = { name: 'pod', namespace: 'default', uid: '00000000-0000-0000-0000-000000000000' };

/**
 * The kubelet's side of hooks and probes, on real sockets: what it sends, what it takes for success, and what it does
 * when the time is over. What a kubelet does around that (SIGTERM, restarts, back-off) is the caller's to play.
 */
export function createKubelet({ podIP, version, clock, pod = SOME_POD }: KubeletOptions): SimulatedKubelet {
  const client = createGoHttpClient({ keepAlive: true, askForGzip: true });
  const clients = new Set<GoHttpClient>([client]);
  const death = Promise.withResolvers<KubeletDied>();

  async function callHook({ container, httpGet }: HookCall): Promise<HookEnd> {
    const result = await get(httpGet);
    if (result.kind === 'answered') return { ...result, kind: 'success' };
    const where = `for Container ${goQuote(container)} in Pod ${goQuote(`${pod.name}_${pod.namespace}(${pod.uid})`)}`;
    const message = `HTTP lifecycle hook (${httpGet.path}) ${where} failed - error: ${result.error}`;
    return { kind: 'failure', error: result.error, message, requests: result.requests };
  }

  async function get(httpGet: HttpGetAction): Promise<GetResult> {
    const request = hookRequest(httpGet, podIP, version);
    if ('error' in request) return { kind: 'failed', error: request.error, requests: 0 };
    const result = await client.get(request);
    if (result.kind === 'answered' || !result.error.includes(HTTP_ANSWER_TO_TLS)) return result;
    const plain = await client.get(plainRequest(request));
    const requests = result.requests + plain.requests;
    return plain.kind === 'answered' ? { ...plain, requests } : { ...result, requests };
  }

  async function runHook(call: HookCall): Promise<HookResult> {
    const startedAtMs = clock.epochMs();
    const startMs = clock.monotonicMs();
    const end = Promise.race([death.promise, callHook(call)]);
    const graceOver = Promise.withResolvers<undefined>();
    const cancel = call.hook === 'preStop' ? clock.after(call.graceMs, () => graceOver.resolve(undefined)) : undefined;
    const ended = await Promise.race([end, graceOver.promise]);
    cancel?.();
    const facts = { hook: call.hook, startedAtMs, durationMs: clock.monotonicMs() - startMs };
    return ended === undefined ? { ...facts, kind: 'graceOver', late: end } : { ...facts, ...ended };
  }

  async function probe(httpGet: HttpGetAction, timeoutMs = 1000): Promise<ProbeResult> {
    const request = probeRequest(httpGet, podIP, version);
    const prober = createGoHttpClient({ keepAlive: false, askForGzip: false });
    clients.add(prober);
    const timeout = Promise.withResolvers<undefined>();
    const cancel = clock.after(timeoutMs, () => timeout.resolve(undefined));
    const result = await Promise.race([prober.get(request), timeout.promise]);
    cancel();
    clients.delete(prober);
    prober.close();
    return judgeProbe(result, request.target.url);
  }

  function die(): void {
    death.resolve({ kind: 'kubeletDied' });
    for (const each of clients) each.close();
  }

  return { runHook, probe, die };
}

function judgeProbe(result: GetResult | undefined, url: string): ProbeResult {
  if (result === undefined) {
    const timeout = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
    return { kind: 'failure', output: `Get ${goQuote(url)}: ${timeout}` };
  }
  if (result.kind === 'failed') return { kind: 'failure', output: result.error };
  const { status, body } = result;
  if (status < 200 || status >= 400) return { kind: 'failure', output: `HTTP probe failed with statuscode: ${status}` };
  return { kind: 'success', status, body };
}
