import { worstMs } from '../config/budget.ts';
import { type GraceConfig, HOOKS, type HookConfig, type HookName, tasksOf } from '../config/config.ts';
import { formatDuration } from '../config/duration.ts';
import { eachReason } from '../config/for-reason.ts';
import type { Environment } from '../config/grace.ts';
import { loadConfig } from '../config/load.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { TaskTable } from '../config/task-table.ts';
import { graceOf } from '../hooks/run-grace.ts';
import type { RunRecord } from '../journal/entry.ts';
import { type ForecastTask, forecast, longestMs, namesOf } from '../rehearse/forecast.ts';
import { readConfigText } from './config-text.ts';
import { type History, historyOf } from './likely-durations.ts';
import { planPicture } from './plan-picture.ts';
import { countOf, painter, problemHead, problemLines } from './problem-lines.ts';
import { sentenceLines } from './sentence-lines.ts';
import { textTable } from './text-table.ts';

export interface PlanInput<A extends ActionFacts> {
  readonly file: string;
  readonly table: TaskTable<A>;
  readonly env: Environment;
  /** The grace period to plan with instead of the configured one, in ms: what if it were shorter? Undefined: the configured one. */
  readonly graceMs: number | undefined;
  /** The runs of a journal, oldest first; undefined: there is none to learn from. */
  readonly runs: readonly RunRecord[] | undefined;
  readonly write: (text: string) => void;
  readonly colour: boolean;
  readonly columns: number;
  /** Whether sentences are broken between words, too; elsewhere a line is what can be searched for. */
  readonly terminal: boolean;
}

/** Besides the planned one: the default of Kubernetes, a short one, and what a forced deletion or a late one leaves, in ms. */
const SHORTER_MS = [30_000, 10_000, 2000];

/** `hookkeeper plan`: prints how long each hook takes, and what it loses when time is short. The exit code: 0, or 2 for a config that can't be used. */
export async function plan<A extends ActionFacts>(input: PlanInput<A>): Promise<0 | 2> {
  const { file, table, env, runs, write, colour, columns } = input;
  const paint = painter(colour);
  const print = (lines: readonly string[]) => write(lines.map((line) => `${line}\n`).join(''));
  const words = (line: string, indent = '  ') => sentenceLines(`${indent}${line}`, input, `${indent}  `);
  const read = readConfigText(file);
  if (!read.ok) {
    const sentence = `the file cannot be read: ${read.reason}, name another with --config`;
    print(problemHead(file, 'error', sentence, input, paint));
    return 2;
  }
  const loaded = loadConfig({ text: read.text, file, table, env, elsewhere: true });
  if (!loaded.ok) {
    print(problemLines(loaded.problems, read.text, input, paint));
    print(words(`${file} cannot be used: ${countOf(loaded.problems)}`, ''));
    return 2;
  }
  const { containers } = loaded.config;
  const grace = graceToPlan(loaded.config.grace, input.graceMs);
  print([...legend(grace, runs).flatMap((line) => words(line, '')), '']);
  for (const container of containers.values()) {
    for (const hook of HOOKS) {
      const config = container[hook];
      if (config === undefined) continue;
      const history = runs === undefined ? undefined : historyOf(runs, container.name, hook);
      const picture = planPicture(container.name, hook, config, grace, history, columns - 2);
      const [head, ...rows] = picture.lines;
      const [sum = '', ...notes] = picture.notes;
      const short =
        hook === 'preStop' && config.steps.length > 0 ? await shedLines(container.name, config, grace, history) : [];
      print([
        paint('bold', picture.title),
        ...(head === undefined ? [] : [`  ${paint('dim', head)}`]),
        ...rows.map((row) => `  ${row}`),
        ...words(sum).map((line) => paint(picture.fits ? 'green' : 'yellow', line)),
        ...[...notes, ...short].flatMap((line) => words(line)),
        '',
      ]);
    }
  }
  return 0;
}

/** What is left of the reserve in a shorter grace is what a run would leave of it. */
export function graceToPlan(grace: GraceConfig, periodMs: number | undefined): GraceConfig {
  if (periodMs === undefined) return grace;
  const { reserveMs } = graceOf('preStop', { timeoutMs: undefined }, grace, { apiMs: periodMs });
  return { ...grace, periodMs, reserveMs };
}

function legend(grace: GraceConfig, runs: readonly RunRecord[] | undefined): string[] {
  const count = runs?.length === 1 ? '1 run' : `${runs?.length ?? 0} runs`;
  return [
    `grace ${formatDuration(grace.periodMs)}, reserve ${formatDuration(grace.reserveMs)}`,
    runs === undefined
      ? 'likely durations are known of sleeps alone: --journal DIR names a journal to learn from'
      : `likely durations are the medians of a journal of ${count}`,
    '█ likely  ░ at worst  ╌ as long as there is time  ╎ the time is over',
  ];
}

/** What a preStop loses with less grace than planned, if Hookkeeper is told of it: when tasks take their longest, and as they likely do. */
async function shedLines<A extends ActionFacts>(
  container: string,
  config: HookConfig<A>,
  grace: GraceConfig,
  history: History | undefined,
): Promise<string[]> {
  const hook: HookName = 'preStop';
  const periods = [grace.periodMs, ...SHORTER_MS.filter((ms) => ms < grace.periodMs)];
  const play = async (apiMs: number, durationMs: Parameters<typeof forecast>[0]['durationMs']) => {
    const ofRun = { hook, container, grace: graceOf(hook, config, grace, { apiMs }), durationMs };
    return (await Promise.all(eachReason(config).map((each) => forecast({ ...ofRun, config: each })))).flat();
  };
  const rows: string[][] = [];
  // A task that nothing is known of takes its longest here, and less in truth.
  const known = tasksOf(config).every(({ name, action }) => (action.ownMs ?? history?.medianMs(name)) !== undefined);
  for (const ms of periods) {
    const worst = lossOf(await play(ms, (task) => longestMs(worstMs(task), task)));
    const likely = await play(ms, (task) => {
      // What ran out of its own timeout before is lost by that, and not by the grace.
      const longest = longestMs(worstMs(task), task);
      return task.action.ownMs ?? Math.min(history?.medianMs(task.name) ?? longest, longest);
    });
    const either = history === undefined ? worst : lossOf(likely);
    const given = `with a grace of ${formatDuration(ms)}`;
    if (either !== worst) rows.push([given, 'at worst', worst], ['', 'likely', either]);
    else rows.push([given, history !== undefined && known ? 'in any case' : 'at worst', worst]);
  }
  const [, ...lines] = textTable([{ head: '' }, { head: '' }, { head: '' }], rows, Infinity);
  return lines;
}

/** What does not end by itself, in a few words. */
function lossOf(tasks: readonly ForecastTask[]): string {
  const parts = [
    ['shed', namesOf(tasks, 'shed')],
    ['cut short', namesOf(tasks, 'cut')],
    ['left out', namesOf(tasks, 'leftOut')],
  ] as const;
  const told = parts.filter(([, names]) => names.length > 0).map(([how, names]) => `${how}: ${names.join(', ')}`);
  return told.length === 0 ? 'nothing is lost' : told.join('; ');
}
