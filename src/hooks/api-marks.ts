/**
 * What the pod's status says of a life. The API server knows a new instance only some time after its postStart, and until then
 * shows the one before: as terminated, or even as running still (kubelet contract, section 7). So a container ID that was there
 * when the life began is no mark of it, and one that is there at a postStart is no proof of a repeat.
 */
import type { ApiMark } from '../journal/marks.ts';
import type { Circumstances, Comparison } from './evidence.ts';
import type { ContainerFacts } from './pod-facts.ts';
import { shortId } from './process-marks.ts';

const late: Comparison = { kind: 'incomparable', why: "the pod's status may not know the container of now yet" };

/** Compares the pod's status with that of a life. */
export function compareApi(mark: ApiMark | undefined, seen: ContainerFacts, about: Circumstances): Comparison {
  if (mark === undefined) return { kind: 'incomparable', why: "the pod's status was not known in the last life" };
  const id = seen.containerId;
  if (id === undefined || id === mark.before) return late;
  if (about.hook === 'preStop') return compareRunning(mark, seen, id);
  const ended = seen.state !== 'running';
  if (mark.containerId === null) {
    if (!ended) return late;
    return { kind: 'different', why: `container ${shortId(id)}, which began after the last postStart, has ended` };
  }
  if (mark.containerId !== id) return other(mark.containerId, id);
  if (ended) return { kind: 'different', why: `the last life's container ${shortId(id)} has ended` };
  return about.fromKubelet ? late : { kind: 'same', why: `container ${shortId(id)} is still running` };
}

function compareRunning(mark: ApiMark, seen: ContainerFacts, id: string): Comparison {
  if (seen.state !== 'running' || mark.containerId === null) return late;
  if (mark.containerId !== id) return other(mark.containerId, id);
  return { kind: 'same', why: `container ${shortId(id)} is still running` };
}

function other(then: string, now: string): Comparison {
  return { kind: 'different', why: `the pod's status has container ${shortId(now)}, and had ${shortId(then)} before` };
}

/** What is known of a life after one more look. `opens`: the look at the postStart that opened it. */
export function learnApi(
  mark: ApiMark | undefined,
  seen: ContainerFacts,
  about: Circumstances,
  opens: boolean,
): ApiMark | undefined {
  const { restartCount, containerId: id } = seen;
  if (about.hook === 'postStart') {
    return opens ? { before: id ?? null, containerId: null, restartCount } : mark;
  }
  const before = mark?.before ?? null;
  if (seen.state !== 'running' || id === undefined || id === before) return mark;
  // What is known stays: should it differ, another source has decided that it is the same life.
  return mark === undefined || mark.containerId === null ? { before, containerId: id, restartCount } : mark;
}
