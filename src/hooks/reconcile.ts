/**
 * No app that lives on is left drained, also where no hook comes any more: after a start, and after a preStop, it is looked at what
 * the journal says was taken away, and at what can be seen of the app, and what has to be is taken back.
 */
import type { Config, HookConfig, TaskConfig } from '../config/config.ts';
import { isKeyed, type Journal, type RunRecord } from '../journal/entry.ts';
import { presenceOf } from './app-presence.ts';
import { type Clock, wait } from './clock.ts';
import { createDeadline } from './deadline.ts';
import type { Emit } from './event.ts';
import type { Evidence } from './evidence.ts';
import { marksOf, otherLife } from './life-marks.ts';
import { postStartOpensLives } from './opening-hook.ts';
import type { PodSource } from './pod-facts.ts';
import { reconcileVerdict } from './reconcile-verdict.ts';
import type { TaskAction } from './task.ts';
import type { Undoing } from './undo.ts';
import { lostUndosOf, undosOf } from './undo-plan.ts';

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

export interface Reconciler {
  /** After a start: looks at every container, and says what becomes of each. Resolves when nothing is left to be seen. Never rejects. */
  afterStart(): Promise<void>;
  /** After a run has ended: looks whether an app lives on with what a preStop took away, and says so only then. */
  follow(container: string): void;
}

/** How often it is looked at an app that may be ending, or in another life already, in ms. */
const LOOK_EVERY_MS = 5000;

/** An app that is gone may come back after minutes (kubelet contract, section 3): it is looked for ever less often, down to this, in ms. */
const LOOK_FOR_MS = 60_000;

/** Looks after containers, each once at a time. */
export function createReconciler(input: ReconcileInput): Reconciler {
  const { config, journal, emit } = input;
  const looking = new Set<string>();

  async function look(lives: Lives, aloud: boolean): Promise<void> {
    const key = `${lives.keyed} ${lives.container}`;
    if (looking.has(key)) return;
    looking.add(key);
    try {
      await reconcile(input, lives, aloud);
    } catch (error) {
      const run = runsOf(journal, lives).at(-1);
      if (run !== undefined) emit({ type: 'runBug', run, error });
    } finally {
      looking.delete(key);
    }
  }

  async function lookAt(container: string, aloud: boolean): Promise<void> {
    await Promise.all([false, true].map((keyed) => look({ container, keyed }, aloud)));
  }

  return {
    async afterStart() {
      await Promise.all([...config().containers.keys()].map((name) => lookAt(name, true)));
    },
    follow: (name) => void lookAt(name, false),
  };
}

/** Those of a container that the kubelet begins and ends, or that callers name by keys: what one of them drains, the other leaves. */
interface Lives {
  readonly container: string;
  readonly keyed: boolean;
}

function runsOf(journal: Journal, { container, keyed }: Lives): RunRecord[] {
  return journal.runsOf(container).filter((run) => isKeyed(run) === keyed);
}

async function reconcile(input: ReconcileInput, lives: Lives, aloud: boolean): Promise<void> {
  const { clock, emit, signal } = input;
  let forMs = LOOK_EVERY_MS;
  for (let looks = 0; !signal.aborted; looks += 1) {
    const container = input.config().containers.get(lives.container);
    if (container === undefined || drained(input, lives, container.preStop) === undefined) return;
    const [saw, pod] = await Promise.all([input.evidence.look(container, signal), input.pod.read(signal)]);
    // A delivery may have come meanwhile, and then it sees to it.
    const left = drained(input, lives, container.preStop);
    if (signal.aborted || left === undefined) return;
    const { run } = left;
    const runs = runsOf(input.journal, lives);
    const marks = marksOf(run.incarnation.id, runs);
    const verdict = reconcileVerdict({
      run,
      pod,
      presence: presenceOf(saw, marks),
      otherLife: otherLife(marks, saw),
      // Where no preStop is configured any more, nothing says what to take it for, and nothing is left to be done.
      unknownReason: container.preStop?.unknownReason ?? 'termination',
      postStart: postStartOpensLives(container, runs),
      atMs: clock.epochMs(),
    });
    if (verdict.do !== 'wait') {
      if (aloud || verdict.do === 'undo')
        emit({ type: 'reconciled', run, undone: verdict.do === 'undo', why: verdict.why });
      return verdict.do === 'undo' ? takeBack(input, left, verdict.why) : undefined;
    }
    const { untilMs } = verdict;
    if (aloud && looks === 0) emit({ type: 'reconcileWaits', run, untilMs });
    const nextMs = untilMs === undefined ? forMs : Math.min(LOOK_EVERY_MS, untilMs - clock.epochMs());
    forMs = untilMs === undefined ? Math.min(2 * forMs, LOOK_FOR_MS) : LOOK_EVERY_MS;
    if (!(await wait(clock, nextMs, signal))) return;
  }
}

interface Drained {
  readonly run: RunRecord;
  readonly undos: readonly TaskConfig<TaskAction>[];
  /** The tasks that can't be taken back, as the config has lost their undos. */
  readonly lost: readonly string[];
}

/** The preStop that is to be taken back, if its container's story ends with it, or with a run that was to take it back. */
function drained(
  input: ReconcileInput,
  lives: Lives,
  preStop: HookConfig<TaskAction> | undefined,
): Drained | undefined {
  const runs = runsOf(input.journal, lives);
  const run = runs.findLast(({ hook }) => hook === 'preStop');
  if (run === undefined || runs.some(input.executes)) return undefined;
  if (run.undo === undefined && runs.at(-1)?.id !== run.id) return undefined;
  const undos = undosOf(run, preStop);
  const lost = lostUndosOf(run, preStop);
  return undos.length + lost.length === 0 ? undefined : { run, undos, lost };
}

async function takeBack(
  { clock, journal, undoing, signal }: ReconcileInput,
  { run, undos, lost }: Drained,
  why: string,
): Promise<void> {
  if (run.stop?.reason !== 'restart') journal.put({ ...run, stop: { reason: 'restart', source: 'comeback', why } });
  // Nobody waits for it: each undo may take its timeout, and the time to stop.
  const workMs = undos.reduce((sum, { timeoutMs = 0, action }) => sum + timeoutMs + action.stopMs, ANSWER_MS);
  await undoing.undo({ run, undos, lost, why, deadline: createDeadline(clock, workMs), later: [], signal });
}

/** More than is kept for an answer, in ms. */
const ANSWER_MS = 1000;
