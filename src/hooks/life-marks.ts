import type { RunRecord } from '../journal/entry.ts';
import type { LifeMarks } from '../journal/marks.ts';
import { compareApi, learnApi } from './api-marks.ts';
import {
  type Circumstances,
  type Comparison,
  type Sighting,
  type Sightings,
  SOURCES,
  type Source,
  UNASKED,
} from './evidence.ts';
import { compareProcess } from './process-marks.ts';
import { compareSockets, learnSockets, learnSocketsAtStop } from './socket-marks.ts';

/** What each source says of one life, or what it lacks to do so. */
export type Comparisons = Readonly<Record<Source, Comparison>>;

/** Compares what was seen with the marks of a life, source by source. Pure and total. */
export function compareMarks(marks: LifeMarks, saw: Sightings, about: Circumstances): Comparisons {
  return {
    process: compareProcess(marks.process, saw.process, about),
    api: compared(saw.api, (seen) => compareApi(marks.api, seen, about)),
    sockets: compared(saw.sockets, (seen) => compareSockets(marks.sockets, seen, about)),
  };
}

function compared<T>(sighting: Sighting<T>, compare: (seen: T) => Comparison): Comparison {
  return sighting.kind === 'seen' ? compare(sighting.seen) : { kind: 'incomparable', why: sighting.why };
}

/**
 * The marks of a life after one more look. `opens`: it is the look at its first delivery. Without a delivery nobody has decided
 * that it is that life still, so that only what is missing is added. Pure.
 */
export function learnMarks(marks: LifeMarks, saw: Sightings, about: Circumstances, opens: boolean): LifeMarks {
  const { process, api, sockets } = saw;
  return withoutUndefined({
    process: marks.process ?? (process.kind === 'seen' ? process.seen : undefined),
    api: api.kind === 'seen' ? learnApi(marks.api, api.seen, about, opens) : marks.api,
    sockets: sockets.kind === 'seen' ? learnSockets(marks.sockets, sockets.seen, about) : marks.sockets,
  });
}

/** The marks of a life after a look at the end of its preStop. Pure. */
export function learnMarksAtStop(marks: LifeMarks, { sockets }: Pick<Sightings, 'sockets'>): LifeMarks {
  if (sockets.kind !== 'seen') return marks;
  return withoutUndefined({ ...marks, sockets: learnSocketsAtStop(marks.sockets, sockets.seen) });
}

/**
 * The marks of a life that begins, before it is looked at: where the API server tells nothing just then, what it shows a moment later
 * may still be the container of the life before.
 */
export function marksBefore(last: LifeMarks, { api }: Sightings): LifeMarks {
  if (api.kind !== 'blind' || last.api === undefined) return {};
  const { before, containerId, restartCount } = last.api;
  return { api: { before: containerId ?? before, containerId: null, restartCount } };
}

/** What shows that an app is in another life: the source, and what it says, in a sentence. */
export interface OtherLife {
  readonly source: Source;
  readonly why: string;
}

/** What shows, without a delivery, that the app is in another life than that of these marks; undefined where nothing does. */
export function otherLife(marks: LifeMarks, saw: Sightings): OtherLife | undefined {
  const said = compareMarks(marks, saw, UNASKED);
  const source = SOURCES.find((each) => said[each].kind !== 'incomparable');
  return source !== undefined && said[source].kind === 'different' ? { source, why: said[source].why } : undefined;
}

/** Whether a later look may still add something that a crash could be told by. */
export function canLearn(marks: LifeMarks, saw: Sightings): boolean {
  // Where processes are seen, they tell more than all else.
  if (saw.process.kind !== 'blind') return marks.process === undefined;
  const api = saw.api.kind !== 'blind' || saw.api.passing === true;
  return (
    (api && (marks.api?.containerId ?? null) === null) || (saw.sockets.kind !== 'blind' && marks.sockets === undefined)
  );
}

/** The marks of the life with this ID, as its runs have them; each of its runs has all of them. */
export function marksOf(life: string, runs: readonly RunRecord[]): LifeMarks {
  return runs.findLast((run) => run.incarnation.id === life && run.incarnation.marks)?.incarnation.marks ?? {};
}

/** Whether two looks left the same marks. */
export function sameMarks(one: LifeMarks, other: LifeMarks): boolean {
  return SOURCES.every((source) => JSON.stringify(one[source]) === JSON.stringify(other[source]));
}

/** The journal and its readers have no use for keys without a value. */
function withoutUndefined(marks: LifeMarks): LifeMarks {
  return Object.fromEntries(Object.entries(marks).filter(([, mark]) => mark !== undefined));
}
