/** A hook's plan, as `check` shows it: its tasks with their budgets, and the sum. */
import { answerTimeMs } from '../config/answer-time.ts';
import { type HookBudget, hookBudget, limitMs, type StepBudget, workMs, worstMs } from '../config/budget.ts';
import type { GraceConfig, HookConfig, HookName, TaskConfig } from '../config/config.ts';
import { formatDuration } from '../config/duration.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import { type Column, textTable } from './text-table.ts';

export interface PlanTable {
  readonly title: string;
  /** The head of the table and its rows; empty for a hook without tasks. */
  readonly lines: readonly string[];
  readonly sum: string;
  readonly fits: boolean;
}

const COLUMNS: readonly Column[] = [
  { head: ' #' },
  { head: 'task', least: 10 },
  { head: 'does', least: 12 },
  { head: 'timeout' },
  { head: 'attempts', spare: 1 },
  { head: 'priority', spare: 3 },
  { head: 'failure/timeout', spare: 2 },
  { head: 'at latest' },
];

/** Lays the plan out, at most `columns` wide where that can be done. */
export function planTable<A extends ActionFacts>(
  container: string,
  hook: HookName,
  config: HookConfig<A>,
  grace: GraceConfig,
  columns: number,
): PlanTable {
  const budget = hookBudget(config, limitMs(hook, config, grace));
  const title = `${container} ${hook}`;
  if (config.steps.length === 0) {
    return { title, lines: [], sum: 'no tasks: it is answered at once', fits: true };
  }
  const rows = config.steps.flatMap((step, index) => {
    const tasks = step.kind === 'task' ? [step.task] : step.tasks;
    const stepBudget = budget.steps[index];
    return tasks.map((task, place) => [
      `${place === 0 ? String(index + 1).padStart(2) : '  '}${step.kind === 'task' ? '' : bracket(place, tasks.length)}`,
      task.name,
      task.action.summary,
      task.timeoutMs === undefined ? '-' : formatDuration(task.timeoutMs),
      String(task.retry.attempts),
      task.priority,
      task.onFailure === task.onTimeout ? task.onFailure : `${task.onFailure}/${task.onTimeout}`,
      stepBudget === undefined ? '' : latest(task, stepBudget),
    ]);
  });
  const fits = budget.worstMs <= budget.limitMs;
  return { title, lines: textTable(COLUMNS, rows, columns), sum: sum(hook, config, grace, budget), fits };
}

/** What joins the tasks of a group at the left: `┌`, `│`, `└`. */
export function bracket(place: number, count: number): string {
  if (count === 1) return ' [';
  if (place === 0) return ' ┌';
  return place === count - 1 ? ' └' : ' │';
}

/** When the task starts and ends at the latest, from the start of the run; `?` where a task without a timeout decides it. */
function latest(task: TaskConfig<ActionFacts>, { startMs }: StepBudget): string {
  const lastsMs = worstMs(task);
  const start = startMs === undefined ? '?' : formatDuration(startMs);
  return `${start} - ${startMs === undefined || lastsMs === undefined ? '?' : formatDuration(startMs + lastsMs)}`;
}

function sum(hook: HookName, config: HookConfig<ActionFacts>, grace: GraceConfig, budget: HookBudget): string {
  const { limitMs: limit, worstMs: worst, criticalMs, bounded } = budget;
  const slackMs = limit - worst;
  const rest = slackMs < 0 ? `${formatDuration(-slackMs)} too long` : `${formatDuration(slackMs)} to spare`;
  const parts = [
    `worst case ${formatDuration(worst)}${bounded ? '' : ' plus tasks without a timeout'}`,
    bounded || slackMs < 0 ? rest : `${formatDuration(slackMs)} left for those`,
    criticalMs > 0 && slackMs < 0 ? `critical alone ${formatDuration(criticalMs)}` : undefined,
  ];
  return `${limitText(hook, config, grace)} = ${formatDuration(limit)}: ${parts.filter((part) => part !== undefined).join(', ')}`;
}

/** What the time of the tasks is made of. */
function limitText(hook: HookName, config: HookConfig<ActionFacts>, grace: GraceConfig): string {
  const work = workMs(hook, config, grace);
  const [period, reserve, own, answer] = [grace.periodMs, grace.reserveMs, work, answerTimeMs(work)].map(
    formatDuration,
  );
  return `${config.timeoutMs === work ? `timeout ${own}` : `grace ${period} - reserve ${reserve}`} - answer ${answer}`;
}
