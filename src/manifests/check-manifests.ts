/** From the texts of manifests to all that is wrong with them. */
import { dirname } from 'node:path';
import type { ActionFacts } from '../config/task-kind.ts';
import type { TaskTable } from '../config/task-table.ts';
import { inOrder, type ManifestFinding } from './finding.ts';
import { type ConfigText, configFile, configMapText, type FoundConfig, readConfig } from './hook-config.ts';
import { type ManifestDocument, type Part, rootOf } from './part.ts';
import { callsToUs, viewOf } from './pod-view.ts';
import { readManifests } from './read-manifests.ts';
import { RULES } from './rules.ts';
import { objectsOf, WORKLOAD_KINDS, workloadOf } from './workload.ts';

/** A file and its text. */
export interface NamedText {
  readonly file: string;
  readonly text: string;
}

export interface ManifestCheck<A extends ActionFacts> {
  readonly manifests: readonly NamedText[];
  /** The config where it was named; undefined: it is looked for among the manifests. */
  readonly config: NamedText | undefined;
  readonly table: TaskTable<A>;
}

export interface ManifestReport {
  readonly findings: readonly ManifestFinding[];
  /** What was looked at, such as `Deployment web`. */
  readonly checked: readonly string[];
}

/** Checks every pod that has to do with Hookkeeper. Never throws. */
export function checkManifests<A extends ActionFacts>({ manifests, config, table }: ManifestCheck<A>): ManifestReport {
  const read = manifests.map(({ text, file }) => readManifests(text, file));
  const documents = read.flatMap((each) => (each.ok ? each.documents : []));
  const unusable = read.flatMap((each): ManifestFinding[] =>
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
  const objects = objectsOf(documents);
  const configMaps = objects.filter((object) => object.at('kind').text === 'ConfigMap');
  const configs = configsAmong(documents);
  const concerned = objects.flatMap((object) => {
    const workload = workloadOf(object);
    const view = workload && viewOf(workload);
    return view !== undefined && (view.sidecar !== undefined || callsToUs({ ...view, hooks: undefined }).length > 0)
      ? [view]
      : [];
  });
  const findings = concerned.flatMap((view) => {
    const found = configOf(view, { named: config, among: configs }, configMaps, table);
    const hooks = found.state === 'read' ? found.hooks : undefined;
    const { kind, name } = view.workload;
    const broken = RULES.flatMap((rule) =>
      rule.find({ ...view, hooks }).map(({ place, message, fix, severity = rule.severity }): ManifestFinding => {
        return { code: rule.code, severity, place, message: `${kind} ${name}: ${message}`, fix };
      }),
    );
    return [...configFindings(found, view), ...broken];
  });
  const nothing = concerned.length === 0 && unusable.length === 0 ? [nothingToCheck(manifests)] : [];
  return {
    findings: inOrder(
      [...unusable, ...nothing, ...findings],
      manifests.map(({ file }) => file),
    ),
    checked: concerned.map(({ workload }) => `${workload.kind} ${workload.name}`),
  };
}

type View = ReturnType<typeof viewOf>;

/**
 * The config that was named; else the one in the folder of the pod's manifest, of several the one with its containers; else the
 * pod's own ConfigMap; else the only one there is.
 */
function configOf<A extends ActionFacts>(
  { workload, sidecar, containers }: View,
  { named, among }: { readonly named: NamedText | undefined; readonly among: readonly AmongFiles[] },
  configMaps: readonly Part[],
  table: TaskTable<A>,
): FoundConfig<A> {
  const mounted = sidecar === undefined ? undefined : configMapText(workload, sidecar, configMaps);
  const folder = dirname(workload.object.source.file);
  const near = among.filter(({ file }) => dirname(file) === folder);
  const ofPod = near.filter((config) => containers.some(({ name }) => config.containers.includes(name)));
  const [beside] = named !== undefined ? [named] : near.length === 1 ? near : ofPod.length === 1 ? ofPod : [];
  // Of several that lie elsewhere, each may be that of another pod.
  const [only] = among.length === 1 ? among : [];
  const text = fileOf(beside) ?? (mounted !== undefined && 'text' in mounted ? mounted : undefined) ?? fileOf(only);
  if (text !== undefined) return readConfig(text, sidecar, table);
  return mounted !== undefined && 'state' in mounted ? mounted : { state: 'unknown' };
}

function fileOf(config: NamedText | undefined): ConfigText | undefined {
  return config && configFile(config.text, config.file);
}

interface AmongFiles extends NamedText {
  /** The containers that it has. */
  readonly containers: readonly string[];
}

/** Each hooks.yaml that lies among the manifests: it is known by its keys. */
function configsAmong(documents: readonly ManifestDocument[]): readonly AmongFiles[] {
  return documents
    .map(rootOf)
    .filter((root) => {
      return root.at('version').value === 1 && root.at('containers').exists && !root.at('apiVersion').exists;
    })
    .map(({ source: { file, text }, at }) => ({
      file,
      text,
      containers: at('containers')
        .entries()
        .map(([name]) => name),
    }));
}

function configFindings(found: FoundConfig<ActionFacts>, { sidecar, workload }: View): readonly ManifestFinding[] {
  const about = `${workload.kind} ${workload.name}`;
  switch (found.state) {
    case 'read':
      return found.warnings;
    case 'wrong':
      return found.findings;
    case 'noKey': {
      const name = found.configMap.at('metadata', 'name').text ?? '';
      const message = `${about}: ${sidecar?.name} reads ${sidecar?.configFile}, and ConfigMap ${name} has no key ${found.key}`;
      const fix = ['data:', `  ${found.key}: |`, '    version: 1'].join('\n');
      return [{ code: 'config-key', severity: 'error', place: found.configMap.at('data').keyPlace(), message, fix }];
    }
    case 'unknown':
      return [
        {
          code: 'config-unknown',
          severity: 'warning',
          place: (sidecar?.part ?? workload.object.at('metadata', 'name')).place(),
          message: `${about}: its config is not among the files, so nothing is said about its tasks`,
          fix: 'name the ConfigMap with another --manifest, or the file with --config hooks.yaml',
        },
      ];
  }
}

function nothingToCheck(manifests: readonly NamedText[]): ManifestFinding {
  return {
    code: 'unusable',
    severity: 'error',
    place: { file: manifests[0]?.file ?? '', line: 1, column: 1 },
    message: `no pod has Hookkeeper, or a hook that calls it; looked for in ${WORKLOAD_KINDS.join(', ')}`,
    fix: 'name the manifests of the workloads that Hookkeeper serves',
  };
}
