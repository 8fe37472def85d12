import { readFileSync, statSync } from 'node:fs';
import { styleText } from 'node:util';
import { type Config, HOOKS } from '../config/config.ts';
import { LIMITS } from '../config/defaults.ts';
import { formatDuration } from '../config/duration.ts';
import type { Environment } from '../config/grace.ts';
import { loadConfig } from '../config/load.ts';
import { formatPlace, formatSentence, type Problem } from '../config/problem.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { TaskTable } from '../config/task-table.ts';
import { configFinding } from '../manifests/finding.ts';
import type { Place } from '../manifests/part.ts';
import { findingsJson, unreadable } from './findings-json.ts';
import { planTable } from './plan-table.ts';
import { sourceExcerpt } from './source-excerpt.ts';

export interface CheckInput<A extends ActionFacts> {
  readonly file: string;
  readonly table: TaskTable<A>;
  readonly env: Environment;
  readonly write: (text: string) => void;
  /** Whether `write` goes to a terminal that shows colours. */
  readonly colour: boolean;
  /** How wide the output may be. Default 100. */
  readonly columns?: number;
  /** `json`: only the problems, in the form of the findings of manifests. Default: text. */
  readonly output?: 'text' | 'json';
}

type Style = Parameters<typeof styleText>[0];

/** `hookkeeper check`: prints what is wrong with a config, or its plans. Returns the exit code: 0, or 2 if it can't be used. */
export function check<A extends ActionFacts>(input: CheckInput<A>): 0 | 2 {
  const { file, table, env, write, colour, columns = 100 } = input;
  const paint = (style: Style, text: string) => (colour ? styleText(style, text, { validateStream: false }) : text);
  const print = (lines: readonly string[]) => write(lines.map((line) => `${line}\n`).join(''));

  const read = readText(file);
  if (input.output === 'json') return checkAsJson(read, input);
  if (!read.ok) {
    print([`${paint('bold', file)} ${paint('red', 'error')} the file cannot be read: ${read.reason}`]);
    return 2;
  }
  const loaded = loadConfig({ text: read.text, file, table, env });
  for (const problem of loaded.ok ? loaded.warnings : loaded.problems) {
    const severity = paint(problem.severity === 'error' ? 'red' : 'yellow', problem.severity);
    const excerpt = sourceExcerpt(problem, read.text, columns).map((line) => paint('dim', line));
    print([`${paint('bold', formatPlace(problem))} ${severity} ${formatSentence(problem)}`, ...excerpt, '']);
  }
  if (!loaded.ok) {
    print([`${file} cannot be used: ${count(loaded.problems)}`]);
    return 2;
  }
  print(planLines(loaded.config, columns, paint));
  print([`${file} is good${loaded.warnings.length === 0 ? '' : `, with ${count(loaded.warnings)}`}`]);
  return 0;
}

function checkAsJson<A extends ActionFacts>(read: ReadText, { file, table, env, write }: CheckInput<A>): 0 | 2 {
  const loaded = read.ok ? loadConfig({ text: read.text, file, table, env }) : undefined;
  const problems = loaded === undefined ? [] : loaded.ok ? loaded.warnings : loaded.problems;
  const unread = read.ok ? [] : [unreadable(file, read.reason)];
  write(findingsJson([...unread, ...problems.map((problem) => configFinding(problem, placeOf(problem)))]));
  return loaded?.ok === true ? 0 : 2;
}

function placeOf({ file, line = 1, column = 1 }: Problem): Place {
  return { file, line, column };
}

type ReadText = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

function readText(file: string): ReadText {
  try {
    const { size } = statSync(file);
    if (size > LIMITS.fileBytes)
      return { ok: false, reason: `it must be at most ${LIMITS.fileBytes} bytes: value is ${size}` };
    return { ok: true, text: readFileSync(file, 'utf8') };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

function planLines<A extends ActionFacts>(
  { grace, containers }: Config<A>,
  columns: number,
  paint: (style: Style, text: string) => string,
): string[] {
  const from = { environment: 'from the environment', config: 'from the file', default: 'the default' }[grace.source];
  const tables = [...containers.values()].flatMap((container) =>
    HOOKS.flatMap((hook) => {
      const config = container[hook];
      return config === undefined ? [] : [planTable(container.name, hook, config, grace, columns - 2)];
    }),
  );
  return [
    `grace period ${formatDuration(grace.periodMs)} (${from}), reserve ${formatDuration(grace.reserveMs)}`,
    '',
    ...tables.flatMap(({ title, lines: [head, ...rows], sum, fits }) => [
      paint('bold', title),
      ...(head === undefined ? [] : [`  ${paint('dim', head)}`]),
      ...rows.map((row) => `  ${row}`),
      `  ${paint(fits ? 'green' : 'yellow', sum)}`,
      '',
    ]),
  ];
}

/** `2 errors and 1 warning`. */
function count(problems: readonly Problem[]): string {
  const of = (severity: Problem['severity']) => {
    const number = problems.filter((problem) => problem.severity === severity).length;
    return number === 0 ? [] : [`${number} ${severity}${number === 1 ? '' : 's'}`];
  };
  return [...of('error'), ...of('warning')].join(' and ');
}
