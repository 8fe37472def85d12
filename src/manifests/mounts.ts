import type { Part } from './part.ts';
import { named } from './part.ts';

/** A volume as a container sees it. */
export interface Mount {
  /** The entry of `volumeMounts`. */
  readonly mount: Part;
  readonly mountPath: string;
  /** The pod's volume; undefined where it has none of that name, as for the `volumeClaimTemplates` of a StatefulSet. */
  readonly volume: Part | undefined;
  /** The key of the volume's kind, such as `emptyDir`; `unknown` where the pod has no such volume. */
  readonly kind: string;
  readonly writable: boolean;
}

/** Volumes that nobody can write to. */
const READ_ONLY_KINDS = new Set(['configMap', 'secret', 'downwardAPI', 'projected', 'image']);

/** The mount that a path of a container lies on: of several, the deepest. */
export function mountOf(spec: Part, container: Part, path: string): Mount | undefined {
  const mounts = container
    .at('volumeMounts')
    .items()
    .flatMap((mount) => {
      const mountPath = (mount.at('mountPath').text ?? '').replace(/(?!^)\/+$/, '');
      return liesOn(path, mountPath) ? [{ mount, mountPath }] : [];
    });
  const [deepest] = mounts.toSorted((a, b) => b.mountPath.length - a.mountPath.length);
  if (deepest === undefined) return undefined;
  const { mount, mountPath } = deepest;
  const volume = named(spec.at('volumes'), mount.at('name').text ?? '');
  const kind =
    volume?.entries().find(([key]) => key !== 'name')?.[0] ?? (volume === undefined ? 'unknown' : 'emptyDir');
  const writable = mount.at('readOnly').value !== true && !READ_ONLY_KINDS.has(kind);
  return { mount, mountPath, volume, kind, writable };
}

/** Whether its volume can be written to, if only by another mount of it. */
export function canBeWritable({ kind }: Mount): boolean {
  return !READ_ONLY_KINDS.has(kind);
}

function liesOn(path: string, mountPath: string): boolean {
  return mountPath !== '' && (path === mountPath || path.startsWith(mountPath === '/' ? '/' : `${mountPath}/`));
}
