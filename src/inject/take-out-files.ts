/** Takes all that `inject` put in out of manifests. */
import { isDeepStrictEqual } from 'node:util';
import type { HookName } from '../config/config.ts';
import { isMapping } from '../config/finding.ts';
import type { NamedText } from '../manifests/check-manifests.ts';
import type { ManifestFinding } from '../manifests/finding.ts';
import type { HookCall } from '../manifests/hook-call.ts';
import type { Part } from '../manifests/part.ts';
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
  const taken = read.map(({ file, text, read: each }) => {
    const own = objectsOf(each.ok ? each.documents : []);
    const outs = own
      .flatMap((object) => workloadOf(object) ?? [])
      .map((workload) => ({ workload, edits: outOfPod(text, workload, records.get(recordKey(workload)), keepChanged) }))
      .filter(({ edits }) => edits.length > 0);
    // A ConfigMap for a workload that is not among the files may be in use; one in a list in a list is not of `inject`.
    const configMaps = own
      .filter(({ path }) => path.length === 0 || path.length === 2)
      .filter((object) => [...(recordsOf(object)?.keys() ?? [])].some((key) => known.has(key)));
    const edits = [...outs.flatMap((out) => out.edits), ...takeObjects(text, configMaps)];
    const changed = { file, ...splice(text, edits), workloads: outs.map(({ workload }) => nameOf(workload)) };
    return { changed, isSound: isSound(changed, own, configMaps) };
  });
  const unsound = taken.filter(({ isSound: sound }) => !sound).map(({ changed }) => mangled(changed.file));
  if (unsound.length > 0) return { ok: false, problems: unsound };
  return { ok: true, records, files: taken.map(({ changed }) => changed) };
}

function nameOf({ kind, name }: Workload): string {
  return `${kind} ${name}`;
}

/** Whether all objects are still there but the ConfigMaps, with their other containers and volumes. */
function isSound({ file, text }: NamedText, before: readonly Part[], without: readonly Part[]): boolean {
  const read = readManifests(text, file);
  const left = before.filter((object) => !without.includes(object));
  return read.ok && isDeepStrictEqual(objectsOf(read.documents).map(othersOf), left.map(othersOf));
}

function othersOf(object: Part): unknown {
  const spec = workloadOf(object)?.pod.at('spec');
  const lists = ['initContainers', 'containers', 'volumes'].flatMap((list) => spec?.at(list).items() ?? []);
  const others = lists
    .map((item) => [item.at('name').value, item.at('image').value])
    .filter(([name]) => ![SIDECAR_NAME, HOOKS_VOLUME, JOURNAL_VOLUME].some((own) => own === name));
  return [object.at('kind').value, object.at('metadata').value, others];
}

function mangled(file: string): ManifestFinding {
  const message =
    'what was put in cannot be taken out without changing something else: lines or anchors were moved since';
  const place = { file, line: 1, column: 1 };
  return { code: 'inject', severity: 'error', place, message, fix: 'take it out by hand' };
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
