import { type Config, tasksOf } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { Clock } from '../hooks/clock.ts';
import type { ServiceLife } from '../hooks/service-life.ts';
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
  readonly life: () => ServiceLife;
  readonly startedAtMs: number;
  readonly live: ConfigInForce;
  readonly journal: Pick<Journal, 'all' | 'durability'>;
  readonly traces: RunTraces;
  readonly clock: Pick<Clock, 'epochMs' | 'monotonicMs'>;
}

/** What the status page shows, as it is whenever it is asked for. */
export function createStatusNow(source: StatusSource): () => StatusView {
  const { version, startedAtMs, life, live, journal, traces, clock } = source;
  let signalled: { readonly signal: string; readonly sinceMs: number; readonly atMs: number } | undefined;

  /** On the wall clock, and said once: two readings of two clocks differ by a little each time. The last view, which stays on a page, has it too. */
  const told = (now: ServiceLife): ServiceView['told'] => {
    if (now.state === 'serving') return null;
    if (now.state !== 'stopping' && signalled?.sinceMs !== now.sinceMs) {
      const { signal, sinceMs } = now;
      signalled = { signal, sinceMs, atMs: Math.round(clock.epochMs() - (clock.monotonicMs() - sinceMs)) };
    }
    if (signalled === undefined) return null;
    const { signal, atMs } = signalled;
    return { signal, atMs, awaits: now.state === 'awaiting' ? now.containers : [] };
  };

  const runViews = createRunViews(traces);
  return () => {
    const config = live.config();
    const { periodMs: graceMs, reserveMs } = config.grace;
    return {
      version,
      state: life().state,
      told: told(life()),
      startedAtMs,
      nowMs: clock.epochMs(),
      config: { file: live.file, digest: config.digest, loadedAtMs: live.loadedAtMs(), problems: live.problems() },
      deadline: { source: config.grace.source, graceMs, reserveMs },
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
