/** The hooks.yaml that goes with a pod: the one that was named, or the ConfigMap that its sidecar mounts. */
import { join, relative } from 'node:path';
import { isScalar } from 'yaml';
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/grace.ts';
import { loadConfig } from '../config/load.ts';
import type { Path } from '../config/problem.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { TaskTable } from '../config/task-table.ts';
import { readYaml } from '../config/yaml-source.ts';
import { variableOf } from './container.ts';
import { configFinding, type ManifestFinding } from './finding.ts';
import { type Mount, mountOf } from './mounts.ts';
import type { Part, Place } from './part.ts';
import type { Sidecar } from './sidecar.ts';
import type { Workload } from './workload.ts';

/** The text of a config, and how its lines are found in the file that holds it. */
export interface ConfigText {
  readonly text: string;
  readonly place: (line: number, column: number) => Place;
}

/** A config that could be read. */
export interface HookConfig<A extends ActionFacts> {
  readonly config: Config<A>;
  /** The file's plain data. */
  readonly data: unknown;
  /** Where the key at a path of the config stands. */
  locate(path: Path): Place;
}

/** What is known of the config of a pod. */
export type FoundConfig<A extends ActionFacts> =
  | { readonly state: 'read'; readonly hooks: HookConfig<A>; readonly warnings: readonly ManifestFinding[] }
  | { readonly state: 'wrong'; readonly findings: readonly ManifestFinding[] }
  /** The ConfigMap is among the files, and has no such key. */
  | { readonly state: 'noKey'; readonly configMap: Part; readonly key: string; readonly mount: Mount }
  /** It is not among the files. */
  | { readonly state: 'unknown' };

/** A config that stands in a file of its own. */
export function configFile(text: string, file: string): ConfigText {
  return { text, place: (line, column) => ({ file, line, column }) };
}

/** Finds the text of the config that the sidecar reads, among the ConfigMaps of the manifests. */
export function configMapText(
  { namespace, pod }: Workload,
  sidecar: Sidecar,
  configMaps: readonly Part[],
): ConfigText | Extract<FoundConfig<ActionFacts>, { state: 'noKey' | 'unknown' }> {
  const spec = pod.at('spec');
  const path = sidecar.configFile;
  const mount = path === undefined ? undefined : mountOf(spec, sidecar.part, path);
  if (path === undefined || mount?.volume === undefined) return { state: 'unknown' };
  for (const source of sourcesOf(mount.volume)) {
    const name = source.at('name').text;
    const configMap = configMaps.find((object) => {
      const other = object.at('metadata', 'namespace').text;
      return (
        object.at('metadata', 'name').text === name &&
        (other === undefined || namespace === undefined || other === namespace)
      );
    });
    if (configMap === undefined) continue;
    const key = keyOf(source, join(mount.mount.at('subPath').text ?? '', relative(mount.mountPath, path)));
    const data = configMap.at('data', key);
    if (data.text === undefined) return { state: 'noKey', configMap, key, mount };
    return { text: data.text, place: placeInside(data) };
  }
  return { state: 'unknown' };
}

/** The ConfigMaps of a volume. */
function sourcesOf(volume: Part): Part[] {
  const projected = volume
    .at('projected', 'sources')
    .items()
    .map((source) => source.at('configMap'));
  return [volume.at('configMap'), ...projected].filter((source) => source.exists);
}

/** The key that becomes the file at `path`, below the volume. */
function keyOf(source: Part, path: string): string {
  const item = source
    .at('items')
    .items()
    .find((each) => each.at('path').text === path);
  return item?.at('key').text ?? path;
}

/** Lines of a block (`|`) are lines of the file that holds it; text written otherwise is found where it begins. */
function placeInside(data: Part): ConfigText['place'] {
  const { document, lines, file, text } = data.source;
  const node: unknown = document.getIn([...data.path], true);
  const start = data.place();
  if (!isScalar(node) || node.type !== 'BLOCK_LITERAL') return () => start;
  const header = lines.linePos(node.range?.[0] ?? 0).line;
  const [, indent = ''] = /\n( *)\S/.exec(text.slice(node.range?.[0] ?? 0)) ?? [];
  return (line, column) => ({ file, line: header + line, column: column + indent.length });
}

/** Reads a config for the pod of a sidecar: the environment that it has there has its say on the grace. */
export function readConfig<A extends ActionFacts>(
  { text, place }: ConfigText,
  sidecar: Sidecar | undefined,
  table: TaskTable<A>,
): FoundConfig<A> {
  const env: Environment = Object.fromEntries(
    ['HOOKKEEPER_GRACE_PERIOD', 'HOOKKEEPER_GRACE_RESERVE'].map((name) => {
      const variable = sidecar === undefined ? undefined : variableOf(sidecar.part, name);
      return [name, variable?.state === 'literal' ? variable.text : undefined];
    }),
  );
  const loaded = loadConfig({ text, file: place(1, 1).file, table, env, elsewhere: true });
  const findings = (loaded.ok ? loaded.warnings : loaded.problems).map((problem) => {
    const variable = sidecar === undefined ? undefined : variableOf(sidecar.part, problem.path);
    const inPod = problem.file === 'environment' && variable !== undefined && variable.state !== 'absent';
    return configFinding(problem, inPod ? variable.part.place() : place(problem.line ?? 1, problem.column ?? 1));
  });
  if (!loaded.ok) return { state: 'wrong', findings };
  const yaml = readYaml(text, '');
  const locate = (path: Path) => {
    const { line, column } = yaml.ok ? yaml.source.locate(path, 'key') : { line: 1, column: 1 };
    return place(line, column);
  };
  const data = yaml.ok ? yaml.source.value : undefined;
  return { state: 'read', hooks: { config: loaded.config, data, locate }, warnings: findings };
}
