/**
 * What the journal keeps, so that it is bounded whatever is run (P9): the last runs of each hook, little of what tasks
 * printed, and a file of at most 1 MiB. A run that is executing and the newest run of each hook are always kept: the
 * decision about the next delivery stands on them (P1).
 */
import { encodedBytes, type JournalData, runBytes } from './codec.ts';
import { CUT_MARK, startOf } from './cut-text.ts';
import { isKeyed, type RunRecord, type TaskRecord } from './entry.ts';

/** How many runs of one hook of one container are kept; as many again of callers with an Idempotency-Key. */
export const RUNS_PER_HOOK = 20;

/** The longest journal, in bytes. */
export const JOURNAL_BYTES = 1024 * 1024;

/**
 * How much of what tasks printed is kept in all, in characters. The whole file is written at every step of a run, so this
 * keeps a usual one far below its limit. The newest run of each hook keeps its output beyond it.
 */
export const OUTPUT_CHARACTERS = 128 * 1024;

/** What is left of a reason when the journal would grow past its limit, in bytes. */
const SHORT_REASON_BYTES = 100;

/** Stands for output that was dropped to keep the journal small. */
export const DROPPED_OUTPUT = `${CUT_MARK} (not kept: the journal would grow too long)`;

export interface Bounded {
  readonly data: JournalData;
  /** False when what must be kept is longer than the limit by itself. */
  readonly fits: boolean;
}

/**
 * Drops what is beyond the bounds. Too long, it loses the output of its oldest runs first, then their reasons are
 * shortened, then they go; at last the output and reasons of the runs that must be kept. Pure.
 */
export function boundJournal(data: JournalData, limitBytes: number = JOURNAL_BYTES): Bounded {
  const bounded = { ...data, runs: boundOutput(lastOfEachHook(data.runs)) };
  const bytes = encodedBytes(bounded);
  return bytes <= limitBytes ? { data: bounded, fits: true } : shorten(bounded, bytes, limitBytes);
}

function lastOfEachHook(runs: readonly RunRecord[]): readonly RunRecord[] {
  const later = new Map<string, number>();
  const kept = runs.toReversed().filter((run) => {
    const count = later.get(hookOf(run)) ?? 0;
    later.set(hookOf(run), count + 1);
    return count < RUNS_PER_HOOK || run.state === 'running';
  });
  return kept.toReversed();
}

function boundOutput(runs: readonly RunRecord[]): readonly RunRecord[] {
  const kept = indispensable(runs);
  let characters = 0;
  const bounded = runs.toReversed().map((run) => {
    const tasks = [...run.tasks, ...(run.undo?.tasks ?? [])];
    characters += tasks.reduce((sum, task) => sum + (task.state === 'ended' ? task.output.length : 0), 0);
    return characters <= OUTPUT_CHARACTERS || kept.has(run) ? run : withoutOutput(run);
  });
  return bounded.toReversed();
}

function shorten(data: JournalData, tooManyBytes: number, limitBytes: number): Bounded {
  const kept = indispensable(data.runs);
  let bytes = tooManyBytes;
  let runs = data.runs;
  const replace = (may: (run: RunRecord) => boolean, smaller: (run: RunRecord) => RunRecord | undefined) => {
    runs = runs.flatMap((run) => {
      if (bytes <= limitBytes || !may(run)) return [run];
      const left = smaller(run);
      bytes -= runBytes(run) - (left === undefined ? 0 : runBytes(left));
      return left === undefined ? [] : [left];
    });
  };
  const dispensable = (run: RunRecord) => !kept.has(run);
  replace(dispensable, withoutOutput);
  replace(dispensable, withShortReasons);
  replace(dispensable, () => undefined);
  replace(() => true, withoutOutput);
  replace(() => true, withShortReasons);
  return { data: { ...data, runs }, fits: bytes <= limitBytes };
}

function indispensable(runs: readonly RunRecord[]): Set<RunRecord> {
  const newest = new Map(runs.map((run) => [hookOf(run), run]));
  return new Set([...newest.values(), ...runs.filter((run) => run.state === 'running')]);
}

/** What calls with a key of their own leaves the kubelet's runs where they are. */
function hookOf(run: RunRecord): string {
  return `${run.hook}/${run.container}${isKeyed(run) ? '/key' : ''}`;
}

function withoutOutput(run: RunRecord): RunRecord {
  return withTasks(run, (task) =>
    task.output.length <= DROPPED_OUTPUT.length ? task : { ...task, output: DROPPED_OUTPUT },
  );
}

function withShortReasons(run: RunRecord): RunRecord {
  const short = withTasks(run, (task) => ({ ...task, reason: shortReason(task.reason) }));
  const { incarnation, stop, undo } = short;
  const whys = {
    incarnation: withShortWhy(incarnation),
    ...(stop && { stop: withShortWhy(stop) }),

    ...(undo && { undo: withShortWhy(undo) }),
  };
  return short.state === 'ended' ? { ...short, ...whys, reason: shortReason(short.reason) } : { ...short, ...whys };
}

function shortReason(reason: string | null): string | null {
  return reason === null ? null : startOf(reason, SHORT_REASON_BYTES);
}

function withShortWhy<T extends { readonly why: string }>(told: T): T {
  return { ...told, why: startOf(told.why, SHORT_REASON_BYTES) };
}

type EndedTask = TaskRecord & { readonly state: 'ended' };

/** The same run where no task changes, so that its text stays known. */
function withTasks(run: RunRecord, change: (task: EndedTask) => EndedTask): RunRecord {
  const changed = (tasks: readonly TaskRecord[]) => {
    const next = tasks.map((task) => (task.state === 'ended' ? change(task) : task));
    return next.every((task, index) => task === tasks[index]) ? tasks : next;
  };
  const tasks = changed(run.tasks);
  const undone = run.undo && changed(run.undo.tasks);
  if (tasks === run.tasks && undone === run.undo?.tasks) return run;
  return { ...run, tasks, ...(run.undo && undone && { undo: { ...run.undo, tasks: undone } }) };
}
