/** What Hookkeeper gets of the volumes that a pod's containers have: what its tasks and its token need, at the same place. */
import { valueAt } from '../config/finding.ts';
import type { Container } from '../manifests/container.ts';
import { type Mount, mountOf } from '../manifests/mounts.ts';
import { fileNeeds, WORKING_DIR } from '../manifests/task-needs.ts';
import type { Workload } from '../manifests/workload.ts';
import type { PlainMap } from './plain.ts';
import { HOOKS_VOLUME, JOURNAL_VOLUME } from './sidecar-container.ts';

export interface LentMounts {
  /** Entries of `volumeMounts`. */
  readonly mounts: readonly PlainMap[];
  /** What another volume would have to be mounted over. */
  readonly clashes: readonly Mount[];
}

export interface LentInput {
  readonly workload: Workload;
  /** The containers that get hooks. */
  readonly containers: readonly string[];
  /** The config as plain data. */
  readonly data: unknown;
}

interface Need {
  /** The container whose tasks need it; undefined: it is for all. */
  readonly container: string | undefined;
  readonly file: string;
  readonly writes: boolean;
}

export function lentMounts({ workload, containers, data }: LentInput, all: readonly Container[]): LentMounts {
  const spec = workload.pod.at('spec');
  const ofTasks = fileNeeds(data).map(
    ({ at, file, writes }): Need => ({
      container: String(at[1]),
      file,
      writes: writes || at.at(-1) === WORKING_DIR,
    }),
  );
  const needs = ofTasks.filter(({ container }) => container !== undefined && containers.includes(container));
  const found = new Map<string, Mount & { readonly writes: boolean }>();
  const clashes: Mount[] = [];
  for (const { container, file, writes } of [...needs, ...tokenNeeds(data)]) {
    const own = all.filter(({ name }) => name === container);
    const mount = [...own, ...all].map(({ part }) => mountOf(spec, part, file)).find((each) => each !== undefined);
    if (mount === undefined || mount.mount.at('subPathExpr').exists) continue;
    const before = found.get(mount.mountPath);
    if (before === undefined || isSame(before, mount))
      found.set(mount.mountPath, { ...mount, writes: writes || before?.writes === true });
    else clashes.push(mount);
  }
  const mounts = [...found.values()].flatMap(({ mount, mountPath, writes }): PlainMap[] => {
    const name = mount.at('name').written;
    const subPath = mount.at('subPath').text;
    if (name === HOOKS_VOLUME || name === JOURNAL_VOLUME) return [];
    return [{ name, mountPath, ...(subPath === undefined ? {} : { subPath }), ...(writes ? {} : { readOnly: true }) }];
  });
  return { mounts, clashes };
}

function tokenNeeds(data: unknown): Need[] {
  const file = valueAt(data, ['access', 'tokenFile']);
  return typeof file === 'string' ? [{ container: undefined, file, writes: false }] : [];
}

/** Whether two containers see the same part of the same volume. */
function isSame({ mount: one }: Mount, { mount: other }: Mount): boolean {
  return ['name', 'subPath'].every((key) => one.at(key).written === other.at(key).written);
}
