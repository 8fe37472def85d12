import { endOf, startOf } from './cut-text.ts';
import type { RunRecord, TaskRecord, UndoRecord } from './entry.ts';

/** What is kept of what a task printed: its end, in bytes of UTF-8. */
const OUTPUT_BYTES = 4096;

/** What is kept of a reason: its beginning, in bytes of UTF-8. Ten times a long sentence. */
const REASON_BYTES = 1024;

/**
 * A run as the journal keeps it: long texts cut, and nothing but the fields of its state. Records are made by spreading
 * others, which carries fields of an earlier state along, and these would make the file undecodable.
 */
export function keptRun(run: RunRecord): RunRecord {
  const facts = {
    id: run.id,
    sequence: run.sequence,
    hook: run.hook,
    container: run.container,
    incarnation: {
      id: run.incarnation.id,
      evidence: run.incarnation.evidence,
      why: startOf(run.incarnation.why, REASON_BYTES),
      ...(run.incarnation.marks && { marks: run.incarnation.marks }),
    },
    configDigest: run.configDigest,
    traceparent: run.traceparent,
    firstDeliveryAtMs: run.firstDeliveryAtMs,
    lastDeliveryAtMs: run.lastDeliveryAtMs,
    deliveries: run.deliveries,
    deadline: run.deadline,
    ...(run.stop && {
      stop: { reason: run.stop.reason, source: run.stop.source, why: startOf(run.stop.why, REASON_BYTES) },
    }),
    ...(run.undoable && { undoable: run.undoable }),
    ...(run.undo && { undo: keptUndo(run.undo) }),
    tasks: run.tasks.map(keptTask),
  };
  switch (run.state) {
    case 'running':
      return { ...facts, state: run.state, instance: run.instance };
    case 'interrupted':
      return { ...facts, state: run.state };
    case 'ended':
      return {
        ...facts,
        state: run.state,
        outcome: run.outcome,
        reason: keptReason(run.reason),
        endedAtMs: run.endedAtMs,
        durationMs: run.durationMs,
        remainingMs: run.remainingMs,
      };
  }
}

function keptUndo({ why, instance, tasks }: UndoRecord): UndoRecord {
  return {
    why: startOf(why, REASON_BYTES),
    ...(instance !== undefined && { instance }),
    tasks: tasks.map(keptTask),
  };
}

function keptTask(task: TaskRecord): TaskRecord {
  switch (task.state) {
    case 'pending':
      return { state: task.state, name: task.name };
    case 'running':
      return { state: task.state, name: task.name, attempts: task.attempts, startedAtMs: task.startedAtMs };
    case 'ended':
      return {
        state: task.state,
        name: task.name,
        outcome: task.outcome,
        attempts: task.attempts,
        startedAtMs: task.startedAtMs,
        durationMs: task.durationMs,
        reason: keptReason(task.reason),
        output: endOf(task.output, OUTPUT_BYTES),
        captured: task.captured,
      };
  }
}

function keptReason(reason: string | null): string | null {
  return reason === null ? null : startOf(reason, REASON_BYTES);
}
