/** What the status page and `hookkeeper status` show: the service as it is now, and its runs. */
import type { HookName } from '../config/config.ts';
import type { Durability, RunRecord } from '../journal/entry.ts';
import type { RunTraces } from './timeline/run-trace.ts';
import { type RunView, runView } from './timeline/run-view.ts';
import type { Mark } from './timeline/timeline.ts';

/** All but the runs. Instants are on the wall clock of the service, in ms since 1970. */
export interface ServiceView {
  readonly version: string;
  /** `serving`, `awaiting`, `finishing` or `stopping`. */
  readonly state: string;
  /** The signal that told it to end, and whose preStop it still waits for; null while nothing did. */
  readonly told: { readonly signal: string; readonly atMs: number; readonly awaits: readonly string[] } | null;
  readonly startedAtMs: number;
  readonly config: {
    readonly file: string;
    readonly digest: string;
    readonly loadedAtMs: number;
    /** What is wrong with the file, a sentence each: warnings of the version in force, and why a newer one is refused. */
    readonly problems: readonly string[];
  };
  readonly deadline: { readonly source: string; readonly graceMs: number; readonly reserveMs: number };
  readonly journal: Durability;
  /** The containers of the config, with the number of tasks of each of their hooks. */
  readonly containers: readonly {
    readonly name: string;
    readonly hooks: readonly { readonly hook: HookName; readonly tasks: number }[];
  }[];
}

export interface StatusView extends ServiceView {
  /** The instant of the view. */
  readonly nowMs: number;
  /** The last ones, newest last. */
  readonly runs: readonly RunView[];
}

/** What became different since an earlier view. */
export interface StatusChange extends ServiceView {
  readonly nowMs: number;
  /** The IDs of all runs, newest last. */
  readonly order: readonly string[];
  /** Those that are new or changed. */
  readonly runs: readonly RunView[];
}

/** The view after a change; a run that is in neither is left out. */
export function changed(before: readonly RunView[], { order, runs, ...rest }: StatusChange): StatusView {
  const known = new Map([...before, ...runs].map((run) => [run.id, run]));
  return { ...rest, runs: order.flatMap((id) => known.get(id) ?? []) };
}

/** `SIGTERM came; the preStop of app is waited for`. */
export function toldSentence({ signal, awaits }: NonNullable<ServiceView['told']>): string {
  return awaits.length === 0 ? `${signal} came` : `${signal} came; the preStop of ${awaits.join(', ')} is waited for`;
}

/** The signal to the service as a mark, where the run was there when it came. */
export function marksOf({ told }: ServiceView, run: RunView): Mark[] {
  if (told === null || told.atMs < run.startedAtMs || told.atMs > (run.endedAtMs ?? Infinity)) return [];
  return [{ label: `${told.signal} to hookkeeper`, atMs: told.atMs, note: '' }];
}

/** How many runs are shown. */
const SHOWN_RUNS = 20;

/** Makes views of runs. One that did not change is the same object as before. */
export function createRunViews(traces: RunTraces): (runs: readonly RunRecord[]) => RunView[] {
  const known = new WeakMap<RunRecord, { readonly trace: unknown; readonly view: RunView }>();
  return (runs) =>
    runs.slice(-SHOWN_RUNS).map((run) => {
      const trace = traces.of(run.id);
      const before = known.get(run);
      if (before !== undefined && before.trace === trace) return before.view;
      const view = runView(run, trace);
      known.set(run, { trace, view });
      return view;
    });
}
