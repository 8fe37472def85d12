/** What the containers of a pod have for hooks, and which of them call Hookkeeper. */
import { HOOKS, type HookName } from '../config/config.ts';
import { type HookPath, parseHookPath } from '../config/hook-path.ts';
import { SERVE_DEFAULTS } from '../config/serve-defaults.ts';
import { hookRequest } from '../rehearse/kubelet-request.ts';
import { type Container, wordsOf } from './container.ts';
import { named, type Part } from './part.ts';
import type { Sidecar } from './sidecar.ts';

/** The port of an `httpGet`, as the kubelet resolves it: a name in the hook's own container. */
export type HookPort =
  | { readonly kind: 'number'; readonly port: number }
  | { readonly kind: 'name'; readonly name: string; readonly port: number | undefined };

/** One hook of one container. */
export interface HookCall {
  readonly container: Container;
  readonly hook: HookName;
  /** `lifecycle.preStop`. */
  readonly part: Part;
  readonly handler: 'httpGet' | 'exec' | 'sleep' | 'tcpSocket' | 'none';
  /** Whether it is meant for Hookkeeper, if only by a path that nearly is ours, or by a command that calls it. */
  readonly ours: boolean;
  /** `lifecycle.preStop.httpGet`. */
  readonly httpGet: Part;
  readonly port: HookPort | undefined;
  /** What arrives, of a kubelet since 1.25: the path without its query, and the query. */
  readonly path: string;
  readonly query: string;
  /** Undefined for a path that Hookkeeper does not know. */
  readonly target: HookPath | undefined;
}

const HANDLERS = ['httpGet', 'exec', 'sleep', 'tcpSocket'] as const;

/** A path that is ours or was meant to be. */
const NEARLY = /(post-?_?start|pre-?_?stop)/i;

/** All hooks of a pod's containers. */
export function hookCallsOf(containers: readonly Container[], sidecar: Sidecar | undefined): HookCall[] {
  return containers.flatMap((container) =>
    HOOKS.flatMap((hook) => {
      const part = container.part.at('lifecycle', hook);
      return part.exists ? [hookCall(container, hook, part, sidecar)] : [];
    }),
  );
}

function hookCall(container: Container, hook: HookName, part: Part, sidecar: Sidecar | undefined): HookCall {
  const handler: HookCall['handler'] = HANDLERS.find((kind) => part.at(kind).exists) ?? 'none';
  const httpGet = part.at('httpGet');
  const port = portOf(container.part, httpGet.at('port').value);
  const request = hookRequest({ port: 1, path: httpGet.at('path').text ?? '' }, 'pod', '1.36');
  const [path = '', ...query] = 'error' in request ? [''] : request.target.requestUri.split('?');
  const call = { container, hook, part, handler, httpGet, port, path, query: query.join('?') };
  return { ...call, target: parseHookPath(path), ours: isOurs(call, sidecar) };
}

function portOf(container: Part, value: unknown): HookPort | undefined {
  if (typeof value === 'number') return { kind: 'number', port: value };
  if (typeof value !== 'string') return undefined;
  return { kind: 'name', name: value, port: named(container.at('ports'), value)?.at('containerPort').number };
}

function isOurs(call: Omit<HookCall, 'ours' | 'target'>, sidecar: Sidecar | undefined): boolean {
  const { handler, container, part, httpGet, port, path } = call;
  if (handler === 'exec') return wordsOf(part.at('exec')).some((word) => /\/(poststart|prestop)(\/|\b)/.test(word));
  if (handler !== 'httpGet') return false;
  const { hookPort, opsPort } = sidecar ?? SERVE_DEFAULTS;
  if (port?.port !== undefined && (port.port === hookPort || port.port === opsPort)) return true;
  const own = container.part
    .at('ports')
    .items()
    .map((item) => item.at('containerPort').number);
  const toItself = port?.port !== undefined && own.includes(port.port) && parseHookPath(path) === undefined;
  return !toItself && NEARLY.test(httpGet.at('path').text ?? '');
}
