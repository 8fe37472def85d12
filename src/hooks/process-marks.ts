import type { ProcessMark } from '../journal/marks.ts';
import type { Comparison } from './evidence.ts';

/** So much of a container's ID tells it from others, as in `docker ps`. */
const SHOWN = 12;

/** Compares the process that was seen with that of a life. A container's processes end with it, and its ID is never used again. */
export function compareProcess(mark: ProcessMark | undefined, seen: ProcessMark): Comparison {
  if (mark === undefined) return { kind: 'incomparable', why: 'no process of the last life was seen' };
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
