/**
 * What `inject` remembers of a pod, so that `--uninject` gives back what was there, byte for byte: an annotation of the ConfigMap
 * that it adds, as the workload itself is to have nothing that it does not need.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { isMapping } from '../config/finding.ts';
import type { Part } from '../manifests/part.ts';
import type { Workload } from '../manifests/workload.ts';
import type { PlainMap } from './plain.ts';
import { CONFIG_KEY } from './sidecar-container.ts';

export const RECORD_ANNOTATION = 'hookkeeper/injected';

export interface PodRecord {
  /** The digest of the container as it was put in: by it a container that was changed by hand is known. */
  readonly sidecar: string;
  /**
   * What was there before. `initContainers`, `volumes`, `lifecycle of app`, `preStop of app`: the text of an empty value that
   * had to make place. `own preStop of app`, `own volume NAME`: one as `inject` would have put it in.
   */
  readonly had: Readonly<Record<string, string>>;
}

/** By `Deployment/web`, or `Deployment/NAMESPACE/web`. In the annotation the namespace is that of the ConfigMap, whatever set it. */
export type Records = ReadonlyMap<string, PodRecord>;

const recordsSchema = z.record(
  z.string(),
  z.object({ sidecar: z.string(), had: z._default(z.record(z.string(), z.string()), {}) }),
);

/** What the pod of a workload is called in records. */
export function recordKey({ kind, name, namespace }: Pick<Workload, 'kind' | 'name' | 'namespace'>): string {
  return [kind, ...(namespace === undefined ? [] : [namespace]), name].join('/');
}

/** The records of a ConfigMap; undefined for one that is not of `inject`. */
export function recordsOf(configMap: Part): Records | undefined {
  const text =
    configMap.at('kind').text === 'ConfigMap' && configMap.at('metadata', 'annotations', RECORD_ANNOTATION).text;
  if (text === false || text === undefined) return undefined;
  try {
    const parsed = recordsSchema.safeParse(JSON.parse(text));
    if (!parsed.success) return undefined;
    const namespace = configMap.at('metadata', 'namespace').text;
    return new Map(
      Object.entries(parsed.data).map(([key, record]) => [recordKey({ ...namesOf(key), namespace }), record]),
    );
  } catch {
    return undefined;
  }
}

function namesOf(key: string): { readonly kind: string; readonly name: string } {
  const [kind = '', ...names] = key.split('/');
  return { kind, name: names.at(-1) ?? '' };
}

/** The ConfigMap of a workload. Hookkeeper reads its config again when it changes: the name is the same for every content. */
export function configMapName({ name }: Workload): string {
  return `${name.replace(/-$/, '')}-hookkeeper`;
}

export function configMapOf(name: string, namespace: string | undefined, config: string, records: Records): PlainMap {
  const written = Object.fromEntries(
    [...records].map(([key, { sidecar, had }]) => {
      const { kind, name: workload } = namesOf(key);
      return [`${kind}/${workload}`, Object.keys(had).length > 0 ? { sidecar, had } : { sidecar }];
    }),
  );
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      annotations: { [RECORD_ANNOTATION]: JSON.stringify(written) },
    },
    data: { [CONFIG_KEY]: config },
  };
}

/**
 * The first 12 hex digits of a SHA-256, for a container as it stands in a manifest: in whatever order, as kustomize sorts keys,
 * and whether or not it came back from an API server, which fills in what was not said.
 */
export function digestOf(container: unknown): string {
  const sorted = JSON.stringify(container, (_key, each: unknown) =>
    isMapping(each)
      ? Object.fromEntries(
          Object.entries(each)
            .filter(([key, value]) => FILLED_IN[key]?.(value, each) !== true)
            .toSorted(([a], [b]) => (a < b ? -1 : 1)),
        )
      : each,
  );
  return createHash('sha256').update(sorted).digest('hex').slice(0, 12);
}

const is = (filled: unknown) => (value: unknown) => value === filled;

/** The defaults of the Kubernetes API (v1, `Container` and what is in it) for what the container of `inject` does not say. */
const FILLED_IN: Readonly<Record<string, (value: unknown, of: Readonly<Record<string, unknown>>) => boolean>> = {
  terminationMessagePath: is('/dev/termination-log'),
  terminationMessagePolicy: is('File'),
  imagePullPolicy: (value, { image }) =>
    value === (/:(?!latest$)[^/]*$/.test(String(image)) ? 'IfNotPresent' : 'Always'),
  protocol: is('TCP'),
  apiVersion: is('v1'),
  scheme: is('HTTP'),
  successThreshold: is(1),
  timeoutSeconds: is(1),
};
