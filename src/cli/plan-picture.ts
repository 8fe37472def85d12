/** A hook's plan as a picture: when each task starts and ends at the latest, and what of it it is likely to take. */
import { type HookBudget, hookBudget, limitMs, worstMs } from '../config/budget.ts';
import { type GraceConfig, type HookConfig, type HookName, type TaskConfig, tasksOf } from '../config/config.ts';
import { formatDuration } from '../config/duration.ts';
import { eachReason } from '../config/for-reason.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { History } from './likely-durations.ts';
import { bracket, planTable } from './plan-table.ts';
import { type Column, textTable } from './text-table.ts';

type Task = TaskConfig<ActionFacts>;

const COLUMNS: readonly Column[] = [
  { head: ' #' },
  { head: 'task', least: 10 },
  { head: 'priority', spare: 1 },
  { head: 'worst' },
  { head: 'likely' },
];

/** The bars are as wide as the terminal lets them, within these. */
const [LEAST_BARS, MOST_BARS] = [12, 60];
/** What the table leaves them, where it can be cut for it. */
const GOOD_BARS = 20;

export interface PlanPicture {
  readonly title: string;
  /** The head and a row for each task; empty for a hook without tasks. */
  readonly lines: readonly string[];
  /** The sums, the critical path. */
  readonly notes: readonly string[];
  readonly fits: boolean;
}

/** Draws the plan, at most `columns` wide where that can be done. */
export function planPicture<A extends ActionFacts>(
  container: string,
  hook: HookName,
  config: HookConfig<A>,
  grace: GraceConfig,
  history: History | undefined,
  columns: number,
): PlanPicture {
  const { title, sum, fits } = planTable(container, hook, config, grace, columns);
  if (config.steps.length === 0) return { title, lines: [], notes: [sum], fits };
  const budget = hookBudget(config, limitMs(hook, config, grace));
  const likely = (task: Task) => task.action.ownMs ?? history?.medianMs(task.name);
  const cells = config.steps.flatMap((step, index) => {
    const tasks = step.kind === 'task' ? [step.task] : step.tasks;
    return tasks.map((task, place) => [
      `${place === 0 ? String(index + 1).padStart(2) : '  '}${step.kind === 'task' ? '' : bracket(place, tasks.length)}`,
      task.name,
      task.priority,
      shownMs(worstMs(task)),
      shownMs(likely(task)),
    ]);
  });
  const table = textTable(COLUMNS, cells, columns - GOOD_BARS - 3);
  const left = Math.max(...table.map((line) => line.length));
  const width = Math.min(MOST_BARS, Math.max(LEAST_BARS, columns - left - 3));
  const bars = barsOf(config, budget, likely, width);
  const lines = table.map((line, index) => `${line.padEnd(left)}  ${bars[index] ?? ''}`.trimEnd());
  return { title, lines, notes: [sum, pathText(config, likely)], fits };
}

function shownMs(ms: number | undefined): string {
  return ms === undefined ? '?' : formatDuration(ms < 10_000 ? ms : Math.round(ms / 100) * 100);
}

/** The scale, and a bar for each task: `█` is likely, `░` is possible; from `╎` on there is no time. */
function barsOf<A extends ActionFacts>(
  config: HookConfig<A>,
  budget: HookBudget,
  likely: (task: Task) => number | undefined,
  width: number,
): string[] {
  const wholeMs = Math.max(budget.limitMs, budget.worstMs);
  const at = (ms: number) => Math.round((ms / wholeMs) * width);
  const limit = at(budget.limitMs);
  const rows = config.steps.flatMap((step, index) => {
    const startMs = budget.steps[index]?.startMs;
    return (step.kind === 'task' ? [step.task] : step.tasks).map((task) => {
      if (startMs === undefined) return `${' '.repeat(limit)}╎`;
      const from = Math.min(at(startMs), width - 1);
      const to = Math.max(from + 1, worstMs(task) === undefined ? limit : at(startMs + (worstMs(task) ?? 0)));
      const likelyMs = likely(task) ?? 0;
      const done = likelyMs === 0 ? from : Math.min(to, Math.max(from + 1, at(startMs + likelyMs)));
      const bar = `${' '.repeat(from)}${'█'.repeat(Math.max(0, done - from))}`;
      const whole = bar.padEnd(to, worstMs(task) === undefined ? '╌' : '░');
      return to <= limit ? `${whole.padEnd(limit)}╎` : `${whole.slice(0, limit)}╎${whole.slice(limit + 1)}`;
    });
  });
  const end = formatDuration(budget.limitMs);
  return [`0s${end.padStart(Math.max(end.length + 1, limit - 1))}`, ...rows];
}

/** The tasks that decide how long the hook takes: of each group, the longest, and of the reasons of a stop the one that takes longer. */
function pathText<A extends ActionFacts>(config: HookConfig<A>, likely: (task: Task) => number | undefined): string {
  const longest = <T>(items: readonly T[], ms: (item: T) => number) =>
    items.reduce<T | undefined>((most, item) => (most === undefined || ms(item) > ms(most) ? item : most), undefined);
  const along = (ms: (task: Task) => number) => {
    const paths = eachReason(config).map(({ steps }) =>
      steps.flatMap((step) => longest(step.kind === 'task' ? [step.task] : step.tasks, ms) ?? []),
    );
    const sumOf = (path: readonly Task[]) => path.reduce((sum, task) => sum + ms(task), 0);
    const path = longest(paths, sumOf) ?? [];
    return { names: path.map(({ name }) => name).join(' → '), sumMs: sumOf(path) };
  };
  const worst = along((task) => worstMs(task) ?? Infinity);
  const path = `critical path: ${worst.names}`;
  const known = tasksOf(config).every((task) => likely(task) !== undefined);
  if (!known) return path;
  const usual = along((task) => likely(task) ?? 0);
  const other = usual.names === worst.names ? '' : `, by ${usual.names}`;
  return `${path}; likely ${shownMs(usual.sumMs)}${other}`;
}
