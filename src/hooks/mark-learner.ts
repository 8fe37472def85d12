/**
 * Learns later what could not be seen when a life began: the app listens only after its postStart came, and the API server knows
 * its container later still. Without that a crash soon after could not be told from a repeat.
 */
import type { ContainerConfig } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { Incarnation, Journal, RunRecord } from '../journal/entry.ts';
import type { LifeMarks } from '../journal/marks.ts';
import type { Clock } from './clock.ts';
import type { Evidence, Sightings } from './evidence.ts';
import { canLearn, learnMarks, marksOf, sameMarks } from './life-marks.ts';

/** When to look, in ms after the one before: soon, as apps crash early; and not for ever. */
const LOOKS_MS = [250, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000] as const;

export interface MarkLearner {
  /** Keeps what a delivery's look showed of its life, and looks at it from now on, until it is known or over. */
  note(container: ContainerConfig<ActionFacts>, incarnation: Incarnation, saw: Sightings): void;
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
  const followed = new Map<string, string>();

  /** One that is followed already is left alone. */
  function follow(container: ContainerConfig<ActionFacts>, life: string): void {
    if (followed.get(container.name) === life || signal.aborted) return;
    followed.set(container.name, life);
    lookIn(container, life, 0);
  }

  function lookIn(container: ContainerConfig<ActionFacts>, life: string, round: number): void {
    const delayMs = LOOKS_MS[round];
    const done = () => {
      if (followed.get(container.name) === life) followed.delete(container.name);
    };
    if (delayMs === undefined || signal.aborted) {
      done();
      return;
    }
    const stop = clock.after(delayMs, () => {
      signal.removeEventListener('abort', stop);
      if (!isOpen(journal.runsOf(container.name), life)) {
        done();
        return;
      }
      void evidence.look(container, signal).then((saw) => {
        // The journal went on meanwhile.
        const runs = journal.runsOf(container.name);
        if (!isOpen(runs, life) || signal.aborted) {
          done();
          return;
        }
        const known = marksOf(life, runs);
        const marks = learnMarks(known, saw, { hook: undefined, fromKubelet: false, executing: false }, false);
        putMarks(journal, container.name, life, marks);
        if (!sameMarks(known, marks)) void journal.commit();
        if (canLearn(marks, saw)) lookIn(container, life, round + 1);
        else done();
      }, done);
    });
    signal.addEventListener('abort', stop, { once: true });
  }

  return {
    note(container, { id, marks }, saw) {
      if (marks === undefined) return;
      putMarks(journal, container.name, id, marks);
      if (isOpen(journal.runsOf(container.name), id) && canLearn(marks, saw)) follow(container, id);
    },
  };
}

/** Whether it is the container's last life, and no preStop has closed it. */
function isOpen(runs: readonly RunRecord[], life: string): boolean {
  const unkeyed = runs.filter((run) => run.incarnation.evidence !== 'idempotency-key');
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
