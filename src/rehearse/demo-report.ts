import type { RunRecord } from '../journal/entry.ts';
import { type DeliveryView, runView } from '../observe/timeline/run-view.ts';
import { type Timeline, timelineOf } from '../observe/timeline/timeline.ts';
import type { Exit } from './child.ts';
import type { HookLine } from './narrate.ts';
import type { HookResult } from './simulated-kubelet.ts';

/** All that is known of a pod's life when it is over. Instants are on the wall clock, in ms. */
export interface PlayedLife {
  /** In the order in which they were sent. */
  readonly deliveries: readonly HookResult[];
  /** From the journal, as it is on the disk. */
  readonly runs: readonly RunRecord[];
  readonly log: readonly HookLine[];
  readonly appStopAtMs: number;
  readonly appExit: Exit;
  readonly sidecarStopAtMs: number;
  readonly sidecarExit: Exit;
}

/** A promise, and what is there instead where it was broken. */
export interface Verdict {
  readonly promise: string;
  readonly broken: string | undefined;
}

/** The life as a timeline: each run with its deliveries and tasks, then the two SIGTERMs. */
export function lifeTimeline(life: PlayedLife): Timeline {
  const runs = life.runs.map((run) => {
    const deliveries = life.deliveries.filter(({ hook }) => hook === run.hook).map(deliveryView);
    return { ...runView(run, undefined), deliveries };
  });
  const marks = [
    { label: 'SIGTERM to the app', atMs: life.appStopAtMs, note: exitText(life.appExit) },
    { label: 'SIGTERM to Hookkeeper', atMs: life.sidecarStopAtMs, note: exitText(life.sidecarExit) },
  ];
  return timelineOf(runs, marks, life.sidecarStopAtMs);
}

function deliveryView(result: HookResult, index: number): DeliveryView {
  const { startedAtMs: atMs, durationMs } = result;
  const broken = result.kind !== 'success';
  const served = deliveryNote(result);
  return { number: index + 1, atMs, untilMs: atMs + durationMs, from: 'kubelet', served, broken };
}

function deliveryNote(result: HookResult): string {
  switch (result.kind) {
    case 'success':
      return `${servedAs(result) ?? 'answered'}, ${result.status}`;
    case 'failure':
      return result.error;
    case 'graceOver':
      return 'the grace was over';
    case 'kubeletDied':
      return 'the kubelet died';
  }
}

/** How a delivery was served, as Hookkeeper itself says it. */
function servedAs(result: HookResult): string | undefined {
  return result.kind === 'success' ? result.headers.get('x-hookkeeper-delivery')?.[0] : undefined;
}

/** How a process ended, in words. */
export function exitText({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : `ended by ${signal}`;
}

/** The promises that the demo shows, and whether this life kept them. */
export function judge(life: PlayedLife): Verdict[] {
  const { runs, log, sidecarExit } = life;
  const tasks = runs.flatMap((run) => run.tasks);
  const starts = log.filter(({ event }) => event === 'taskStarted').length;
  const second = life.deliveries.findLast(({ hook }) => hook === 'preStop');
  const served = second === undefined ? 'none' : (servedAs(second) ?? second.kind);
  const bad = runs.filter((run) => run.state !== 'ended' || run.outcome !== 'succeeded').map(({ hook }) => hook);
  const late = runs.filter((run) => run.state !== 'ended' || run.remainingMs <= 0).map(({ hook }) => hook);
  const verdict = (promise: string, kept: boolean, broken: string): Verdict => {
    return { promise, broken: kept ? undefined : broken };
  };
  return [
    verdict(
      `each of the ${tasks.length} tasks was executed once`,
      tasks.length > 0 && starts === tasks.length,
      `${starts} were started`,
    ),
    verdict('each hook had one run, whatever was delivered', runs.length === 2, `there were ${runs.length} runs`),
    verdict('the second preStop joined the run of the first', served === 'joined', `it was ${served}`),
    verdict('both hooks succeeded', bad.length === 0, `not so: ${bad.join(', ')}`),
    verdict('both were done before the deadline minus the reserve', late.length === 0, `not so: ${late.join(', ')}`),
    verdict('Hookkeeper ended by itself after SIGTERM', sidecarExit.code === 0, exitText(sidecarExit)),
  ];
}
