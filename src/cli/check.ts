import { type Config, HOOKS } from '../config/config.ts';
import { formatDuration } from '../config/duration.ts';
import type { Environment } from '../config/grace.ts';
import { loadConfig } from '../config/load.ts';
import type { Problem } from '../config/problem.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { TaskTable } from '../config/task-table.ts';
import { configFinding } from '../manifests/finding.ts';
import type { Place } from '../manifests/part.ts';
import { type ConfigText, readConfigText } from './config-text.ts';
import { findingsJson, unreadable } from './findings-json.ts';
import { planTable } from './plan-table.ts';
import { countOf, type Paint, painter, problemHead, problemLines } from './problem-lines.ts';
import { type SentenceStyle, sentenceLines } from './sentence-lines.ts';

export interface CheckInput<A extends ActionFacts> {
  readonly file: string;
  readonly table: TaskTable<A>;
  readonly env: Environment;
  readonly write: (text: string) => void;
  /** Whether `write` goes to a terminal that shows colours. */
  readonly colour: boolean;
  /** How wide the output may be. Default 100. */
  readonly columns?: number;
  /** Whether it goes to a terminal, where sentences are broken between words. Default: false. */
  readonly terminal?: boolean;
  /** Whether the config is for another machine: then no file, command or process is looked for. Default: false. */
  readonly elsewhere?: boolean;
  /** `json`: only the problems, in the form of the findings of manifests. Default: text. */
  readonly output?: 'text' | 'json';
}

/** For a config that is checked on a laptop or in a pipeline, where the files of the pod are not. */
const ONLY_HERE =
  'The errors are about what is on this machine: for a config of another one, such as a pod, add --elsewhere';

/** A manifest, which people give instead of the config that is in it. */
const MANIFEST = /^apiVersion:.*^kind:|^kind:.*^apiVersion:/ms;

/** A kind that says nothing of the pod which a config is checked against. */
const CONFIG_MAP = /^["']?ConfigMap\b/;

/** `hookkeeper check`: prints what is wrong with a config, or its plans. Returns the exit code: 0, or 2 if it can't be used. */
export function check<A extends ActionFacts>(input: CheckInput<A>): 0 | 2 {
  const { file, table, env, write, colour, columns = 100, terminal = false, elsewhere = false } = input;
  const style = { columns, terminal };
  const paint = painter(colour);
  const print = (lines: readonly string[]) => write(lines.map((line) => `${line}\n`).join(''));
  const say = (sentence: string) => print(sentenceLines(sentence, style, '  '));

  const read = readConfigText(file);
  if (input.output === 'json') return checkAsJson(read, input);
  if (!read.ok) {
    const sentence = `the file cannot be read: ${read.reason}, name another with --config`;
    print(problemHead(file, 'error', sentence, style, paint));
    return 2;
  }
  const source = { text: read.text, file, table, env };
  const loaded = loadConfig({ ...source, elsewhere });
  // What is wrong with it as a config is beside the point.
  if (!loaded.ok && MANIFEST.test(read.text)) {
    print(problemHead(file, 'error', manifestSentence(file, read.text), style, paint));
    return 2;
  }
  print(problemLines(loaded.ok ? loaded.warnings : loaded.problems, read.text, style, paint));
  if (!loaded.ok) {
    say(`${file} cannot be used: ${countOf(loaded.problems)}`);
    if (!elsewhere && loadConfig({ ...source, elsewhere: true }).ok) say(ONLY_HERE);
    return 2;
  }
  print(planLines(loaded.config, style, paint));
  say(`${file} is good${loaded.warnings.length === 0 ? '' : `, with ${countOf(loaded.warnings)}`}`);
  return 0;
}

function manifestSentence(file: string, text: string): string {
  const kinds = [...text.matchAll(/^kind:[ \t]*(.*)$/gm)].map(([, kind = '']) => kind);
  return kinds.every((kind) => CONFIG_MAP.test(kind))
    ? `the file is a Kubernetes ConfigMap and no config: check it with the manifest of its workload, --manifest ${file} WORKLOAD.yaml`
    : `the file is a Kubernetes manifest and no config: check it with --manifest ${file}`;
}

function checkAsJson<A extends ActionFacts>(read: ConfigText, input: CheckInput<A>): 0 | 2 {
  const { file, table, env, write, elsewhere = false } = input;
  const loaded = read.ok ? loadConfig({ text: read.text, file, table, env, elsewhere }) : undefined;
  const problems = loaded === undefined ? [] : loaded.ok ? loaded.warnings : loaded.problems;
  const unread = read.ok ? [] : [unreadable({ file, reason: read.reason })];
  write(findingsJson([...unread, ...problems.map((problem) => configFinding(problem, placeOf(problem)))]));
  return loaded?.ok === true ? 0 : 2;
}

function placeOf({ file, line = 1, column = 1 }: Problem): Place {
  return { file, line, column };
}

function planLines<A extends ActionFacts>(
  { grace, containers }: Config<A>,
  style: SentenceStyle,
  paint: Paint,
): string[] {
  const from = { environment: 'from the environment', config: 'from the file', default: 'the default' }[grace.source];
  const tables = [...containers.values()].flatMap((container) =>
    HOOKS.flatMap((hook) => {
      const config = container[hook];
      return config === undefined ? [] : [planTable(container.name, hook, config, grace, style.columns - 2)];
    }),
  );
  return [
    ...sentenceLines(
      `grace period ${formatDuration(grace.periodMs)} (${from}), reserve ${formatDuration(grace.reserveMs)}`,
      style,
      '  ',
    ),
    '',
    ...tables.flatMap(({ title, lines: [head, ...rows], sum, fits }) => [
      paint('bold', title),
      ...(head === undefined ? [] : [`  ${paint('dim', head)}`]),
      ...rows.map((row) => `  ${row}`),
      ...sentenceLines(`  ${sum}`, style, '    ').map((line) => paint(fits ? 'green' : 'yellow', line)),
      '',
    ]),
  ];
}
