import type { Config } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import { type AppPresence, type AppWatch, presenceOf } from '../hooks/app-presence.ts';
import type { Clock } from '../hooks/clock.ts';
import { type Evidence, UNASKED } from '../hooks/evidence.ts';
import { learnMarks, marksOf, otherLife } from '../hooks/life-marks.ts';
import type { PodSource } from '../hooks/pod-facts.ts';
import { isKeyed, type Journal } from '../journal/entry.ts';
import type { LifeMarks } from '../journal/marks.ts';
import { createEvidence } from './evidence.ts';
import { recentPod } from './recent-pod.ts';

export interface AppWatchInput {
  readonly config: () => Pick<Config<ActionFacts>, 'containers'>;
  readonly journal: Pick<Journal, 'runsOf'>;
  readonly pod: PodSource;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** Tells whether apps are there; the API server is asked no more than once a second. */
export function createAppWatch({ pod, clock, ...input }: AppWatchInput): AppWatch {
  return watchBy(createEvidence({ ...input, pod: recentPod(pod, clock) }), input);
}

/** The same from any evidence, the journal's marks of the apps' lives, and its own earlier looks. */
export function watchBy(evidence: Evidence, { config, journal }: Pick<AppWatchInput, 'config' | 'journal'>): AppWatch {
  const watched = new Map<string, { readonly life: string | undefined; readonly marks: LifeMarks }>();
  return {
    async look(name, signal): Promise<AppPresence> {
      const container = config().containers.get(name);
      if (container === undefined) return { kind: 'unknown', why: 'it is not in the config' };
      const saw = await evidence.look(container, signal);
      const runs = journal.runsOf(name).filter((run) => !isKeyed(run));
      const life = runs.at(-1)?.incarnation.id;
      const before = watched.get(name);
      const known = {
        ...(before?.life === life && before?.marks),
        ...(life !== undefined && marksOf(life, runs)),
      };
      watched.set(name, { life, marks: learnMarks(known, saw, UNASKED, false) });
      const presence = presenceOf(saw, known);
      if (presence.kind !== 'alive' || life === undefined) return presence;
      return { ...presence, otherLife: otherLife(marksOf(life, runs), saw) !== undefined };
    },
  };
}
