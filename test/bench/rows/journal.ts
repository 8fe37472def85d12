import { statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/hooks/clock.ts';
import { type OpenJournal, openJournal } from '../../../src/journal/store.ts';
import { durableReplace, durableWrite } from '../disk.ts';
import { createJournals } from '../journals.ts';
import { compare, type Row } from '../row.ts';
import { figureOf } from '../statistics.ts';
import { type Side, sideOf, takeTurns, warmUp } from '../turns.ts';

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
    const syncs = bare('two bare syncs', durableWrite(scratch.folder()));
    const replaceOf = (dir: string) => bare('a bare replace', durableReplace(scratch.folder(), sizeOf(dir)));
    const [smallReplace, largeReplace] = [replaceOf(oneDir), replaceOf(fullDir)];
    const sides = [small, large, syncs, smallReplace, largeReplace];
    await warmUp(WARM_UP_WRITES, sides);
    await takeTurns(rounds, sides, progress);
    const kib = (dir: string) => `${Math.ceil(sizeOf(dir) / 1024)} KiB`;
    const ofOne = { measure: `journal write, 1 run (${kib(oneDir)})`, unit: 'ms' } as const;
    const ofFull = { measure: `journal write, full (${kib(fullDir)})`, unit: 'ms' } as const;
    const growth = figureOf(largeReplace.values).median / figureOf(smallReplace.values).median;
    return {
      comparisons: [
        compare(ofOne, small, syncs),
        compare(ofOne, small, smallReplace),
        compare(ofFull, large, syncs),
        compare(ofFull, large, largeReplace),
        compare(ofFull, large, { name: 'with 1 run', values: small.values }),
      ],
      notes: [
        'two bare syncs are those of 1 KiB in an open file, and of its folder; ours is a new file, renamed, as is a bare replace of as many bytes',
        `a bare replace of ${kib(fullDir)} takes ${growth.toFixed(2)} times as long as one of ${kib(oneDir)}`,
      ],
    };
  },
};

function sizeOf(dir: string): number {
  return statSync(join(dir, 'journal.json')).size;
}

function bare(name: string, write: () => number): Side {
  return sideOf(name, async () => write());
}

function open(dir: string): Promise<OpenJournal> {
  return openJournal({ dir, instance: 'bench', podUid: undefined, clock: systemClock, onEvent() {} });
}
