/**
 * A sidecar that is started again while its pod lives never leaves an app drained: it looks at what the journal says was taken
 * away, and at what can be seen of the app, and takes back what has to be.
 */
import type { Config, ContainerConfig, TaskConfig } from '../config/config.ts';
import type { Journal, RunRecord } from '../journal/entry.ts';
import { presenceOf } from './app-presence.ts';
import { type Clock, wait } from './clock.ts';
import { createDeadline } from './deadline.ts';
import type { Emit } from './event.ts';
import { type Evidence, type Sightings, SOURCES } from './evidence.ts';
import { compareMarks, marksOf } from './life-marks.ts';
import type { PodSource } from './pod-facts.ts';
import { type ReconcileVerdict, reconcileVerdict } from './reconcile-verdict.ts';
import type { TaskAction } from './task.ts';
import type { Undoing } from './undo.ts';
import { undosOf } from './undo-plan.ts';

export interface ReconcileInput {
  readonly config: () => Config<TaskAction>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly pod: PodSource;
  readonly evidence: Evidence;
  readonly undoing: Undoing;
  /** Whether this process executes the run. */
  readonly executes: (run: RunRecord) => boolean;
  /** Ends all of it at once. */
  readonly signal: AbortSignal;
}

/** Reconciles every container; resolves when nothing is left to be seen. Never rejects. */
export async function reconcile(input: ReconcileInput): Promise<void> {
  const { config, journal, emit } = input;
  const each = [...config().containers.values()].map((container) =>
    reconcileOne(input, container).catch((error: unknown) => {
      const run = journal.runsOf(container.name).at(-1);
      if (run !== undefined) emit({ type: 'runBug', run, error });
    }),
  );
  await Promise.all(each);
}

async function reconcileOne(input: ReconcileInput, container: ContainerConfig<TaskAction>): Promise<void> {
  const { clock, emit, signal } = input;
  for (;;) {
    if (drained(input, container) === undefined) return;
    const [saw, pod] = await Promise.all([input.evidence.look(container, signal), input.pod.read(signal)]);
    // A delivery may have come meanwhile, and then it sees to it.
    const left = drained(input, container);
    if (signal.aborted || left === undefined || container.preStop === undefined) return;
    const { run, undos } = left;
    const runs = input.journal.runsOf(container.name);
    const verdict = reconcileVerdict({
      run,
      pod,
      presence: presenceOf(saw, marksOf(run.incarnation.id, runs)),
      otherLife: otherLife(run, runs, saw),
      unknownReason: container.preStop.unknownReason,
      atMs: clock.epochMs(),
    });
    if (verdict.do !== 'wait') return carryOut(input, run, undos, verdict);
    emit({ type: 'reconcileWaits', run, untilMs: verdict.untilMs });
    if (!(await wait(clock, verdict.untilMs - clock.epochMs(), signal))) return;
  }
}

interface Drained {
  readonly run: RunRecord;
  readonly undos: readonly TaskConfig<TaskAction>[];
}

/** The preStop that is to be taken back, if its container's story ends with it, or with a run that was to take it back. */
function drained(input: ReconcileInput, { name, preStop }: ContainerConfig<TaskAction>): Drained | undefined {
  const runs = input.journal.runsOf(name);
  const run = runs.findLast(({ hook }) => hook === 'preStop');
  if (run === undefined || runs.some(input.executes)) return undefined;
  if (run.undo === undefined && runs.at(-1)?.id !== run.id) return undefined;
  const undos = undosOf(run, preStop);
  return undos.length === 0 ? undefined : { run, undos };
}

/** Looked at without a delivery, some time after the life began. */
const LATER = { hook: undefined, fromKubelet: false, executing: false } as const;

function otherLife({ incarnation }: RunRecord, runs: readonly RunRecord[], saw: Sightings): string | undefined {
  const said = compareMarks(marksOf(incarnation.id, runs), saw, LATER);
  const best = SOURCES.map((source) => said[source]).find(({ kind }) => kind !== 'incomparable');
  return best?.kind === 'different' ? best.why : undefined;
}

async function carryOut(
  input: ReconcileInput,
  run: RunRecord,
  undos: readonly TaskConfig<TaskAction>[],
  verdict: Exclude<ReconcileVerdict, { readonly do: 'wait' }>,
): Promise<void> {
  const { clock, emit, journal, signal } = input;
  const { why } = verdict;
  emit({ type: 'reconciled', run, undone: verdict.do === 'undo', why });
  if (verdict.do === 'leave') return;
  if (run.stop?.reason !== 'restart') journal.put({ ...run, stop: { reason: 'restart', why } });
  // Nobody waits for it: each undo may take its timeout, and the time to stop.
  const workMs = undos.reduce((sum, { timeoutMs = 0, action }) => sum + timeoutMs + action.stopMs, ANSWER_MS);
  await input.undoing.undo({ run, undos, why, deadline: createDeadline(clock, workMs), later: [], signal });
}

/** More than is kept for an answer, in ms. */
const ANSWER_MS = 1000;
