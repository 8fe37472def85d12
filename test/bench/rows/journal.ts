import { statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/hooks/clock.ts';
import { type OpenJournal, openJournal } from '../../../src/journal/store.ts';
import { durableWrite } from '../disk.ts';
import { createJournals } from '../journals.ts';
import { compare, type Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';
import { sideOf, takeTurns, warmUp } from '../turns.ts';

const WARM_UP_WRITES = 20;

/** What one write of the journal costs: each claim, each end of a task and of a run waits for one. */
export const journal: Row = {
  name: 'journal',
  about: 'a durable write of the journal with one run and with all that it keeps, beside two bare syncs of the disk',
  rounds: 200,
  async run({ program, rounds, scratch, progress }) {
    const journals = createJournals({ program, scratch });
    const quietDir = await journals.filled(scratch.folder(), 'quiet');
    const fullDir = await journals.filled(quietDir, 'loud');
    const full = await open(fullDir);
    const [first] = (await open(quietDir)).all();
    const last = full.all().at(-1);
    if (first === undefined || last === undefined) throw new Error('a journal was filled and has no run');
    const oneDir = scratch.folder();
    const one = await open(oneDir);

    const writeOf = (name: string, opened: OpenJournal, run: typeof first) =>
      sideOf(name, async () => {
        const startedMs = performance.now();
        opened.put(run);
        const durability = await opened.commit();
        if (durability.state !== 'durable') throw new Error(`the journal was not written: ${durability.reason}`);
        return performance.now() - startedMs;
      });
    const small = writeOf('Hookkeeper', one, first);
    const large = writeOf('Hookkeeper', full, last);
    const bare = sideOf('two bare syncs', bareWrites(scratch));
    await warmUp(WARM_UP_WRITES, [small, large, bare]);
    await takeTurns(rounds, [small, large, bare], progress);
    const sizeOf = (dir: string) => `${Math.ceil(statSync(join(dir, 'journal.json')).size / 1024)} KiB`;
    const flat = { name: 'with 1 run', values: small.values };
    return {
      comparisons: [
        compare({ measure: `journal write, 1 run (${sizeOf(oneDir)})`, unit: 'ms' }, small, bare),
        compare({ measure: `journal write, full (${sizeOf(fullDir)})`, unit: 'ms' }, large, bare),
        compare({ measure: `journal write, full (${sizeOf(fullDir)})`, unit: 'ms' }, large, flat),
      ],
      notes: [
        'a bare write is 1 KiB into an open file, synced, and the sync of its folder; ours is a new file, renamed',
      ],
    };
  },
};

function open(dir: string): Promise<OpenJournal> {
  return openJournal({ dir, instance: 'bench', podUid: undefined, clock: systemClock, onEvent() {} });
}

function bareWrites(scratch: Scratch): () => Promise<number> {
  const write = durableWrite(scratch.folder());
  return async () => write();
}
