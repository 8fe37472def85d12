import fc from 'fast-check';
import { HOOKS } from '../../src/config/config.ts';
import type { JournalData } from '../../src/journal/codec.ts';
import {
  DEADLINE_SOURCES,
  EVIDENCE,
  RUN_OUTCOMES,
  type RunRecord,
  STOP_REASONS,
  STOP_SOURCES,
  TASK_OUTCOMES,
  type TaskRecord,
} from '../../src/journal/entry.ts';
import type { LifeMarks } from '../../src/journal/marks.ts';

/** Any text: also what terminals obey, lone surrogates, and what JSON escapes. */
const text = fc.string({ unit: 'binary', maxLength: 20 });
/** JSON has no -0. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const count = fc.nat({ max: 1_000_000 });
const reason = fc.option(text);

const anyTask: fc.Arbitrary<TaskRecord> = fc.oneof(
  fc.record({ state: fc.constant('pending' as const), name: text }),
  fc.record({ state: fc.constant('running' as const), name: text, attempts: count, startedAtMs: number }),
  fc.record({
    state: fc.constant('ended' as const),
    name: text,
    outcome: fc.constantFrom(...TASK_OUTCOMES),
    attempts: count,
    startedAtMs: number,
    durationMs: number,
    reason,
    output: text,
    captured: fc.dictionary(fc.string(), text, { maxKeys: 3 }),
  }),
);

const anyMarks: fc.Arbitrary<LifeMarks> = fc.record(
  {
    process: fc.record({ containerId: fc.option(text), startTicks: number }),
    api: fc.record({ before: fc.option(text), containerId: fc.option(text), restartCount: number }),
    sockets: fc.record(
      { inodes: fc.array(number, { maxLength: 3 }), atStop: fc.array(number, { minLength: 1, maxLength: 3 }) },
      { requiredKeys: ['inodes'] },
    ),
  },
  { requiredKeys: [] },
);

const facts = {
  id: text,
  sequence: count,
  hook: fc.constantFrom(...HOOKS),
  container: text,
  incarnation: fc.record(
    { id: text, evidence: fc.constantFrom(...EVIDENCE), why: text, marks: anyMarks },
    { requiredKeys: ['id', 'evidence', 'why'] },
  ),
  configDigest: text,
  traceparent: text,
  firstDeliveryAtMs: number,
  lastDeliveryAtMs: number,
  deliveries: count,
  deadline: fc.record(
    {
      source: fc.constantFrom(...DEADLINE_SOURCES),
      graceMs: number,
      reserveMs: number,
      toldByApi: fc.constant(true as const),
      insteadOf: fc.record({ source: fc.constantFrom(...DEADLINE_SOURCES), graceMs: number }),
    },
    { requiredKeys: ['source', 'graceMs', 'reserveMs'] },
  ),
  tasks: fc.array(anyTask, { maxLength: 4 }),
};

const plainRun: fc.Arbitrary<RunRecord> = fc.oneof(
  fc.record({ ...facts, state: fc.constant('running' as const), instance: text }),
  fc.record({ ...facts, state: fc.constant('interrupted' as const) }),
  fc.record({
    ...facts,
    state: fc.constant('ended' as const),
    outcome: fc.constantFrom(...RUN_OUTCOMES),
    reason,
    endedAtMs: number,
    durationMs: number,
    remainingMs: number,
  }),
);

const ofPreStop = fc.record(
  {
    stop: fc.record({ reason: fc.constantFrom(...STOP_REASONS), source: fc.constantFrom(...STOP_SOURCES), why: text }),
    undoable: fc.array(text, { maxLength: 2 }),
    undo: fc.record(
      { why: text, instance: text, tasks: fc.array(anyTask, { maxLength: 2 }) },
      { requiredKeys: ['why', 'tasks'] },
    ),
  },
  { requiredKeys: [] },
);

/** Any run that the types allow. */
export const anyRun: fc.Arbitrary<RunRecord> = fc
  .tuple(plainRun, ofPreStop)
  .map(([run, more]) => ({ ...run, ...more }));

/** Any journal that a store can hold: IDs differ, the runs are in order. */
export const anyJournal: fc.Arbitrary<JournalData> = fc.record({
  version: fc.constant(1 as const),
  pod: fc.option(fc.record({ uid: text })),
  nextSequence: fc.constant(2_000_000),
  runs: fc
    .uniqueArray(anyRun, { selector: (run) => run.id, maxLength: 6 })
    .map((runs) => runs.toSorted((a, b) => a.sequence - b.sequence)),
});
