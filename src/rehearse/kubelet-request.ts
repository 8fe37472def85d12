import type { GetRequest } from './go-http-client.ts';
import { canonicalName, fieldValue, type HeaderField } from './go-http-request.ts';
import { joinHostPort, targetByConcatenation, targetOfReference } from './go-url.ts';

/** The `httpGet` of a hook or a probe, as it stands in a manifest. The port is the number. */
export interface HttpGetAction {
  /** Default: the pod's IP. */
  readonly host?: string;
  readonly port: number;
  readonly path: string;
  /** Default: `HTTP`. */
  readonly scheme?: 'HTTP' | 'HTTPS';
  /** Kubernetes 1.24 and older send none of them with a hook. */
  readonly httpHeaders?: readonly HeaderField[];
}

/** Which Kubernetes, such as `1.36`. */
export type KubernetesVersion = `1.${number}`;

/** The request of a hook; the error's text where the kubelet can't make one. */
export function hookRequest(
  httpGet: HttpGetAction,
  podIP: string,
  version: KubernetesVersion,
): GetRequest | { readonly error: string } {
  if (Number(version.slice(2)) >= 25) return requestFor('lifecycle', httpGet, podIP, version);
  const { host = podIP, port, path } = httpGet;
  const target = targetByConcatenation(joinHostPort(host, port), path);
  return 'error' in target ? target : { scheme: 'http', host, port, target, fields: [] };
}

/** The request of a probe. */
export function probeRequest(httpGet: HttpGetAction, podIP: string, version: KubernetesVersion): GetRequest {
  return requestFor('probe', httpGet, podIP, version);
}

function requestFor(purpose: string, httpGet: HttpGetAction, podIP: string, version: KubernetesVersion): GetRequest {
  const { host = podIP, port, path, httpHeaders = [] } = httpGet;
  const scheme = httpGet.scheme === 'HTTPS' ? 'https' : 'http';
  const defaults = [
    { name: 'User-Agent', value: `kube-${purpose}/${version}` },
    { name: 'Accept', value: '*/*' },
  ].filter(({ name }) => fieldValue(httpHeaders, name) === undefined);
  // An empty Accept in the manifest is the way to send none.
  const own = fieldValue(httpHeaders, 'Accept') === '' ? without('Accept', httpHeaders) : httpHeaders;
  const target = targetOfReference(scheme, joinHostPort(host, port), path);
  return { scheme, host, port, target, fields: [...defaults, ...own] };
}

/** The same request in plain HTTP, which the kubelet sends when TLS met a server without it. */
export function plainRequest(request: GetRequest): GetRequest {
  const target = { ...request.target, url: request.target.url.replace(/^https:/, 'http:') };
  return { ...request, scheme: 'http', target, fields: without('Authorization', request.fields) };
}

function without(name: string, fields: readonly HeaderField[]): readonly HeaderField[] {
  return fields.filter((field) => canonicalName(field.name) !== name);
}
