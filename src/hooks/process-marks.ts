import type { ProcessMark } from '../journal/marks.ts';
import type { Circumstances, Comparison, ProcessSighting } from './evidence.ts';

/** So much of a container's ID tells it from others, as in `docker ps`. */
const SHOWN = 12;

/** Compares the processes with those of a life. A container's processes end with it, and its ID is never used again. */
export function compareProcess(
  mark: ProcessMark | undefined,
  sighting: ProcessSighting,
  about: Circumstances,
): Comparison {
  if (mark !== undefined && sighting.kind === 'seen') return compareSeen(mark, sighting.seen);
  const id = mark?.containerId ?? null;
  if (id !== null && sighting.kind !== 'seen' && sighting.containers !== undefined) {
    const there = sighting.containers.has(id);
    // Where the app may be in any of several containers, the mark may be of another of them, too: one that was alone for a moment.
    if (there && sighting.kind === 'nothing')
      return { kind: 'same', why: `the last life's container ${shortId(id)} is still there` };
    if (!there && about.hook === 'postStart')
      return { kind: 'different', why: `the last life's container ${shortId(id)} is gone` };
  }
  const why = sighting.kind === 'seen' ? 'no process of the last life was seen' : sighting.why;
  return { kind: 'incomparable', why };
}

function compareSeen(mark: ProcessMark, seen: ProcessMark): Comparison {
  if (mark.containerId !== null && seen.containerId !== null) {
    const [then, now] = [shortId(mark.containerId), shortId(seen.containerId)];
    return mark.containerId === seen.containerId
      ? { kind: 'same', why: `its processes are still those of container ${now}` }
      : { kind: 'different', why: `its processes are in container ${now}, those of the last life were in ${then}` };
  }
  return mark.startTicks === seen.startTicks
    ? { kind: 'same', why: 'its oldest process is still that of the last life' }
    : { kind: 'different', why: 'its oldest process is not that of the last life' };
}

/** What of an ID is shown. */
export function shortId(id: string): string {
  return (id.split('://').at(-1) ?? id).slice(0, SHOWN);
}
