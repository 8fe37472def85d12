/** What happened in a rehearsed pod, as it was seen from outside of Hookkeeper and told by it. */
import type { HookName } from '../config/config.ts';
import type { RunRecord } from '../journal/entry.ts';
import type { Mark } from '../observe/timeline/timeline.ts';
import type { PodEvent } from './pod-event.ts';
import type { LogEntry } from './sidecar-log.ts';
import type { HookResult } from './simulated-kubelet.ts';

/** The container that is Hookkeeper. */
export const SIDECAR = 'hookkeeper';

export interface RehearsedLife {
  /** What the kubelet did and saw, in order. */
  readonly events: readonly PodEvent[];
  /** What each Hookkeeper of the pod logged, in order. */
  readonly log: readonly LogEntry[];
  /** From the journal, as it is on the disk. */
  readonly runs: readonly RunRecord[];
  /** What the scenario did beside the kubelet. */
  readonly marks: readonly Mark[];
}

/** One hook call of the kubelet, and how it ended; undefined while it is open. */
export interface HookSent {
  readonly container: string;
  readonly hook: HookName;
  readonly restartCount: number;
  readonly atMs: number;
  readonly result: HookResult | undefined;
}

export function hooksSent({ events }: Pick<RehearsedLife, 'events'>): HookSent[] {
  return events.flatMap((sent) => {
    if (sent.type !== 'hookSent') return [];
    const end = events.find((event) => event.type === 'hookEnded' && event.delivery === sent.delivery);
    const { container, hook, restartCount, atMs } = sent;
    return [{ container, hook, restartCount, atMs, result: end?.type === 'hookEnded' ? end.result : undefined }];
  });
}

/** Which life of its container a run belongs to, by when it began: the pod knows, whatever Hookkeeper took it for. */
export function lifeOf({ events }: Pick<RehearsedLife, 'events'>, run: RunRecord): number {
  const starts = events.filter(
    (event) =>
      event.type === 'containerStarted' && event.container === run.container && event.atMs <= run.firstDeliveryAtMs,
  );
  return Math.max(0, starts.length - 1);
}

/** How Hookkeeper says that it served a delivery; undefined where there was no such answer. */
export function servedAs(result: HookResult | undefined): string | undefined {
  return result?.kind === 'success' ? result.headers.get('x-hookkeeper-delivery')?.[0] : undefined;
}

/** When Hookkeeper was killed by the scenario, and when it was back; nobody answers in between. */
function killsOf({
  events,
  log,
}: Pick<RehearsedLife, 'events' | 'log'>): { readonly atMs: number; readonly backMs: number }[] {
  return events.flatMap((event) => {
    if (event.type !== 'containerEnded' || event.container !== SIDECAR || event.exit.signal !== 'SIGKILL') return [];
    const back = log.find((entry) => entry.event === 'journal.opened' && entry.atMs > event.atMs);
    return [{ atMs: event.atMs, backMs: back?.atMs ?? Infinity }];
  });
}

/** Whether Hookkeeper had been killed at an instant, and was not back yet. */
export function wasKilled(life: RehearsedLife, atMs: number): boolean {
  return killsOf(life).some((kill) => kill.atMs <= atMs && atMs <= kill.backMs);
}

/** Whether a kill of Hookkeeper ended the run, and no delivery came for it any more: its app was gone then. */
export function cutOff(life: RehearsedLife, run: RunRecord): boolean {
  if (run.state === 'ended') return false;
  return killsOf(life).some(({ atMs }) => run.lastDeliveryAtMs <= atMs);
}
