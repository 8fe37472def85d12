import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Continued, createJournals, type Journals } from '../journals.ts';
import { compare, type Row } from '../row.ts';
import { type Side, takeTurns, warmUp } from '../turns.ts';

/** In each round, which has new processes. Few, as an empty journal does not stay empty. */
const WARM_UP_CALLS = 3;
const CALLS = 10;

/** A journal to start with, and how long the runs took that were added to it. */
interface Variant {
  readonly name: string;
  readonly journalDir: string;
  readonly values: number[];
}

/** Whether runs get slower as the journal fills: all of it is written each time. */
export const history: Row = {
  name: 'history',
  about: 'latency of a run without tasks with a full journal, beside the same program with an empty one',
  rounds: 12,
  async run({ program, scratch, rounds, progress }) {
    const journals = createJournals({ program, scratch });
    const variant = (name: string, journalDir: string): Variant => ({ name, journalDir, values: [] });
    const empty = variant('empty journal', scratch.folder());
    const full = variant('40 runs of history', await journals.filled(empty.journalDir, 'quiet'));
    const fullest = variant('80 runs with output', await journals.filled(full.journalDir, 'loud'));
    for (let round = 0; round < rounds; round += 1) {
      progress(round);
      await measureEach(journals, [empty, full, fullest]);
    }
    const lineOf = (ours: Variant) => {
      const kibibytes = Math.round(statSync(join(ours.journalDir, 'journal.json')).size / 1024);
      return compare({ measure: `run without tasks, ${ours.name} (${kibibytes} KiB)`, unit: 'ms' }, ours, empty);
    };
    return { comparisons: [full, fullest].map(lineOf), notes: [] };
  },
};

/** Each with a new process, so that none is warmer than another. */
async function measureEach({ startWith }: Journals, variants: readonly Variant[]): Promise<void> {
  const processes: Continued[] = [];
  const sides: Side[] = [];
  for (const { name, journalDir, values } of variants) {
    const process = await startWith(journalDir);
    processes.push(process);
    sides.push({ name, values, measure: () => process.newRun('quiet') });
  }
  await warmUp(WARM_UP_CALLS, sides);
  await takeTurns(CALLS, sides, () => {});
  for (const process of processes) await process.stop();
}
