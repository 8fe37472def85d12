/**
 * What a run would come to, without running a task: the real run, on a virtual clock, with tasks that only take time. So
 * budgets, shedding and what a failure means are those of the program, and no second account of them.
 */
import { worstMs } from '../config/budget.ts';
import type { HookConfig, HookName, TaskConfig } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import { type Clock, wait } from '../hooks/clock.ts';
import { createDeadline } from '../hooks/deadline.ts';
import { executeRun, type RunningRun, tasksFor } from '../hooks/run.ts';
import type { TaskAction } from '../hooks/task.ts';
import type { Journal, RunGrace, RunRecord } from '../journal/entry.ts';
import { createVirtualClock } from './virtual-clock.ts';

/** How a task would end: by itself, cut at its limit, not for want of time, or not because of another task's end. */
export type ForecastEnd = 'ended' | 'cut' | 'shed' | 'leftOut';

export interface ForecastTask {
  readonly name: string;
  readonly end: ForecastEnd;
  /** From the start of the run, in ms. */
  readonly startMs: number;
  readonly durationMs: number;
  /** Why it did not end by itself, in a sentence; null where it did. */
  readonly reason: string | null;
}

export interface ForecastInput {
  readonly hook: HookName;
  readonly container: string;
  readonly config: HookConfig<ActionFacts>;
  readonly grace: RunGrace;
  /** How long a task would take, in ms; Infinity: it does not end by itself. */
  readonly durationMs: (task: TaskConfig<ActionFacts>) => number;
}

/** Plays the run, of a stop for whose reason the hook takes an unknown one; its tasks in the order they are written. */
export async function forecast(input: ForecastInput): Promise<ForecastTask[]> {
  const { record, shed } = await forecastRun(input);
  return record.tasks.flatMap((task): ForecastTask[] => {
    if (task.state !== 'ended') return [];
    const { name, startedAtMs, durationMs: lasted, outcome, reason } = task;
    const ran = outcome === 'succeeded' ? 'ended' : outcome === 'skipped' ? 'leftOut' : 'cut';
    const end = shed.has(name) ? 'shed' : ran;
    return [{ name, end, startMs: startedAtMs, durationMs: lasted, reason: end === 'ended' ? null : reason }];
  });
}

/** Plays the run; what the journal would have of it, begun at 0, and the names of the tasks that were not started for want of time. */
export async function forecastRun({ hook, container, config, grace, durationMs }: ForecastInput) {
  const clock = createVirtualClock();
  const scripted = scriptedHook(config, clock, durationMs);
  let record: RunRecord = firstRecord(hook, container, scripted, grace);
  const shed = new Set<string>();
  const running = (): RunningRun => {
    if (record.state !== 'running') throw new Error('the run has ended');
    return record;
  };
  const work = executeRun({
    config: scripted,
    current: running,
    journal: memory((run) => {
      record = run;
    }),
    clock,
    deadline: createDeadline(clock, grace.graceMs - grace.reserveMs),
    emit(event) {
      if (event.type === 'taskEnded' && event.shed) shed.add(event.task.name);
    },
    random: () => 0,
    signal: new AbortController().signal,
    ready: () => Promise.resolve(),
    ending: async () => {},
    reasonSettled: () => Promise.resolve(),
  });
  await clock.play(work);
  return { record, shed };
}

/** The hook with tasks that only wait, once: what its retries and conditions would take is in the durations. */
function scriptedHook(
  config: HookConfig<ActionFacts>,
  clock: Clock,
  durationMs: ForecastInput['durationMs'],
): HookConfig<TaskAction> {
  const scripted = (task: TaskConfig<ActionFacts>): TaskConfig<TaskAction> => ({
    ...task,
    when: undefined,
    undo: undefined,
    attemptTimeoutMs: undefined,
    retry: { ...task.retry, attempts: 1 },
    action: {
      ...task.action,
      // What its attempts take together is what later tasks keep for it.
      ownMs: worstMs(task),
      async run({ signal }) {
        const whole = await wait(clock, durationMs(task), signal);
        return whole ? { outcome: 'succeeded' } : { outcome: 'failed', reason: 'was stopped', retryable: false };
      },
    },
  });
  const steps = config.steps.map((step) =>
    step.kind === 'task'
      ? { kind: step.kind, task: scripted(step.task) }
      : { kind: step.kind, tasks: step.tasks.map(scripted) },
  );
  return { ...config, steps };
}

function firstRecord(
  hook: HookName,
  container: string,
  config: HookConfig<TaskAction>,
  deadline: RunGrace,
): RunningRun {
  return {
    state: 'running',
    instance: 'forecast',
    id: 'forecast-1',
    sequence: 1,
    hook,
    container,
    incarnation: { id: 'life-1', evidence: 'sequence', why: 'it is a forecast' },
    configDigest: '',
    traceparent: '00-00000000000000000000000000000001-0000000000000001-00',
    firstDeliveryAtMs: 0,
    lastDeliveryAtMs: 0,
    deliveries: 1,
    deadline,
    tasks: tasksFor(config, []),
  };
}

/** A journal of one run that is durable at once. */
function memory(keep: (run: RunRecord) => void): Journal {
  return {
    runsOf: () => [],
    all: () => [],
    nextSequence: () => 1,
    put: keep,
    commit: () => Promise.resolve({ state: 'durable' }),
    durability: () => ({ state: 'durable' }),
  };
}

/** The longest that a task can take and still end well, in ms; Infinity where nothing bounds it. */
export function longestMs(worst: number | undefined, task: TaskConfig<ActionFacts>): number {
  const { timeoutMs = Infinity, attemptTimeoutMs, action } = task;
  // Its last attempt ends before it has to be stopped.
  const inTimeMs = attemptTimeoutMs === undefined ? 0 : action.stopMs + 1;
  return Math.min((worst ?? Infinity) - inTimeMs, timeoutMs - 1);
}

/** The names of a hook's tasks that ended so, in whatever of its runs. */
export function namesOf(tasks: readonly ForecastTask[], end: ForecastEnd): string[] {
  return [...new Set(tasks.filter((task) => task.end === end).map(({ name }) => name))];
}
