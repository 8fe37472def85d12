/** How a pod reaches the API server, as Kubernetes sets it up in each container (tasks/run-application/access-api-from-pod). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../hooks/sentence.ts';

/** What the environment says of the API server and of the own pod. */
export interface ApiSettings {
  readonly host: string;
  readonly port: number;
  /** The folder of the service account: `token`, `ca.crt` and `namespace`. */
  readonly accountDir: string;
  readonly podName: string;
  /** Whether the name was given, and not guessed from the host name: only then a 404 says that the pod is gone. */
  readonly podNamed: boolean;
  /** Undefined: the one of the service account. */
  readonly namespace: string | undefined;
  readonly podUid: string | undefined;
}

export type FoundSettings =
  | { readonly ok: true; readonly settings: ApiSettings }
  | { readonly ok: false; readonly reason: string };

/** Where the kubelet mounts the service account, unless the pod's spec says otherwise. */
const ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Reads KUBERNETES_SERVICE_HOST and _PORT, which each container has, and what the Downward API may give: HOOKKEEPER_POD_NAME and
 * HOOKKEEPER_POD_NAMESPACE. The pod's name is its host name otherwise, unless the pod has the host's network.
 */
export function apiSettings(env: Readonly<NodeJS.ProcessEnv>, podUid: string | undefined): FoundSettings {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = Number(env['KUBERNETES_SERVICE_PORT']);
  if (!host || !Number.isInteger(port) || port < 1 || port > 65_535)
    return { ok: false, reason: 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT name no API server' };
  const name = env['HOOKKEEPER_POD_NAME'];
  const podName = name || env['HOSTNAME'];
  if (!podName) return { ok: false, reason: "HOOKKEEPER_POD_NAME does not give the pod's name" };
  return {
    ok: true,
    settings: {
      host,
      port,
      accountDir: env['HOOKKEEPER_SERVICE_ACCOUNT'] || ACCOUNT_DIR,
      podName,
      podNamed: Boolean(name),
      namespace: env['HOOKKEEPER_POD_NAMESPACE'] || undefined,
      podUid,
    },
  };
}

/** What one call needs. The token is a secret. */
export interface Credentials {
  readonly token: string;
  readonly ca: string;
  readonly namespace: string;
}

export type FoundCredentials = ({ readonly ok: true } & Credentials) | { readonly ok: false; readonly reason: string };

/** Reads the service account anew, as the kubelet changes the token long before it expires. Never rejects. */
export async function readCredentials({ accountDir, namespace }: ApiSettings): Promise<FoundCredentials> {
  try {
    const file = async (name: string) => (await readFile(join(accountDir, name), 'utf8')).trim();
    const token = await file('token');
    // Node would take any other character for a header that it must not send.
    if (!/^[\x21-\x7e]+$/.test(token)) return { ok: false, reason: `${join(accountDir, 'token')} holds no token` };
    const ca = await file('ca.crt');
    // With none Node would trust every public authority.
    if (!ca.includes('-----BEGIN ')) return { ok: false, reason: `${join(accountDir, 'ca.crt')} holds no certificate` };
    return { ok: true, token, ca, namespace: namespace ?? (await file('namespace')) };
  } catch (error) {
    return { ok: false, reason: `the pod has no service account that can be read: ${messageOf(error)}` };
  }
}
