/**
 * Learns later what could not be seen when a life began: the app listens only after its postStart came, and the API server knows
 * its container later still. Without that a crash soon after could not be told from a repeat.
 */
import type { ContainerConfig } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import { type Incarnation, isKeyed, type Journal, type RunRecord } from '../journal/entry.ts';
import type { LifeMarks } from '../journal/marks.ts';
import { type Clock, wait } from './clock.ts';
import { type Evidence, type Sightings, UNASKED } from './evidence.ts';
import { canLearn, learnMarks, learnMarksAtStop, marksOf, sameMarks } from './life-marks.ts';

/** When to look, in ms after the one before: soon, as apps crash early; and not for ever. */
export const LOOKS_MS = [250, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000] as const;

/** For a look that an answer waits for: the API server's word counts more than what is learned by it, and needs no look before. */
const AT_ONCE = AbortSignal.abort();

export interface MarkLearner {
  /** Keeps what a delivery's look showed of its life, and looks at it from now on, until it is known or over. */
  note(container: ContainerConfig<ActionFacts>, incarnation: Incarnation, saw: Sightings): void;
  /** Looks at an app whose preStop is about to end: by then it may have changed what it is known by. Never rejects. */
  atStop(container: ContainerConfig<ActionFacts> | undefined, run: RunRecord): Promise<void>;
}

export interface MarkLearnerInput {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly evidence: Evidence;
  /** Ends all looks. */
  readonly signal: AbortSignal;
}

/** See above. */
export function createMarkLearner({ journal, clock, evidence, signal }: MarkLearnerInput): MarkLearner {
  /** The life that is looked at, by container. */
  const followed = new Map<string, string>();

  async function follow(container: ContainerConfig<ActionFacts>, life: string): Promise<void> {
    await lookUntilKnown(container, life);
    if (followed.get(container.name) === life) followed.delete(container.name);
  }

  async function lookUntilKnown(container: ContainerConfig<ActionFacts>, life: string): Promise<void> {
    for (const delayMs of LOOKS_MS) {
      const waited = await wait(clock, delayMs, signal);
      if (!waited || !isOpen(journal.runsOf(container.name), life)) return;
      const saw = await evidence.look(container, signal);
      // The journal went on meanwhile.
      const runs = journal.runsOf(container.name);
      if (signal.aborted || !isOpen(runs, life)) return;
      const known = marksOf(life, runs);
      const marks = learnMarks(known, saw, UNASKED, false);
      putMarks(journal, container.name, life, marks);
      if (!sameMarks(known, marks)) void journal.commit();
      if (!canLearn(marks, saw)) return;
    }
  }

  return {
    note(container, { id, marks }, saw) {
      const { name } = container;
      if (marks === undefined) return;
      putMarks(journal, name, id, marks);
      if (followed.get(name) === id || !isOpen(journal.runsOf(name), id) || !canLearn(marks, saw)) return;
      followed.set(name, id);
      void follow(container, id);
    },
    async atStop(container, run) {
      if (container === undefined || container.ports.length === 0 || isKeyed(run)) return;
      const saw = await evidence.look(container, AT_ONCE).catch(() => undefined);
      const { id } = run.incarnation;
      const runs = journal.runsOf(container.name);
      // What listens after a postStart is of the life that it has opened.
      if (saw === undefined || runs.findLast((known) => !isKeyed(known))?.incarnation.id !== id) return;
      putMarks(journal, container.name, id, learnMarksAtStop(marksOf(id, runs), saw));
    },
  };
}

/** Whether it is the container's last life, and no preStop has closed it. */
function isOpen(runs: readonly RunRecord[], life: string): boolean {
  const unkeyed = runs.filter((run) => !isKeyed(run));
  return (
    unkeyed.at(-1)?.incarnation.id === life &&
    unkeyed.every((run) => run.incarnation.id !== life || run.hook !== 'preStop')
  );
}

/** Gives each run of a life what is known of it. In memory only, as `Journal.put` is. */
function putMarks(journal: Journal, container: string, life: string, marks: LifeMarks): void {
  for (const run of journal.runsOf(container)) {
    const { incarnation } = run;
    if (incarnation.id !== life || sameMarks(incarnation.marks ?? {}, marks)) continue;
    journal.put({ ...run, incarnation: { ...incarnation, marks } });
  }
}
