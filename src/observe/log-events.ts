import type { Logger } from 'pino';
import type { Emit, HookEvent } from '../hooks/event.ts';
import type { Identity } from '../hooks/incarnation.ts';
import { seconds } from '../hooks/sentence.ts';
import { traceId } from '../hooks/trace.ts';
import type { RunRecord } from '../journal/entry.ts';
import { cleanText } from './clean-text.ts';

type TaskEvent = Extract<HookEvent, { readonly task: unknown }>;
type RunEvent = Exclude<HookEvent, TaskEvent | { readonly type: 'deliveryRefused' }>;

/** One line of the log: `message` is readable without the fields. */
interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Writes each event as one line with the fields run, hook, container, task, attempt and remainingMs, where it has them. The
 * message begins with whom it is about, `[preStop app drain]`, so that the lines can be told apart, and filtered, without a tool.
 */
export function logEvents(logger: Logger): Emit {
  return (event) => {
    const { level, message, fields } = lineOf(event);
    const shown = Object.entries(fields).map(([key, value]) => [
      key,
      typeof value === 'string' ? cleanText(value) : value,
    ]);
    logger[level](Object.fromEntries(shown), cleanText(message));
  };
}

function lineOf(event: HookEvent): Line {
  if (event.type === 'deliveryRefused') {
    const { hook, container, caller } = event.delivery;
    const fields = { event: event.type, hook, container, caller, reason: event.reason };
    return { level: 'warn', message: `[${hook} ${container}] delivery refused: ${event.reason}`, fields };
  }
  const { id: run, hook, container } = event.run;
  if (!('task' in event)) {
    const { level, message, fields } = runLine(event);
    return {
      level,
      message: `[${hook} ${container}] ${message}`,
      fields: { event: event.type, run, hook, container, ...fields },
    };
  }
  const task = typeof event.task === 'string' ? event.task : event.task.name;
  const { level, message, fields } = taskLine(event);
  const left = 'remainingMs' in event ? { remainingMs: Math.round(event.remainingMs) } : {};
  return {
    level,
    message: `[${hook} ${container} ${task}] ${message}`,
    fields: { event: event.type, run, hook, container, task, ...fields, ...left },
  };
}

function runLine(event: RunEvent): Line {
  const { run } = event;
  switch (event.type) {
    case 'delivered': {
      const { served, identity } = event;
      const { id: incarnation, evidence, why } = identity.incarnation;
      const { key, withoutHook } = event.delivery;
      const caller = withoutHook === true ? 'hookkeeper' : event.delivery.caller;
      // The first line of a run has to say how long it may take, and who says so.
      const first = served === 'executed' || served === 'resumed';
      const within = first ? `, ${deadlineOf(run)}` : '';
      const number = run.deliveries === 0 ? 'a delivery' : `delivery ${run.deliveries}`;
      const name = withoutHook === true ? 'no delivery' : number;
      const message = `${name} (${caller}) ${served} by run ${run.id}${within}; ${why}`;
      const fields = {
        served,
        caller,
        keyed: key !== undefined,
        incarnation,
        evidence,
        ...saidBy(identity),
        ...graceFields(run),
      };
      return { level: identity.guess ? 'warn' : 'info', message, fields };
    }
    case 'runStarted': {
      const begun = event.resumed ? 'resumed' : 'started';
      const message = `run ${run.id} ${begun}, ${leftOf(event)}, ${deadlineOf(run)}`;
      const told = { config: run.configDigest, traceId: traceId(run.traceparent) };
      return { level: 'info', message, fields: { ...endOf(event), ...graceFields(run), ...told } };
    }
    case 'deadlineMoved': {
      const { movedMs, why } = event;
      const message = `run ${run.id} goes on ${why}, ${leftOf(event)}`;
      const fields = { ...endOf(event), movedMs: Math.round(movedMs), ...graceFields(run) };
      return { level: movedMs < 0 ? 'warn' : 'info', message, fields };
    }
    case 'stopReason': {
      const { reason, why } = event.stop;
      return {
        level: 'info',
        message: `the reason of the stop of run ${run.id} is ${reason}: ${why}`,
        fields: { stop: reason, why },
      };
    }
    case 'undoStarted':
      return { level: 'info', message: `run ${run.id} is taken back: ${event.why}`, fields: { why: event.why } };
    case 'undoEnded': {
      const { failed, durationMs } = event;
      const fields = { failed, durationMs: Math.round(durationMs) };
      if (failed.length === 0)
        return { level: 'info', message: `run ${run.id} is taken back, after ${seconds(durationMs)}`, fields };
      const message = `run ${run.id} could not be taken back whole, the container lives on with what is left of it: ${failed.join('; ')}`;
      return { level: 'error', message, fields };
    }
    case 'reconcileWaits': {
      const { untilMs } = event;
      const until = untilMs === undefined ? undefined : new Date(untilMs).toISOString();
      const seen = until === undefined ? 'if its app comes back' : `by ${until}, when its app is over or lives on`;
      const message = `run ${run.id} was left by an earlier start; whether it has to be taken back is seen ${seen}`;
      return { level: 'info', message, fields: { until } };
    }
    case 'reconciled': {
      const message = `run ${run.id}, which no hook took back, is ${event.undone ? '' : 'not '}taken back: ${event.why}`;
      return { level: event.undone ? 'info' : 'warn', message, fields: { undone: event.undone, why: event.why } };
    }
    case 'graceIgnored':
      return { level: 'warn', message: event.reason, fields: { reason: event.reason } };
    case 'runBrokenOff': {
      const notBegun = run.tasks.flatMap(({ state, name }) => (state === 'pending' ? [name] : []));
      const rest = notBegun.length === 0 ? '' : `; not begun: ${notBegun.join(', ')}`;
      const message = `run ${run.id} is broken off, and is interrupted: ${event.why}${rest}`;
      return { level: 'warn', message, fields: { why: event.why, notBegun } };
    }
    case 'runBug':
      return {
        level: 'error',
        message: `run ${run.id} met a bug of hookkeeper, please report it`,
        fields: { err: event.error },
      };
    case 'runEnded': {
      const { outcome, durationMs, reason, remainingMs } = event.run;
      const message = `run ${run.id} ended ${outcome} after ${seconds(durationMs)}, ${leftOf(event.run)}${because(reason)}`;
      const level = outcome === 'succeeded' ? 'info' : 'error';
      return { level, message, fields: { outcome, durationMs, reason, remainingMs } };
    }
  }
}

