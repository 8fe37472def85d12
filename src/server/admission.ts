import type { HookName } from '../config/config.ts';
import { OWN_CONTAINER, parseHookPath } from '../config/hook-path.ts';
import { presentedToken, type TokenCheck } from './token.ts';

/** The classes of refusals: what `hookkeeper_refused_total` counts. */
export const REFUSALS = [
  'unknownPath',
  'method',
  'token',
  'notReady',
  'unknownContainer',
  'hookNotConfigured',
  'key',
  'malformed',
  'tooManyConnections',
  'bug',
] as const;
type RefusalKind = (typeof REFUSALS)[number];

/** A request that runs nothing. `reason` stands after "refused as"; both sentences are for people and hold no secret. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly status: 400 | 401 | 404 | 405 | 500 | 503;
  readonly reason: string;
  readonly remedy: string;
}

/** Which hooks each container has, as far as admission cares: a hook that is undefined is not configured. */
export type ConfiguredHooks = ReadonlyMap<string, { readonly [hook in HookName]: object | undefined }>;

export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** What admission knows besides the request. */
export interface AdmissionView {
  readonly containers: ConfiguredHooks;
  readonly readiness: Readiness;
  readonly token: TokenCheck;
}

/** What admission reads of a request: nothing in it chooses or changes a task. */
export interface HookRequest {
  readonly method: string;
  /** The target of the request line, as it arrived. */
  readonly target: string;
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | undefined;
}

export type Admission =
  /** A hook of Hookkeeper's own container: it is answered, and does nothing. */
  | { readonly admitted: 'own'; readonly hook: HookName }
  | { readonly admitted: true; readonly hook: HookName; readonly container: string; readonly key: string | undefined }
  | { readonly admitted: false; readonly refusal: Refusal };

/** A refusal lists at most so many containers. */
const LISTED_NAMES = 20;

/** Whether a request is a delivery. The names of containers are told only to those who may call. */
export function admit(request: HookRequest, view: AdmissionView): Admission {
  const [path = '', ...rest] = request.target.split('?');
  const named = parseHookPath(path);
  if (named === undefined) {
    const remedy = 'use /poststart or /prestop, with /CONTAINER after it';
    return refuse('unknownPath', 404, `the path ${path.slice(0, 100)} is unknown`, remedy);
  }
  if (request.method !== 'GET' && request.method !== 'POST') {
    return refuse('method', 405, `the method ${request.method} calls no hook`, 'use GET or POST');
  }
  const verdict = view.token(presentedToken(request.authorization, rest.join('?')));
  if (!verdict.allowed) {
    return refuse('token', 401, verdict.reason, 'send the shared secret as Authorization Bearer, or as ?token=');
  }
  if (!view.readiness.ready) {
    return refuse('notReady', 503, `hookkeeper is not ready, ${view.readiness.reason}`, 'see /readyz on the ops port');
  }
  return admitContainer(named.hook, named.container, request.idempotencyKey, view.containers);
}

function admitContainer(
  hook: HookName,
  named: string | undefined,
  key: string | undefined,
  containers: ConfiguredHooks,
): Admission {
  const names = [...containers.keys()];
  const more = names.length > LISTED_NAMES ? ` and ${names.length - LISTED_NAMES} more` : '';
  const configured = `configured are ${names.slice(0, LISTED_NAMES).join(', ') || 'none'}${more}`;
  const name = named ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) {
    return refuse('unknownContainer', 404, 'the path names no container', `add one to it, ${configured}`);
  }
  const hooks = containers.get(name);
  if (hooks === undefined && name === OWN_CONTAINER) return { admitted: 'own', hook };
  if (hooks === undefined) {
    return refuse('unknownContainer', 404, `container ${name.slice(0, 100)} is not in the config`, configured);
  }
  if (hooks[hook] === undefined) {
    const remedy = "add one to the config, or take the hook out of the pod's manifest";
    return refuse('hookNotConfigured', 404, `container ${name} has no ${hook} in the config`, remedy);
  }
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    const remedy = 'send 1 to 255 visible ASCII characters, or no such header';
    return refuse('key', 400, 'its Idempotency-Key is not usable', remedy);
  }
  return { admitted: true, hook, container: name, key };
}

function refuse(kind: RefusalKind, status: Refusal['status'], reason: string, remedy: string): Admission {
  return { admitted: false, refusal: { kind, status, reason, remedy } };
}
