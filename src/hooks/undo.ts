/**
 * Takes a preStop back when its container came back: the undos of its tasks, the last one first, each in the journal before it
 * has an effect and when it has ended, so that none that ended is done again (P1), also not after a kill -9.
 */
import { answerTimeMs } from '../config/answer-time.ts';
import type { TaskConfig } from '../config/config.ts';
import type { Journal, RunRecord, TaskRecord } from '../journal/entry.ts';
import type { Clock } from './clock.ts';
import { createTimeLimit, type Deadline } from './deadline.ts';
import type { Emit } from './event.ts';
import { heldMs } from './plan.ts';
import { commitInTime } from './run.ts';
import { Stop, type TaskAction } from './task.ts';
import { type EndedTask, notStarted, runTask, type TaskRunInput } from './task-run.ts';
import { undoName, undoRecords } from './undo-plan.ts';

export interface UndoInput {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Names this process in its claims. */
  readonly instance: string;
  /** From 0 to 1, as `Math.random`: for the IDs of traces. */
  readonly random: () => number;
}

export interface UndoOrder {
  readonly run: RunRecord;
  readonly undos: readonly TaskConfig<TaskAction>[];
  /** The tasks whose undo the config has lost (`undo-plan.ts`). */
  readonly lost: readonly string[];
  /** What showed that the container came back, in a sentence. */
  readonly why: string;
  readonly deadline: Deadline;
  /** What the run in front of which it is done still has to do: critical tasks keep their time. */
  readonly later: TaskRunInput['later'];
  /** Aborts when all is broken off at once: then nothing more is journaled. */
  readonly signal: AbortSignal;
}

export interface Undoing {
  /** Resolves with the undos that did not succeed, in words. Who comes while a run is taken back waits for that one. Never rejects. */
  undo(order: UndoOrder): Promise<readonly string[]>;
  /** Has the journal say at once that nobody goes on with what is taken back now, as this process ends. */
  leave(): void;
}

/** A run that is being taken back. */
interface Going {
  readonly container: string;
  readonly ended: Promise<readonly string[]>;
  /** Breaks it off. */
  readonly own: AbortController;
}

/** Takes runs back, each one at a time. */
export function createUndoing(input: UndoInput): Undoing {
  const going = new Map<string, Going>();

  async function execute({ run, undos, lost, why, deadline, later, signal }: UndoOrder): Promise<readonly string[]> {
    const { journal, clock, emit, instance } = input;
    const current = () => journal.runsOf(run.container).findLast(({ id }) => id === run.id) ?? run;
    const before = current();
    const startedMs = clock.monotonicMs();
    const late: string[] = [];
    const names = [...undos.map(({ name }) => name), ...lost.map(undoName)];
    journal.put({ ...before, undo: { why: before.undo?.why ?? why, instance, tasks: undoRecords(before, names) } });
    emit({ type: 'undoStarted', run: current(), why, remainingMs: deadline.remainingMs() });
    for (const name of lost) {
      const reason = `the config has no undo of ${name} any more: give back by hand what that task took away`;
      const task = notStarted(undoName(name), clock, 0, reason);
      putUndo(journal, current(), task);
      emit({ type: 'taskEnded', run: current(), task, shed: false, remainingMs: deadline.remainingMs() });
    }
    for (const undo of undos) {
      const known = current().undo?.tasks.find(({ name }) => name === undo.name);
      const earlierAttempts = known === undefined || known.state === 'pending' ? 0 : known.attempts;
      const attempts = earlierAttempts + 1;
      putUndo(journal, current(), { state: 'running', name: undo.name, attempts, startedAtMs: clock.epochMs() });
      await commitInTime({ journal, clock, deadline });
      const end = await runTask({
        ...input,
        deadline,
        signal,
        run: current,
        task: undo,
        later,
        earlierAttempts,
        reasonSettled: async () => {},
        unknownReason: 'restart',
      });
      if (signal.aborted) return [];
      // One that found no time is left for the next who can.
      const { record } = end;
      const left = end.kind === 'noTime' && record.outcome === 'skipped';
      if (left) late.push(`${record.name}: ${record.reason ?? 'no time was left'}`);
      putUndo(journal, current(), left && earlierAttempts === 0 ? { state: 'pending', name: record.name } : record);
      void journal.commit();
    }
    const ended = (current().undo?.tasks ?? []).flatMap((task) => (task.state === 'ended' ? failureOf(task) : []));
    const failed = [...ended, ...late];
    letGo(journal, current());
    emit({ type: 'undoEnded', run: current(), failed, durationMs: clock.monotonicMs() - startedMs });
    await commitInTime({ journal, clock, deadline });
    return failed;
  }

  function start(order: UndoOrder): Promise<readonly string[]> {
    const { id, container } = order.run;
    const own = new AbortController();
    const ended = execute({ ...order, signal: AbortSignal.any([order.signal, own.signal]) })
      .catch((error: unknown) => {
        input.emit({ type: 'runBug', run: order.run, error });
        return ['an undo met a bug of hookkeeper'];
      })
      .finally(() => {
        going.delete(id);
        leave(id, container);
      });
    going.set(id, { container, ended, own });
    return ended;
  }

  function leave(id: string, container: string): void {
    const left = input.journal.runsOf(container).find((run) => run.id === id);
    if (left !== undefined) letGo(input.journal, left);
  }

  return {
    leave() {
      for (const [id, { container }] of going) leave(id, container);
    },
    async undo(order) {
      const known = going.get(order.run.id);
      return known === undefined ? start(order) : join(known, order, input.clock);
    },
  };
}

function putUndo(journal: Journal, run: RunRecord, record: TaskRecord): void {
  if (run.undo === undefined) return;
  const tasks = run.undo.tasks.map((task) => (task.name === record.name ? record : task));
  journal.put({ ...run, undo: { ...run.undo, tasks } });
}

/** Nobody takes it back any more: it is over, or was broken off. */
function letGo(journal: Journal, run: RunRecord): void {
  if (run.undo?.instance !== undefined) journal.put({ ...run, undo: { ...run.undo, instance: undefined } });
}

function failureOf({ name, outcome, reason }: EndedTask): string[] {
  return outcome === 'succeeded' ? [] : [`${name} ${outcome}${reason === null ? '' : `: ${reason}`}`];
}

/**
 * Waits for what somebody else has begun, as long as there is time. Where tasks come after it that need theirs, it has to end
 * then: it must not give back what they take away. What of it is broken off is left to be done.
 */
async function join(
  { ended, own }: Going,
  { undos, deadline, later, signal }: UndoOrder,
  clock: Clock,
): Promise<readonly string[]> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const [first] = undos;
  const stopMs = later.length === 0 ? 0 : Math.max(0, ...undos.map(({ action }) => action.stopMs));
  const leftMs = () => {
    const workLeftMs = deadline.remainingMs() - answerTimeMs(deadline.workMs());
    return workLeftMs - stopMs - (first === undefined ? 0 : heldMs(first, later, workLeftMs));
  };
  using limit = createTimeLimit(clock, deadline, leftMs, () => new Stop('time is up', false), signal);
  if (limit.signal.aborted) resolve();
  limit.signal.addEventListener('abort', () => resolve(), { once: true });
  const failed = await Promise.race([ended, late]);
  if (failed !== undefined) return failed;
  if (later.length > 0) {
    own.abort(new Stop('was broken off as a preStop needs its time', true));
    await ended;
  }
  return ['the undo that is under way did not end in time'];
}
