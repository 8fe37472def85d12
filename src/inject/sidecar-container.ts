/**
 * The container of Hookkeeper as `inject` writes it: the one source of it in code. The manifests of `k8s-examples/` are compared
 * with it by a test.
 */
import type { HookName } from '../config/config.ts';
import { hookPathOf } from '../config/hook-path.ts';
import { SERVE_DEFAULTS } from '../config/serve-defaults.ts';
import type { Plain, PlainMap } from './plain.ts';

export const SIDECAR_NAME = 'hookkeeper';

/** The pod's volumes that the sidecar has for itself. */
export const HOOKS_VOLUME = 'hookkeeper-hooks';
export const JOURNAL_VOLUME = 'hookkeeper-journal';

/** The key of the ConfigMap that becomes `SERVE_DEFAULTS.configFile`. */
export const CONFIG_KEY = 'hooks.yaml';

/** `native`: an init container that is restarted (Kubernetes 1.29 or newer); `regular`: a container beside the app. */
export type SidecarRole = 'native' | 'regular';

/** The list of the pod's spec that has the sidecar. */
export function listOf(role: SidecarRole): 'initContainers' | 'containers' {
  return role === 'native' ? 'initContainers' : 'containers';
}

export interface SidecarSettings {
  readonly image: string;
  readonly role: SidecarRole;
  /** The pod's `terminationGracePeriodSeconds`, in seconds. */
  readonly graceSeconds: number;
  /** Whether its host name tells it the pod's name. */
  readonly knowsPodName: boolean;
  /** Names of ports that Services may mean in another container. */
  readonly takenPortNames: readonly string[];
  /** Further entries of `volumeMounts`. */
  readonly mounts: readonly PlainMap[];
}

/** The whole container. It holds in a namespace whose Pod Security is `restricted`, whatever the pod itself says. */
export function sidecarContainer(settings: SidecarSettings): PlainMap {
  const { image, role, graceSeconds, knowsPodName, takenPortNames, mounts } = settings;
  const native = role === 'native';
  const { hookPort, opsPort, journalDir, configFile } = SERVE_DEFAULTS;
  const startupProbe = { httpGet: { path: '/readyz', port: opsPort }, periodSeconds: 1, failureThreshold: 60 };
  return {
    name: SIDECAR_NAME,
    image,
    ...(native ? { restartPolicy: 'Always' } : {}),
    args: ['serve'],
    ports: [
      { name: 'hooks', containerPort: hookPort },
      { name: 'ops', containerPort: opsPort },
    ].map(({ name, containerPort }) => ({ ...(takenPortNames.includes(name) ? {} : { name }), containerPort })),
    env: [
      { name: GRACE_VARIABLE, value: String(graceSeconds) },
      ...(knowsPodName ? [] : [fromPod('HOOKKEEPER_POD_NAME', 'metadata.name')]),
      fromPod('HOOKKEEPER_POD_UID', 'metadata.uid'),
    ],
    ...(native ? { startupProbe } : {}),
    resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '128Mi' } },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: [
      { name: HOOKS_VOLUME, mountPath: configFile.replace(/\/[^/]*$/, ''), readOnly: true },
      { name: JOURNAL_VOLUME, mountPath: journalDir },
      ...mounts,
    ],
  };
}

function fromPod(name: string, fieldPath: string): PlainMap {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

export const GRACE_VARIABLE = 'HOOKKEEPER_GRACE_PERIOD';

/** The volumes that go with it. */
export function sidecarVolumes(configMap: string): readonly (PlainMap & { readonly name: string })[] {
  return [
    { name: HOOKS_VOLUME, configMap: { name: configMap } },
    { name: JOURNAL_VOLUME, emptyDir: {} },
  ];
}

/** What a container has for a hook that calls Hookkeeper. A pod in the node's network is called on the node's loopback. */
export function hookHandler(hook: HookName, container: string, hostNetwork: boolean): PlainMap {
  const host: Record<string, Plain> = hostNetwork ? { host: '127.0.0.1' } : {};
  return { httpGet: { ...host, path: hookPathOf(hook, container), port: SERVE_DEFAULTS.hookPort } };
}
