/** A rehearsal that runs no task: what the real run would do with tasks that only take time. */
import { worstMs } from '../config/budget.ts';
import {
  type Config,
  type ContainerConfig,
  HOOKS,
  type HookConfig,
  type HookName,
  type TaskConfig,
  tasksOf,
} from '../config/config.ts';
import { isForReason } from '../config/for-reason.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import { graceOf } from '../hooks/run-grace.ts';
import { seconds } from '../hooks/sentence.ts';
import type { RunRecord } from '../journal/entry.ts';
import { type RunView, runView } from '../observe/timeline/run-view.ts';
import { forecastRun, longestMs } from './forecast.ts';
import type { RehearsedScenario } from './rehearsal.ts';
import { SCENARIO_TABLE, type ScenarioName } from './scenarios.ts';
import { type Verdict, verdict } from './verdict.ts';

export interface DryRunInput {
  readonly config: Config<ActionFacts>;
  readonly graceMs: number;
  readonly shortGraceMs: number;
  /** How long a task likely takes, in ms; undefined where nothing tells it: then it takes its longest. */
  readonly likelyMs: (container: string, hook: HookName, task: TaskConfig<ActionFacts>) => number | undefined;
}

type Task = TaskConfig<ActionFacts>;
type Forecast = {
  readonly hook: HookConfig<ActionFacts>;
  readonly record: RunRecord;
  readonly shed: ReadonlySet<string>;
};

/** What can be told without a kubelet: how the hooks get on with the time that they have. */
const FORESEEN: readonly ScenarioName[] = ['stop', 'short-grace', 'never-drains'];

export async function forecastScenario(name: ScenarioName, input: DryRunInput): Promise<RehearsedScenario> {
  const { about } = SCENARIO_TABLE[name];
  const nothing = { name, about, startedAtMs: 0, durationMs: 0, verdicts: [], runs: [], marks: [] };
  if (!FORESEEN.includes(name)) {
    return { ...nothing, notPlayed: 'it is about processes that are killed or come back: play it without --dry-run' };
  }
  const runs: RunView[] = [];
  const forecasts: Forecast[] = [];
  let endMs = 0;
  for (const hook of HOOKS) {
    const startMs = endMs;
    for (const container of input.config.containers.values()) {
      const made = await forecastHook(name, container, hook, startMs, runs.length + 1, input);
      if (made === undefined) continue;
      forecasts.push(made);
      runs.push(runView(made.record, undefined));
      endMs = Math.max(endMs, made.record.state === 'ended' ? made.record.endedAtMs : startMs);
    }
  }
  return { ...nothing, notPlayed: null, durationMs: endMs, runs, verdicts: verdictsOf(name, forecasts) };
}

async function forecastHook(
  name: ScenarioName,
  { name: container, ...hooks }: ContainerConfig<ActionFacts>,
  hook: HookName,
  startMs: number,
  sequence: number,
  { config, likelyMs, ...input }: DryRunInput,
): Promise<Forecast | undefined> {
  const written = hooks[hook];
  if (written === undefined) return undefined;
  const apiMs = name === 'short-grace' ? input.shortGraceMs : input.graceMs;
  const durationMs = (task: Task) => {
    if (name === 'never-drains' && hook === 'preStop' && task.kind === 'drain') return Infinity;
    return task.action.ownMs ?? likelyMs(container, hook, task) ?? longestMs(worstMs(task), task);
  };
  const grace = graceOf(hook, written, config.grace, { apiMs });
  const { record, shed } = await forecastRun({
    hook,
    container,
    config: written,
    grace,
    durationMs,
  });
  return { hook: written, record: shifted({ ...record, id: `forecast-${sequence}`, sequence }, startMs), shed };
}

/** A forecast begins at 0; the hooks of a pod come one after the other. */
function shifted(run: RunRecord, byMs: number): RunRecord {
  const tasks = run.tasks.map((task) =>
    task.state === 'pending' ? task : { ...task, startedAtMs: task.startedAtMs + byMs },
  );
  const deliveries = { firstDeliveryAtMs: byMs, lastDeliveryAtMs: byMs };
  if (run.state !== 'ended') return { ...run, ...deliveries, tasks };
  return { ...run, ...deliveries, tasks, endedAtMs: run.endedAtMs + byMs };
}

function verdictsOf(name: ScenarioName, forecasts: readonly Forecast[]): Verdict[] {
  const late = forecasts.flatMap(({ record }) =>
    record.state === 'ended' && record.remainingMs > 0 ? [] : [`${record.hook} of ${record.container} ends too late`],
  );
  const left = forecasts.flatMap(({ record }) => (record.state === 'ended' ? [record.remainingMs] : []));
  const critical = forecasts.flatMap(({ hook, record }) =>
    tasksOf(hook).flatMap((task) =>
      task.priority === 'critical' && isForReason(task, hook.unknownReason)
        ? [{ task, record: record.tasks.find((each) => each.name === task.name) }]
        : [],
    ),
  );
  const undone = critical.flatMap(({ task, record }) =>
    record?.state === 'ended' && record.outcome === 'succeeded'
      ? []
      : [`${task.name} would not end: ${record?.state === 'ended' ? record.reason : 'it is never started'}`],
  );
  const lost = forecasts.flatMap(({ hook, record, shed }) => {
    const wanted = new Set(tasksOf(hook).flatMap((task) => (isForReason(task, hook.unknownReason) ? [task.name] : [])));
    return record.tasks.flatMap((task) =>
      task.state === 'ended' && task.outcome !== 'succeeded' && wanted.has(task.name) && !shed.has(task.name)
        ? [task.name]
        : [],
    );
  });
  const spare = left.length === 0 ? 'there is no hook' : `${seconds(Math.min(...left))} left at the tightest`;
  return [
    verdict('P5', 'in time', late, spare),
    ...(critical.length === 0
      ? []
      : [verdict(null, 'critical tasks at worst', undone, `${critical.length} of ${critical.length} done`)]),
    ...(name === 'stop'
      ? [
          verdict(
            null,
            'all tasks',
            lost.map((task) => `${task} would be cut short`),
            'none is cut short',
          ),
        ]
      : []),
  ];
}
