/** Takes all that `inject` put in out of manifests. */
import { isDeepStrictEqual } from 'node:util';
import type { HookName } from '../config/config.ts';
import { isMapping } from '../config/finding.ts';
import type { NamedText } from '../manifests/check-manifests.ts';
import type { ManifestFinding } from '../manifests/finding.ts';
import type { HookCall } from '../manifests/hook-call.ts';
import { viewOf } from '../manifests/pod-view.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import { objectsOf, type Workload, workloadOf } from '../manifests/workload.ts';
import { mapOf } from './nodes.ts';
import { digestOf, type PodRecord, type Records, recordKey, recordsOf } from './record.ts';
import { HOOKS_VOLUME, hookHandler, JOURNAL_VOLUME, SIDECAR_NAME } from './sidecar-container.ts';
import { type Edit, type Spliced, splice } from './splice.ts';
import { indexOfKey, takeOut } from './take-out.ts';
import { takeObjects } from './whole-file.ts';

export interface TakenOut extends Spliced {
  readonly file: string;
  /** The workloads that had something of it, such as `Deployment web`. */
  readonly workloads: readonly string[];
}

export interface TakeOut {
  /** True: a sidecar that was changed since it was put in stays, with its volumes. */
  readonly keepChanged: boolean;
}

export type TakeOutResult =
  | { readonly ok: true; readonly files: readonly TakenOut[]; readonly records: Records }
  | { readonly ok: false; readonly problems: readonly ManifestFinding[] };

/** Never throws. What is not of `inject` stays as it is, byte for byte. */
export function takeOutOfFiles(files: readonly NamedText[], { keepChanged }: TakeOut): TakeOutResult {
  const read = files.map(({ file, text }) => ({ file, text, read: readManifests(text, file) }));
  const problems = read.flatMap(({ read: each }): ManifestFinding[] =>
    each.ok
      ? []
      : [
          {
            code: 'unusable',
            severity: 'error',
            place: each.place,
            message: `the file ${each.reason}`,
            fix: each.remedy,
          },
        ],
  );
  if (problems.length > 0) return { ok: false, problems };
  const documents = read.flatMap(({ read: each }) => (each.ok ? each.documents : []));
  const objects = objectsOf(documents);
  const records: Records = new Map(objects.flatMap((object) => [...(recordsOf(object) ?? [])]));
  const known = new Set(objects.flatMap((object) => workloadOf(object) ?? []).map(recordKey));
  return {
    ok: true,
    records,
    files: read.map(({ file, text, read: each }) => {
      const own = objectsOf(each.ok ? each.documents : []);
      const workloads = own.flatMap((object) => workloadOf(object) ?? []);
      const outs = workloads.flatMap((workload) => {
        const record = records.get(recordKey(workload));
        const edits = outOfPod(text, workload, record, keepChanged);
        return edits.length === 0 ? [] : [{ workload, edits }];
      });
      // A ConfigMap for a workload that is not among the files may be in use.
      const configMaps = own.filter((object) => [...(recordsOf(object)?.keys() ?? [])].some((key) => known.has(key)));
      const edits = [...outs.flatMap((out) => out.edits), ...takeObjects(text, configMaps)];
      return { file, ...splice(text, edits), workloads: outs.map(({ workload: { kind, name } }) => `${kind} ${name}`) };
    }),
  };
}

/** The sidecar of `inject` in a pod. */
export function injectedSidecar(workload: Workload) {
  return viewOf(workload).containers.find(
    ({ name, part }) =>
      name === SIDECAR_NAME &&
      part
        .at('volumeMounts')
        .items()
        .some((mount) => mount.at('name').text === HOOKS_VOLUME),
  );
}

function outOfPod(text: string, workload: Workload, record: PodRecord | undefined, keepChanged: boolean): Edit[] {
  const sidecar = injectedSidecar(workload);
  const spec = workload.pod.at('spec');
  const map = mapOf(spec);
  if (sidecar === undefined || map === undefined) return [];
  const had = record?.had ?? {};
  const hooks = outOfContainers(text, workload, had, keepChanged);
  if (keepChanged && record?.sidecar !== digestOf(sidecar.part.value)) return hooks;
  const list = String(sidecar.part.path.at(-2));
  const volumes = spec
    .at('volumes')
    .items()
    .map((volume, index) => ({ name: volume.at('name').text ?? '', index }))
    .filter(({ name }) => [HOOKS_VOLUME, JOURNAL_VOLUME].includes(name) && had[`own volume ${name}`] === undefined)
    .map(({ index }) => index);
  return [
    ...hooks,
    ...takeOut(text, map, list, [sidecar.index], had[list]),
    ...takeOut(text, map, 'volumes', volumes, had['volumes']),
  ];
}

/** Takes the hooks out that call Hookkeeper. Where it stays, those that were changed stay, too; without it, all would fail. */
function outOfContainers(text: string, workload: Workload, had: PodRecord['had'], keepChanged: boolean): Edit[] {
  const { containers, calls } = viewOf(workload);
  return containers.flatMap(({ name, part }) => {
    const lifecycle = mapOf(part.at('lifecycle'));
    const container = mapOf(part);
    if (lifecycle === undefined || container === undefined || name === SIDECAR_NAME) return [];
    const added = calls
      .filter((call) => call.container.name === name && call.ours && call.handler === 'httpGet')
      .filter(({ hook }) => had[`own ${hook} of ${name}`] === undefined)
      .filter((call) => !keepChanged || isAsPutIn(call))
      .map(({ hook }) => hook);
    const isFilled = (hook: HookName) => had[`${hook} of ${name}`] !== undefined;
    const filled = added
      .filter(isFilled)
      .flatMap((hook) => takeOut(text, lifecycle, hook, [0], had[`${hook} of ${name}`]));
    const whole = added.filter((hook) => !isFilled(hook)).map((hook) => indexOfKey(lifecycle, hook));
    return [...filled, ...takeOut(text, container, 'lifecycle', whole, had[`lifecycle of ${name}`])];
  });
}

/** The API server fills in the scheme. */
function isAsPutIn({ part, hook, container, httpGet }: HookCall): boolean {
  const { scheme, ...others } = isMapping(httpGet.value) ? httpGet.value : {};
  const handlers = [true, false].map((hostNetwork) => hookHandler(hook, container.name, hostNetwork)['httpGet']);
  const plain = (scheme === undefined || scheme === 'HTTP') && part.entries().length === 1;
  return plain && handlers.some((handler) => isDeepStrictEqual(others, handler));
}
