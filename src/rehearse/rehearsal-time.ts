/** How long scenarios take, from what is known before: pure. */
import { hookBudget, limitMs } from '../config/budget.ts';
import { type Config, type HookName, tasksOf } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import { SCENARIO_TABLE, type ScenarioName } from './scenarios.ts';

export interface TimeNeeded {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** Processes and kubelets that start, are killed and come back, in ms: on a fast machine, and on a slow one. */
const AROUND_MS = { least: 600, most: 20_000 };
/** What a kubelet adds to a grace that is over before SIGKILL, in ms. */
const LAST_MS = 2000;

export interface Graces {
  readonly graceMs: number;
  readonly shortGraceMs: number;
}

/** From the shortest that the tasks can take to the whole grace, each time that a container is stopped. */
export function timeNeeded(
  name: ScenarioName,
  config: Config<ActionFacts>,
  { graceMs, shortGraceMs }: Graces,
): TimeNeeded {
  const { runs } = SCENARIO_TABLE[name];
  // The kubelet stops containers that it starts again one after the other, and those of a pod that ends together.
  const more = name === 'app-restart' ? config.containers.size - 1 : name === 'kubelet-restart' ? 1 : 0;
  const kills = runs.preStop + more;
  const shed = name === 'short-grace';
  const least = runs.postStart * leastMs(config, 'postStart') + runs.preStop * (shed ? 0 : leastMs(config, 'preStop'));
  const undos = runs.preStop > 1 ? undoMs(config) : 0;
  const most =
    undos + runs.postStart * mostMs(config, 'postStart') + kills * ((shed ? shortGraceMs : graceMs) + LAST_MS);
  return { leastMs: least + AROUND_MS.least, mostMs: most + AROUND_MS.most };
}

/** The containers' hooks run side by side: the longest counts. */
function leastMs({ containers }: Config<ActionFacts>, hook: HookName): number {
  const each = [...containers.values()].map((container) => {
    const steps = container[hook]?.steps ?? [];
    return steps.reduce((sum, step) => {
      const tasks = step.kind === 'task' ? [step.task] : step.tasks;
      // One that has a `when` may be left out.
      const sure = tasks.filter(({ when, whenReason }) => when === undefined && whenReason === undefined);
      return sum + Math.max(0, ...sure.map(({ action }) => action.ownMs ?? 0));
    }, 0);
  });
  return Math.max(0, ...each);
}

/** A stop that is not the last is taken back in front of the postStart's own tasks, and in its time. */
function undoMs({ containers, grace }: Config<ActionFacts>): number {
  return [...containers.values()].reduce((sum, { postStart, preStop }) => {
    if (postStart === undefined || preStop === undefined) return sum;
    const undos = tasksOf(preStop).reduce((all, { undo }) => all + (undo?.timeoutMs ?? 0), 0);
    return sum + Math.min(undos, limitMs('postStart', postStart, grace));
  }, 0);
}

function mostMs({ containers, grace }: Config<ActionFacts>, hook: HookName): number {
  const each = [...containers.values()].map((container) => {
    const config = container[hook];
    if (config === undefined || tasksOf(config).length === 0) return 0;
    const limit = limitMs(hook, config, grace);
    const { worstMs, bounded } = hookBudget(config, limit);
    return bounded ? Math.min(worstMs, limit) : limit;
  });
  // The kubelet starts one container after the other.
  return each.reduce((sum, ms) => sum + ms, 0);
}
