import type { RunRecord, TaskRecord } from '../../../src/journal/entry.ts';
import type { AttemptView, DeliveryView, RunTrace } from '../../../src/observe/timeline/run-view.ts';

export const endedTask = (name: string, fields: Partial<TaskRecord & { state: 'ended' }> = {}): TaskRecord => ({
  state: 'ended',
  name,
  outcome: 'succeeded',
  attempts: 1,
  startedAtMs: 10_000,
  durationMs: 500,
  reason: null,
  output: '',
  captured: {},
  ...fields,
});

const FACTS = {
  id: 'k3-2',
  sequence: 2,
  hook: 'preStop',
  container: 'app',
  incarnation: { id: 'life-1', evidence: 'sequence', why: 'it is the first' },
  configDigest: '0123456789ab',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  firstDeliveryAtMs: 10_000,
  lastDeliveryAtMs: 10_000,
  deliveries: 1,
  deadline: { source: 'config', graceMs: 45_000, reserveMs: 10_000 },
} as const;

export const endedRun = (fields: Partial<RunRecord & { state: 'ended' }> = {}): RunRecord & { state: 'ended' } => ({
  ...FACTS,
  state: 'ended',
  tasks: [endedTask('drain')],
  outcome: 'succeeded',
  reason: null,
  endedAtMs: 10_500,
  durationMs: 500,
  remainingMs: 34_500,
  ...fields,
});

export const runningRun = (tasks: readonly TaskRecord[]): RunRecord & { state: 'running' } => {
  return { ...FACTS, state: 'running', instance: 'k3', tasks };
};

export const traceOf = (fields: Partial<RunTrace> = {}): RunTrace => {
  return { deliveries: [], attempts: new Map(), workEndMs: undefined, live: new Map(), ...fields };
};

export const delivery = (number: number, fields: Partial<DeliveryView> = {}): DeliveryView => {
  return { number, atMs: 10_000, untilMs: null, from: 'kubelet', served: 'executed', broken: false, ...fields };
};

/** An attempt from so many ms to so many after the start of `endedTask`. */
export function attempt(
  number: number,
  fromMs: number,
  toMs: number,
  outcome: AttemptView['outcome'],
  retryInMs: number | null = null,
): AttemptView {
  return { number, startedAtMs: 10_000 + fromMs, endedAtMs: 10_000 + toMs, outcome, reason: null, retryInMs };
}
