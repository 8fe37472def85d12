/** From the text of a config file to a `Config`, or to all that is wrong with it at once. */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { checkAll } from './checks.ts';
import type { Config } from './config.ts';
import { LIMITS } from './defaults.ts';
import { type Finding, valueAt } from './finding.ts';
import { type Environment, resolveGrace } from './grace.ts';
import { knownHooks } from './known-hooks.ts';
import { formatPath, type Problem } from './problem.ts';
import { configSchema } from './schema.ts';
import { findingsOf, ruleOf } from './schema-findings.ts';
import type { ActionFacts } from './task-kind.ts';
import type { TaskTable } from './task-table.ts';
import { usedTable } from './used-table.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

export interface LoadInput<A extends ActionFacts> {
  readonly text: string;
  /** What the file is called in problems. */
  readonly file: string;
  /** What tasks can be made of. */
  readonly table: TaskTable<A>;
  /** Where HOOKKEEPER_GRACE_PERIOD and HOOKKEEPER_GRACE_RESERVE are looked up. */
  readonly env: Environment;
  /** True where the config is read for another machine: then no file, command or process is looked for. Default: false. */
  readonly elsewhere?: boolean;
}

export type Loaded<A extends ActionFacts> =
  | { readonly ok: true; readonly config: Config<A>; readonly warnings: readonly Problem[] }
  /** In the order of the file, warnings included; at least one is an error. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Loads a config. Never throws. Reports at most `LIMITS.problems` problems. */
export function loadConfig<A extends ActionFacts>({
  text,
  file,
  table,
  env,
  elsewhere = false,
}: LoadInput<A>): Loaded<A> {
  const yaml = readYaml(text, file);
  if (!yaml.ok) {
    return { ok: false, problems: [...resolveGrace(undefined, env).problems, ...yaml.problems] };
  }
  const { source } = yaml;
  const schema = configSchema(usedTable(table, source.value));
  const whole = z.safeParse(schema.whole, source.value, { error: ruleOf });
  const written = whole.data?.grace ?? z.safeParse(schema.grace, valueAt(source.value, ['grace']) ?? {}).data;
  const resolved = resolveGrace(written, env);
  const findings = [
    ...(whole.success ? [] : findingsOf(whole.error.issues, source.value, schema.whole)),
    ...resolved.findings,
    ...checkAll(source.value, knownHooks(source.value, schema, whole.data?.containers), resolved.grace, elsewhere),
  ];
  // By their IDs zod would hold these schemas for ever.
  z.globalRegistry._idmap.clear();
  const inFile = [...source.problems, ...mostImportant(findings).map((finding) => locate(finding, file, source))];
  const problems = [...resolved.problems, ...inFile.toSorted(byPlace)];
  if (whole.success && resolved.grace !== undefined && problems.every(({ severity }) => severity === 'warning')) {
    const { access, lifecycle, containers } = whole.data;
    const config = { grace: resolved.grace, access, lifecycle, containers };
    return { ok: true, config: withDigest(config, text), warnings: problems.slice(0, LIMITS.problems) };
  }
  return { ok: false, problems: bounded(problems, file) };
}

/** The digest is made when it is asked for: a start has no time for it. */
function withDigest<A extends ActionFacts>(config: Omit<Config<A>, 'digest'>, text: string): Config<A> {
  let digest: string | undefined;
  return {
    ...config,
    get digest() {
      digest ??= createHash('sha256').update(text).digest('hex').slice(0, 12);
      return digest;
    },
  };
}

function locate({ path, part, ...finding }: Finding, file: string, source: YamlSource): Problem {
  return { ...finding, file, path: formatPath(path), ...source.locate(path, part) };
}

function byPlace(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** Warnings are left out before errors. One more than is reported, so that it shows that there are more. */
function mostImportant(findings: readonly Finding[]): readonly Finding[] {
  const ofSeverity = (wanted: Finding['severity']) => findings.filter(({ severity }) => severity === wanted);
  return [...ofSeverity('error'), ...ofSeverity('warning')].slice(0, LIMITS.problems + 1);
}

function bounded(problems: readonly Problem[], file: string): readonly Problem[] {
  if (problems.length <= LIMITS.problems) return problems;
  const rule = `has more problems than the ${LIMITS.problems} that are reported at once`;
  const place = { file, line: undefined, column: undefined, path: '' };
  const more: Problem = { severity: 'error', ...place, rule, value: undefined, remedy: 'mend these first' };
  return [...problems.slice(0, LIMITS.problems), more];
}
