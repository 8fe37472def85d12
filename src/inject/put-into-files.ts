/** Puts what is planned into the texts, and judges the result by the data that it has to make. */
import { isDeepStrictEqual } from 'node:util';
import type { ManifestFinding } from '../manifests/finding.ts';
import { type ManifestDocument, type Place, rootOf } from '../manifests/part.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import { openBlock } from './open-block.ts';
import { copyOf, type PlainMap } from './plain.ts';
import { applyPlan, podEdits } from './pod-edits.ts';
import type { PodPlan } from './pod-plan.ts';
import { configMapOf, type PodRecord, type Records, recordKey } from './record.ts';
import { type Edit, type Spliced, splice } from './splice.ts';
import { styleOf } from './style.ts';
import { putObjects } from './whole-file.ts';

export interface ChangedFile extends Spliced {
  readonly file: string;
}

export interface PutInput {
  readonly files: readonly { readonly file: string; readonly text: string }[];
  /** The documents of each file. */
  readonly documents: readonly (readonly ManifestDocument[])[];
  readonly plans: readonly PodPlan[];
  /** The text of the config. */
  readonly config: string;
  /** The image that was asked for. */
  readonly image: string | undefined;
  /** What was remembered the last time. */
  readonly before: Records;
}

export type PutResult =
  | { readonly ok: true; readonly files: readonly ChangedFile[] }
  | { readonly ok: false; readonly problems: readonly ManifestFinding[] };

/** What goes into one document. */
interface Change {
  readonly document: ManifestDocument;
  readonly plans: readonly PodPlan[];
  readonly edits: readonly Edit[];
  readonly configMaps: readonly PlainMap[];
}

export function putIntoFiles(input: PutInput): PutResult {
  const { files, documents } = input;
  const changes = changesOf(input);
  const done = files.map(({ file, text }, index): ChangedFile | readonly ManifestFinding[] => {
    const own = (documents[index] ?? []).map((document) => changes.get(document) ?? { ...NO_CHANGE, document });
    const lengthened = own.flatMap((change) => (change.edits.some(({ at }) => at === text.length) ? [change] : []));
    const open = lengthened.flatMap(({ document, plans }) => {
      const place = openBlock(document);
      return place === undefined ? [] : plans.map((plan) => unended(plan, place));
    });
    if (open.length > 0) return open;
    const result = splice(
      text,
      own.flatMap(({ edits }) => edits),
    );
    return isAsPlanned(result.text, own, input) ? { file, ...result } : own.flatMap(({ plans }) => plans.map(shared));
  });
  const problems = done.flatMap((each) => ('text' in each ? [] : each));
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, files: done.flatMap((each) => ('text' in each ? [each] : [])) };
}

const NO_CHANGE = { plans: [], edits: [], configMaps: [] };

function changesOf({ documents, plans, config, image, before }: PutInput): ReadonlyMap<ManifestDocument, Change> {
  const pods = plans.map((plan) => {
    const edited = podEdits({ plan, before: before.get(recordKey(plan.workload)), image });
    return { plan, edits: edited?.edits ?? [], record: edited?.record ?? { sidecar: '', had: {} } };
  });
  // Workloads of one name share a ConfigMap, which stands before the first of them.
  const records = new Map<string, Map<string, PodRecord>>();
  const holders = new Map<string, PodPlan>();
  for (const { plan, record } of pods) {
    const key = JSON.stringify([plan.workload.namespace, plan.configMap]);
    if (!holders.has(key)) holders.set(key, plan);
    records.set(key, (records.get(key) ?? new Map()).set(recordKey(plan.workload), record));
  }
  const changed = documents
    .flat()
    .filter((document) => plans.some(({ workload }) => workload.object.source === document));
  return new Map(
    changed.map((document): [ManifestDocument, Change] => {
      const own = pods.filter(({ plan }) => plan.workload.object.source === document);
      const configMaps = [...holders].flatMap(([key, { workload, configMap }]) =>
        workload.object.source === document
          ? [configMapOf(configMap, workload.namespace, config, records.get(key) ?? new Map())]
          : [],
      );
      const site = { text: document.text, style: styleOf(document.text, undefined) };
      const edits = [...own.flatMap((each) => each.edits), ...putObjects(site, document, configMaps)];
      return [document, { document, plans: own.map(({ plan }) => plan), edits, configMaps }];
    }),
  );
}

/** Whether a text is what the plans make of the documents, and nothing else has changed. */
function isAsPlanned(text: string, changes: readonly Change[], { image }: PutInput): boolean {
  const read = readManifests(text, '');
  const expected = changes.flatMap(({ document, plans, configMaps }) => {
    const root = copyOf(document.value);
    for (const plan of plans) applyPlan(root, plan, image);
    return [...configMaps, root];
  });
  if (!read.ok) return false;
  const values = read.documents.map(({ value }) => copyOf(value));
  return isDeepStrictEqual(values, expected) || isDeepStrictEqual(values, inOneList(changes, expected));
}

/** JSON has one document: the objects are the items of a list, which may have been there. */
function inOneList(changes: readonly Change[], expected: readonly unknown[]): unknown {
  const isList = changes[0] !== undefined && rootOf(changes[0].document).at('kind').text === 'List';
  const root = expected.at(-1);
  const objects = expected.slice(0, -1);
  if (!isList || typeof root !== 'object' || root === null)
    return [{ apiVersion: 'v1', kind: 'List', items: expected }];
  const items: unknown = Reflect.get(root, 'items');
  return [{ ...root, items: [...objects, ...(Array.isArray(items) ? items : [])] }];
}

function unended({ workload: { kind, name } }: PodPlan, place: Place): ManifestFinding {
  return {
    code: 'inject',
    severity: 'error',
    place,
    message: `${kind} ${name}: the last line has no end, and a block of text that would get one ends there`,
    fix: 'end the last line, or write the block as |-',
  };
}

function shared({ workload: { kind, name, object } }: PodPlan): ManifestFinding {
  return {
    code: 'inject',
    severity: 'error',
    place: object.at('metadata', 'name').place(),
    message: `${kind} ${name}: its pod cannot be changed without changing something else: it shares parts by anchors (&), aliases (*) or merges (<<), or has keys behind a question mark`,
    fix: 'write shared parts out, and each key before its colon',
  };
}
