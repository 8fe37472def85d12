/**
 * What the journal does not keep of a run and a picture of it needs: when each delivery came, when each attempt began and
 * ended, until when the work may last, and what a task that runs has printed so far. In memory only, and bounded (P9).
 */
import type { Emit, HookEvent } from '../../hooks/event.ts';
import type { DeliveryView, RunTrace } from './run-view.ts';

export interface RunTraces {
  readonly note: Emit;
  /** Undefined for a run of which nothing was seen, or that was long ago. */
  of(run: string): RunTrace | undefined;
}

const MOST_RUNS = 20;
const MOST_DELIVERIES = 10;
const MOST_ATTEMPTS = 20;
/** What is kept of a running task's output, in characters; the journal has more of it when the task has ended. */
const LIVE_CHARACTERS = 1500;

type RunEvent = Exclude<HookEvent, { readonly type: 'deliveryRefused' }>;

const NOTHING: RunTrace = { deliveries: [], attempts: new Map(), workEndMs: undefined, live: new Map() };

/** Listens to what happens to runs, and keeps the last 20 of them. */
export function createRunTraces(clock: { epochMs(): number }): RunTraces {
  const traces = new Map<string, RunTrace>();
  return {
    of: (run) => traces.get(run),
    note(event) {
      if (event.type === 'deliveryRefused') return;
      const before = traces.get(event.run.id) ?? NOTHING;
      const after = traceAfter(before, event, clock.epochMs());
      if (after === before) return;
      traces.delete(event.run.id);
      traces.set(event.run.id, after);
      const [oldest] = traces.keys();
      if (traces.size > MOST_RUNS && oldest !== undefined) traces.delete(oldest);
    },
  };
}

/** The trace when `event` happened at `nowMs`, in ms since 1970; the same object where it adds nothing. */
export function traceAfter(trace: RunTrace, event: RunEvent, nowMs: number): RunTrace {
  switch (event.type) {
    case 'delivered': {
      if (trace.deliveries.length >= MOST_DELIVERIES || event.delivery.withoutHook === true) return trace;
      return { ...trace, deliveries: [...trace.deliveries, seen(event)] };
    }
    case 'runEnded':
      return { ...trace, deliveries: trace.deliveries.map(answered(nowMs, event.run.outcome !== 'succeeded')) };
    case 'runBrokenOff':
      return { ...trace, deliveries: trace.deliveries.map(answered(nowMs, true)) };
    case 'runStarted':
      return { ...trace, workEndMs: event.deadlineEpochMs };
    case 'deadlineMoved':
      return { ...trace, workEndMs: event.deadlineEpochMs };
    case 'taskStarted':
      return { ...trace, attempts: withEntry(trace.attempts, event.task, []) };
    case 'attemptEnded': {
      const known = trace.attempts.get(event.task) ?? [];
      if (known.length >= MOST_ATTEMPTS) return trace;
      const { attempt: number, outcome, reason, durationMs, retryInMs = null } = event;
      const attempt = { number, startedAtMs: nowMs - durationMs, endedAtMs: nowMs, outcome, reason, retryInMs };
      return { ...trace, attempts: withEntry(trace.attempts, event.task, [...known, attempt]) };
    }
    case 'taskOutput': {
      const { output = '', progress = null } = trace.live.get(event.task) ?? {};
      const more = output === '' ? event.line : `${output}\n${event.line}`;
      return { ...trace, live: withEntry(trace.live, event.task, { output: endOf(more), progress }) };
    }
    case 'taskProgress': {
      const { output = '' } = trace.live.get(event.task) ?? {};
      return { ...trace, live: withEntry(trace.live, event.task, { output, progress: endOf(event.message) }) };
    }
    case 'taskEnded': {
      if (!trace.live.has(event.task.name)) return trace;
      return { ...trace, live: new Map([...trace.live].filter(([name]) => name !== event.task.name)) };
    }
    case 'stopReason':
    case 'graceIgnored':
    case 'undoStarted':
    case 'undoEnded':
    case 'reconciled':
    case 'reconcileWaits':
    case 'outputLimit':
    case 'taskFigure':
    case 'runBug':
    case 'taskBug':
      return trace;
  }
}

function seen({ delivery: { caller: from, atMs }, served, run }: HookEvent & { type: 'delivered' }): DeliveryView {
  const number = Math.max(1, run.deliveries);
  const open = { number, atMs, untilMs: null, from, served, broken: false };
  // A replay is answered at once; the others with the end of their run.
  return served === 'replayed' ? answered(atMs, run.state === 'ended' && run.outcome !== 'succeeded')(open) : open;
}

/** Answers a delivery that waits for it; an earlier execution has answered those before. */
function answered(atMs: number, broken: boolean): (delivery: DeliveryView) => DeliveryView {
  return (delivery) => (delivery.untilMs === null ? { ...delivery, untilMs: atMs, broken } : delivery);
}

function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map([...map, [key, value]]);
}

function endOf(text: string): string {
  return text.length <= LIVE_CHARACTERS ? text : `…${text.slice(-LIVE_CHARACTERS).toWellFormed()}`;
}
