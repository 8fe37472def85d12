import type { Clock } from '../../src/hooks/clock.ts';
import { boundJournal } from '../../src/journal/bounds.ts';
import { JOURNAL_VERSION } from '../../src/journal/codec.ts';
import type { Journal, RunRecord } from '../../src/journal/entry.ts';

/** What outlives the processes of the sidecar: the committed runs. */
export interface Disk {
  readonly runs: () => readonly RunRecord[];
  /** A journal of the next process on it; what an earlier one was executing is interrupted. */
  mount(clock: Clock): Journal & { readonly unplug: () => void };
}

/** How long a commit takes: a kill falls into some of them. */
const COMMIT_MS = 2;

/** A disk in memory, bounded as the real journal is. */
export function createDisk(): Disk {
  let stored: readonly RunRecord[] = [];
  return {
    runs: () => stored,
    mount(clock) {
      let plugged = true;
      let known: readonly RunRecord[] = stored.map((run): RunRecord => {
        if (run.state !== 'running') return run;
        const { instance: _dead, ...facts } = run;
        return { ...facts, state: 'interrupted' };
      });
      const durable = { state: 'durable' } as const;
      return {
        runsOf: (container) => known.filter((run) => run.container === container),
        all: () => known,
        nextSequence: () => nextOf(known),
        put(run) {
          const runs = [...known.filter(({ id }) => id !== run.id), run].toSorted((a, b) => a.sequence - b.sequence);
          known = boundJournal({ version: JOURNAL_VERSION, pod: null, nextSequence: nextOf(runs), runs }).data.runs;
        },
        async commit() {
          const written = known;
          const { promise, resolve } = Promise.withResolvers<void>();
          clock.after(COMMIT_MS, resolve);
          await promise;
          if (plugged) stored = written;
          return durable;
        },
        durability: () => durable,
        unplug() {
          plugged = false;
        },
      };
    },
  };
}

function nextOf(runs: readonly RunRecord[]): number {
  return 1 + Math.max(0, ...runs.map(({ sequence }) => sequence));
}
