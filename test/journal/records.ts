import type { RunRecord, TaskRecord } from '../../src/journal/entry.ts';

type State<T extends { state: string }, S extends T['state']> = T & { readonly state: S };
type EndedRun = State<RunRecord, 'ended'>;
type RunningRun = State<RunRecord, 'running'>;
type EndedTask = State<TaskRecord, 'ended'>;

const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

/** An ended task that printed a word. */
export function endedTask(about: Partial<EndedTask> = {}): EndedTask {
  return {
    state: 'ended',
    name: 'flush',
    outcome: 'succeeded',
    attempts: 1,
    startedAtMs: AT_MS,
    durationMs: 1500,
    reason: null,
    output: 'flushed',
    captured: {},
    ...about,
  };
}

function facts(sequence: number) {
  return {
    id: `run-${sequence}`,
    sequence,
    hook: 'preStop',
    container: 'app',
    incarnation: { id: `life-${sequence}`, evidence: 'sequence', why: 'a postStart opens a life' },
    configDigest: 'abcdef012345',
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    firstDeliveryAtMs: AT_MS,
    lastDeliveryAtMs: AT_MS,
    deliveries: 1,
    deadline: { source: 'config', graceMs: 30_000, reserveMs: 5000 },
  } as const;
}

/** The claim of a run by `instance`, its one task being executed. */
export function runningRun(sequence: number, about: Partial<RunningRun> = {}): RunningRun {
  const task: TaskRecord = { state: 'running', name: 'flush', attempts: 1, startedAtMs: AT_MS };
  return { ...facts(sequence), tasks: [task], state: 'running', instance: 'first', ...about };
}

/** A run that succeeded, with its one task. */
export function endedRun(sequence: number, about: Partial<EndedRun> = {}): EndedRun {
  return {
    ...facts(sequence),
    tasks: [endedTask()],
    state: 'ended',
    outcome: 'succeeded',
    reason: null,
    endedAtMs: AT_MS + 1500,
    durationMs: 1500,
    remainingMs: 23_500,
    ...about,
  };
}