function taskLine(event: TaskEvent): Line {
  switch (event.type) {
    case 'taskStarted': {
      const { kind, budgetMs } = event;
      const message = `started: ${event.summary}, within ${seconds(budgetMs)}, ${leftOf(event)}`;
      return { level: 'info', message, fields: { kind, budgetMs: Math.round(budgetMs) } };
    }
    case 'attemptEnded': {
      const { attempt, attempts, outcome, reason, durationMs, retryInMs } = event;
      const next = retryInMs === undefined ? '' : `, the next in ${seconds(retryInMs)}`;
      const took = `attempt ${attempt} of ${attempts} ${outcome} after ${seconds(durationMs)}`;
      return {
        level: levelOf(outcome),
        message: `${took}${next}, ${leftOf(event)}${because(reason)}`,
        fields: { attempt, attempts, outcome, durationMs: Math.round(durationMs), reason, retryInMs },
      };
    }
    case 'taskOutput':
      return { level: 'info', message: `printed: ${event.line}`, fields: { attempt: event.attempt } };
    case 'taskProgress': {
      const message = `${event.message}, ${leftOf(event)}`;
      return { level: 'info', message, fields: { attempt: event.attempt } };
    }
    case 'taskFigure': {
      const { figure, value } = event;
      return { level: 'debug', message: `measured ${figure.name}: ${value}`, fields: { figure: figure.name, value } };
    }
    case 'outputLimit': {
      const message = `printed ${event.lines} lines more than the log takes; the last are in the journal`;
      return { level: 'warn', message, fields: { lines: event.lines } };
    }
    case 'taskEnded': {
      const { outcome, attempts, durationMs, reason } = event.task;
      const tried = attempts === 0 ? 'not started' : `attempt ${attempts}`;
      const message = `ended ${outcome} after ${seconds(durationMs)} (${tried}), ${leftOf(event)}${because(reason)}`;
      return { level: levelOf(outcome), message, fields: { attempt: attempts, outcome, durationMs, reason } };
    }
    case 'taskBug':
      return { level: 'error', message: 'met a bug of hookkeeper, please report it', fields: { err: event.error } };
  }
}

function levelOf(outcome: string): 'info' | 'warn' {
  return outcome === 'succeeded' || outcome === 'skipped' ? 'info' : 'warn';
}

/** What each source of evidence said. */
function saidBy({ guess, said }: Identity) {
  if (said === undefined) return {};
  return { guess, process: said.process.why, api: said.api.why, sockets: said.sockets.why };
}

function deadlineOf(run: RunRecord): string {
  const { source, graceMs, reserveMs, insteadOf } = run.deadline;
  const other = insteadOf === undefined ? '' : `, instead of ${seconds(insteadOf.graceMs)} from ${insteadOf.source}`;
  return `deadline from ${source} (grace ${seconds(graceMs)}, reserve ${seconds(reserveMs)}${other})`;
}

function graceFields({ deadline: { source, graceMs, reserveMs } }: RunRecord) {
  return { source, graceMs, reserveMs };
}

function endOf(event: { readonly deadlineEpochMs: number; readonly remainingMs: number }) {
  return { deadlineAt: new Date(event.deadlineEpochMs).toISOString(), remainingMs: Math.round(event.remainingMs) };
}

function leftOf({ remainingMs }: { readonly remainingMs: number }): string {
  return `${seconds(Math.max(0, remainingMs))} left`;
}

function because(reason: string | null): string {
  return reason === null ? '' : `: ${reason}`;
}
