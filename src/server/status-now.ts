import { type Config, tasksOf } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { Journal } from '../journal/entry.ts';
import { createRunViews, type ServiceView, type StatusView } from '../observe/status-view.ts';
import type { RunTraces } from '../observe/timeline/run-trace.ts';

/** The config that is in force. */
interface ConfigInForce {
  readonly file: string;
  config(): Config<ActionFacts>;
  loadedAtMs(): number;
  /** What is wrong with the file, a sentence each. */
  problems(): readonly string[];
}

/** Where the status is read from, whenever it is asked for. */
export interface StatusSource {
  readonly version: string;
  readonly state: () => string;
  readonly startedAtMs: number;
  readonly live: ConfigInForce;
  readonly journal: Pick<Journal, 'all' | 'durability'>;
  readonly traces: RunTraces;
  readonly epochMs: () => number;
}

/** What the status page shows, as it is whenever it is asked for. */
export function createStatusNow({
  version,
  state,
  startedAtMs,
  live,
  journal,
  traces,
  epochMs,
}: StatusSource): () => StatusView {
  const runViews = createRunViews(traces);
  return () => {
    const config = live.config();
    const { source, periodMs: graceMs, reserveMs } = config.grace;
    return {
      version,
      state: state(),
      startedAtMs,
      nowMs: epochMs(),
      config: { file: live.file, digest: config.digest, loadedAtMs: live.loadedAtMs(), problems: live.problems() },
      deadline: { source, graceMs, reserveMs },
      journal: journal.durability(),
      containers: containersOf(config),
      runs: runViews(journal.all()),
    };
  };
}

function containersOf({ containers }: Config<ActionFacts>): ServiceView['containers'] {
  return [...containers.values()].map(({ name, postStart, preStop }) => {
    const hooks = [
      ...(postStart === undefined ? [] : [{ hook: 'postStart' as const, tasks: tasksOf(postStart).length }]),
      ...(preStop === undefined ? [] : [{ hook: 'preStop' as const, tasks: tasksOf(preStop).length }]),
    ];
    return { name, hooks };
  });
}
