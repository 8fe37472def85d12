/** The config that goes into the ConfigMap. */
import { HOOKS, type HookName } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { TaskTable } from '../config/task-table.ts';
import { readYaml } from '../config/yaml-source.ts';
import type { NamedText } from '../manifests/check-manifests.ts';
import { configFinding, type ManifestFinding } from '../manifests/finding.ts';

export interface HooksConfig {
  readonly file: string;
  /** With `\n` at the end of each line, the last included. */
  readonly text: string;
  /** As plain data. */
  readonly data: unknown;
  readonly containers: readonly string[];
  readonly hooksOf: (container: string) => readonly HookName[];
}

/** How long a pod has, its manifest tells, and the check of it judges. */
const AMPLE_GRACE = { HOOKKEEPER_GRACE_PERIOD: '86400s' };

/** Reads a config for pods; on failure, all that is wrong with it. Warnings are left to the check of the pods. */
export function readHooksConfig<A extends ActionFacts>(
  { file, text: written }: NamedText,
  table: TaskTable<A>,
): HooksConfig | readonly ManifestFinding[] {
  const text = `${written
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .replace(/\n*$/, '')}\n`;
  const loaded = loadConfig({ text, file, table, env: AMPLE_GRACE, elsewhere: true });
  if (!loaded.ok)
    return loaded.problems.map((problem) => {
      return configFinding(problem, { file, line: problem.line ?? 1, column: problem.column ?? 1 });
    });
  const { containers } = loaded.config;
  const yaml = readYaml(text, file);
  return {
    file,
    text,
    data: yaml.ok ? yaml.source.value : undefined,
    containers: [...containers.keys()],
    hooksOf: (name) => HOOKS.filter((hook) => containers.get(name)?.[hook] !== undefined),
  };
}

/** The text with another name for one of its containers. */
export function renamedContainer({ file, text }: HooksConfig, from: string, to: string): NamedText {
  const yaml = readYaml(text, file);
  const { line = 1, column = 1 } = yaml.ok ? yaml.source.locate(['containers', from], 'key') : {};
  const lines = text.split('\n');
  const old = lines[line - 1] ?? '';
  const key = old.slice(column - 1).startsWith(from) ? from : JSON.stringify(from);
  lines[line - 1] = `${old.slice(0, column - 1)}${JSON.stringify(to)}${old.slice(column - 1 + key.length)}`;
  return { file, text: lines.join('\n') };
}
