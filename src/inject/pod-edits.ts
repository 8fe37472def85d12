/** A plan for a pod as edits of its text, and as the data that they have to make: the one is judged by the other. */
import { isScalar } from 'yaml';
import { isMapping, valueAt } from '../config/finding.ts';
import type { Path } from '../config/problem.ts';
import { named, type Part } from '../manifests/part.ts';
import { mapOf, nodeOf, startOf } from './nodes.ts';
import type { PodPlan } from './pod-plan.ts';
import { putEntries, putItems } from './put-in.ts';
import { digestOf, type PodRecord } from './record.ts';
import { GRACE_VARIABLE, HOOKS_VOLUME, listOf } from './sidecar-container.ts';
import type { Edit } from './splice.ts';
import { flowText, type Style, styleOf } from './style.ts';

export interface PodEdits {
  readonly edits: readonly Edit[];
  /** What is to be remembered of the pod. */
  readonly record: PodRecord;
}

export interface PodEditsInput {
  readonly plan: PodPlan;
  /** What was remembered of it the last time. */
  readonly before: PodRecord | undefined;
  /** The image that was asked for; undefined: a sidecar that stays keeps its own. */
  readonly image: string | undefined;
}

/** Undefined where the pod stands behind an alias. */
export function podEdits({ plan, before, image }: PodEditsInput): PodEdits | undefined {
  const spec = plan.workload.pod.at('spec');
  const map = mapOf(spec);
  if (map === undefined) return undefined;
  const { text } = spec.source;
  const style = styleOf(text, mapOf(plan.workload.pod));
  const site = { text, style };
  const had: Record<string, string> = {};
  const edits: Edit[] = [];
  const remember = (what: string, put: ReturnType<typeof putItems>) => {
    edits.push(...put.edits);
    if (put.replaced !== undefined) had[what] = put.replaced;
  };
  for (const { container, handlers } of plan.hooks) {
    const own = mapOf(container.part);
    if (own === undefined) return undefined;
    const near = ['imagePullPolicy', 'image', 'name'].find((key) => own.has(key)) ?? 'name';
    const put = putEntries(site, own, 'lifecycle', handlers, near);
    remember(`lifecycle of ${container.name}`, put);
    for (const [hook, replaced] of Object.entries(put.filled)) had[`${hook} of ${container.name}`] = replaced;
  }
  // One that was put in and then changed by hand is not theirs.
  const isOwn = (hook: string) => before === undefined || before.had[`own ${hook}`] !== undefined;
  for (const own of plan.ownHooks.filter(isOwn)) had[`own ${own}`] = '';
  if (plan.kept !== undefined) {
    edits.push(...keptChanges(plan, image).flatMap(({ part, value }) => scalarEdit(part, value, style)));
    const podHad = Object.entries(before?.had ?? {}).filter(([what]) => !what.includes(' of '));
    return { edits, record: { sidecar: before?.sidecar ?? '', had: { ...had, ...Object.fromEntries(podHad) } } };
  }
  for (const own of plan.ownVolumes) had[`own volume ${own}`] = '';
  // What goes behind something comes before what goes in front of something: both may be at one place.
  if (plan.volumes.length > 0)
    remember(
      'volumes',
      putItems(site, map, 'volumes', plan.volumes, { at: 'last', near: 'containers', side: 'after' }),
    );
  const list = listOf(plan.role);
  remember(list, putItems(site, map, list, [plan.sidecar], { at: 'first', near: 'containers', side: 'before' }));
  return { edits, record: { sidecar: digestOf(plan.sidecar), had } };
}

/** What has to be right also in a sidecar that stays as it was changed by hand. */
function keptChanges({ kept, sidecar, workload, configMap }: PodPlan, image: string | undefined) {
  const spec = workload.pod.at('spec');
  const graceOf = (env: readonly Part[]) => env.find((item) => item.at('name').text === GRACE_VARIABLE)?.at('value');
  const env = Array.isArray(sidecar['env']) ? sidecar['env'] : [];
  const grace = env.find((item) => item.name === GRACE_VARIABLE)?.value;
  const changes = [
    { part: kept?.at('image'), value: image },
    { part: kept && graceOf(kept.at('env').items()), value: typeof grace === 'string' ? grace : undefined },
    { part: named(spec.at('volumes'), HOOKS_VOLUME)?.at('configMap', 'name'), value: configMap },
  ];
  return changes.flatMap(({ part, value }) =>
    part?.text === undefined || value === undefined || part.text === value ? [] : [{ part, value }],
  );
}

function scalarEdit(part: Part, value: string, style: Style): Edit[] {
  const node = nodeOf(part);
  if (!isScalar(node)) return [];
  return [{ at: startOf(node), end: node.range?.[1] ?? startOf(node), text: flowText(value, style, undefined) }];
}

/** Does to the plain data of a document what the edits do to its text. */
export function applyPlan(root: unknown, plan: PodPlan, image: string | undefined): void {
  for (const { container, handlers } of plan.hooks) {
    const at = [...container.part.path, 'lifecycle'];
    set(root, at, { ...mappingAt(root, at), ...handlers });
  }
  if (plan.kept !== undefined) {
    for (const { part, value } of keptChanges(plan, image)) set(root, part.path, value);
    return;
  }
  const spec = [...plan.workload.pod.path, 'spec'];
  const items = (key: string) => {
    const there = valueAt(root, [...spec, key]);
    return Array.isArray(there) ? there : [];
  };
  const list = listOf(plan.role);
  set(root, [...spec, list], [plan.sidecar, ...items(list)]);
  if (plan.volumes.length > 0) set(root, [...spec, 'volumes'], [...items('volumes'), ...plan.volumes]);
}

function mappingAt(root: unknown, path: Path): object {
  const value = valueAt(root, path);
  return isMapping(value) ? value : {};
}

function set(root: unknown, path: Path, value: unknown): void {
  const parent = valueAt(root, path.slice(0, -1));
  const key = path.at(-1);
  if (typeof parent === 'object' && parent !== null && key !== undefined) Reflect.set(parent, key, value);
}
