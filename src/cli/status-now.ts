import { type Config, tasksOf } from '../config/config.ts';
import type { TaskAction } from '../hooks/task.ts';
import type { Journal } from '../journal/entry.ts';
import { createRunViews, type ServiceView, type StatusView } from '../observe/status-view.ts';
import type { RunTraces } from '../observe/timeline/run-trace.ts';
import type { LiveConfig } from './live-config.ts';

export interface StatusNowInput {
  readonly version: string;
  readonly state: () => string;
  readonly live: LiveConfig;
  readonly journal: Pick<Journal, 'all' | 'durability'>;
  readonly traces: RunTraces;
  readonly epochMs: () => number;
}

/** What the status page shows, as it is whenever it is asked for. */
export function createStatusNow({ version, state, live, journal, traces, epochMs }: StatusNowInput): () => StatusView {
  const runViews = createRunViews(traces);
  const startedAtMs = epochMs();
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

function containersOf({ containers }: Config<TaskAction>): ServiceView['containers'] {
  return [...containers.values()].map(({ name, postStart, preStop }) => {
    const hooks = [
      ...(postStart === undefined ? [] : [{ hook: 'postStart' as const, tasks: tasksOf(postStart).length }]),
      ...(preStop === undefined ? [] : [{ hook: 'preStop' as const, tasks: tasksOf(preStop).length }]),
    ];
    return { name, hooks };
  });
}
