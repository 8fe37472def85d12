/** A rehearsed life as runs with their deliveries and attempts, and the instants around them: what its pictures are drawn from. */
import { seconds } from '../hooks/sentence.ts';
import type { RunRecord } from '../journal/entry.ts';
import {
  type AttemptView,
  type DeliveryView,
  type RunTrace,
  type RunView,
  runView,
} from '../observe/timeline/run-view.ts';
import type { Mark } from '../observe/timeline/timeline.ts';
import type { Exit } from './child.ts';
import type { PodEvent } from './pod-event.ts';
import { type HookSent, hooksSent, lifeOf, type RehearsedLife, servedAs } from './rehearsed-life.ts';
import type { LogEntry } from './sidecar-log.ts';

export interface Scene {
  readonly runs: readonly RunView[];
  readonly marks: readonly Mark[];
}

/** The scene as far as it is known by now. Pure. */
export function sceneOf(life: RehearsedLife): Scene {
  const sent = hooksSent(life);
  const taken = new Set<HookSent>();
  const runs = life.runs.map((run) => {
    const mine = sent.filter((each) => isFor(each, life, run) && !taken.has(each));
    for (const each of mine) taken.add(each);
    const view = runView(run, traceOf(life.log.filter((entry) => entry.run === run.id)));
    return mine.length === 0 ? view : { ...view, deliveries: mine.map(deliveryView) };
  });
  const lost = sent.flatMap((each) => (taken.has(each) || each.result === undefined ? [] : [lostMark(each)]));
  const marks = [...life.events.flatMap((event) => markOf(event, life.events) ?? []), ...life.marks, ...lost];
  return { runs, marks: marks.toSorted((a, b) => a.atMs - b.atMs) };
}

function isFor({ container, hook, restartCount }: HookSent, life: RehearsedLife, run: RunRecord): boolean {
  return container === run.container && hook === run.hook && restartCount === lifeOf(life, run);
}

/** What was seen of one run: the log has each attempt, also of a process that was killed. */
function traceOf(log: readonly LogEntry[]): RunTrace {
  const attempts = new Map<string, AttemptView[]>();
  const outputs = new Map<string, string>();
  for (const entry of log) {
    const { event, task, msg } = entry;
    if (task === undefined) continue;
    if (event === 'taskStarted') attempts.set(task, []);
    if (event === 'attemptEnded') attempts.get(task)?.push(...attemptView(entry));
    if (event === 'taskOutput') outputs.set(task, `${outputs.get(task) ?? ''}${msg.replace(/^.*? printed: /, '')}\n`);
  }
  return {
    deliveries: [],
    attempts,
    workEndMs: log.findLast(({ workEndMs }) => workEndMs !== undefined)?.workEndMs,
    live: new Map([...outputs].map(([task, output]) => [task, { output, progress: null }])),
  };
}

function attemptView(entry: LogEntry): AttemptView[] {
  const { attempt, outcome, durationMs = 0, atMs, reason = null } = entry;
  if (attempt === undefined || outcome === undefined || outcome === 'interrupted') return [];
  const retryInMs = entry.retryInMs ?? null;
  return [{ number: attempt, startedAtMs: atMs - durationMs, endedAtMs: atMs, outcome, reason, retryInMs }];
}

function deliveryView({ atMs, result }: HookSent, index: number): DeliveryView {
  const broken = result !== undefined && result.kind !== 'success';
  const untilMs = result === undefined ? null : result.startedAtMs + result.durationMs;
  return { number: index + 1, atMs, untilMs, from: 'kubelet', served: endOf(result), broken };
}

function endOf(result: HookSent['result']): string {
  switch (result?.kind) {
    case undefined:
      return '';
    case 'success':
      return `${servedAs(result) ?? 'answered'}, ${result.status}`;
    case 'failure':
      return failureText(result.error);
    case 'graceOver':
      return 'the grace was over';
    case 'kubeletDied':
      return 'the kubelet died';
  }
}

/** What Hookkeeper said, where it did: the kubelet quotes it behind what it could not parse (kubelet contract, section 2). */
function failureText(error: string): string {
  const [, said] = /malformed MIME header[^"]*"(.+)"$/s.exec(error) ?? [];
  return `failed: ${said ?? error}`;
}

/** A call that became no delivery of a run. */
function lostMark({ container, hook, atMs, result }: HookSent): Mark {
  return { label: `${hook} of ${container} lost`, atMs, note: endOf(result) };
}

function markOf(event: PodEvent, events: readonly PodEvent[]): Mark | undefined {
  const mark = (label: string, note = ''): Mark => ({ label, atMs: event.atMs, note });
  switch (event.type) {
    case 'deleted':
      return mark('the pod is deleted', `with ${seconds(event.graceMs)} of grace`);
    case 'kubeletKilled':
      return mark('the kubelet is killed');
    case 'kubeletStarted':
      return events.some((before) => before.type === 'kubeletKilled' && before.atMs <= event.atMs)
        ? mark('the kubelet is back')
        : undefined;
    case 'probeFailed':
      return mark(`a probe of ${event.container} fails`);
    case 'signalSent': {
      const end = events.find((other) => other.type === 'containerEnded' && isSame(other, event));
      return mark(`${event.signal} to ${event.container}`, end?.type === 'containerEnded' ? exitText(end.exit) : '');
    }
    case 'containerEnded': {
      const asked = events.some((other) => other.type === 'signalSent' && isSame(other, event));
      return asked ? undefined : mark(`${event.container} ended`, exitText(event.exit));
    }
    case 'containerStarted':
      return event.restartCount > 0 ? mark(`${event.container} started again`) : undefined;
    case 'hookSent':
    case 'hookEnded':
    case 'startupProbeSucceeded':
    case 'backOff':
    case 'podEnded':
      return undefined;
  }
}

interface Named {
  readonly container: string;
  readonly restartCount: number;
}

function isSame(a: Named, b: Named): boolean {
  return a.container === b.container && a.restartCount === b.restartCount;
}

/** How a process ended, in words. */
export function exitText({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : `ended by ${signal}`;
}
