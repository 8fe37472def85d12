/**
 * Whether a container's app is there, seen from outside: the port for what has to outlive it. The same sources tell as tell
 * lives apart: the processes in a shared PID namespace, the pod's status, the listening sockets.
 */
import type { LifeMarks } from '../journal/marks.ts';
import type { Sightings } from './evidence.ts';
import { shortId } from './process-marks.ts';

/** What one look saw. The reason is a sentence without a subject, with its source: `its process node (PID 7) is there`. */
export type AppPresence =
  | {
      readonly kind: 'alive';
      readonly why: string;
      /** Whether it is certainly in another life than that of the journal's last delivery. Default: no. */
      readonly otherLife?: boolean;
    }
  /** It was there, or should be, and certainly is not: a source that would see it does not. */
  | { readonly kind: 'gone'; readonly why: string }
  /** No source can tell; `why` says what each of them lacks. */
  | { readonly kind: 'unknown'; readonly why: string };

export interface AppWatch {
  /** Looks once at the app of a container, by its name in the config. Never rejects; bounded by itself to a few hundred ms. */
  look(container: string, signal: AbortSignal): Promise<AppPresence>;
}

/**
 * What the sightings say of the app. What was never seen is not gone: its name in the config may be wrong, or it may not listen
 * yet. `seenBefore` is what earlier looks showed of the same life. Pure.
 */
export function presenceOf(
  { process, api, sockets }: Sightings,
  seenBefore: Pick<LifeMarks, 'process' | 'api' | 'sockets'>,
): AppPresence {
  if (process.kind === 'seen') return { kind: 'alive', why: 'its processes are there' };
  if (process.kind === 'nothing' && seenBefore.process !== undefined)
    return { kind: 'gone', why: 'its processes are gone' };
  if (sockets.kind === 'seen' && sockets.seen.inodes.length > 0)
    return { kind: 'alive', why: 'it listens on its ports' };
  if (api.kind === 'seen' && api.seen.containerId !== undefined) {
    const { containerId, state } = api.seen;
    const earlier = containerId === seenBefore.api?.before;
    if (state === 'running' && !earlier) return { kind: 'alive', why: `container ${shortId(containerId)} is running` };
    if (state === 'terminated' && !earlier) return { kind: 'gone', why: `container ${shortId(containerId)} has ended` };
    // In back-off the status shows the container that has ended, as one that waits.
    if (state === 'waiting' && !earlier)
      return { kind: 'gone', why: `container ${shortId(containerId)} waits to be started again` };
  }
  if (sockets.kind === 'seen' && (seenBefore.sockets?.inodes.length ?? 0) > 0)
    return { kind: 'gone', why: 'nobody listens on its ports any more' };
  const lacks = [process, api, sockets].map((sighting) =>
    sighting.kind === 'seen' ? 'it was never seen' : sighting.why,
  );
  return { kind: 'unknown', why: [...new Set(lacks)].join('; ') };
}
