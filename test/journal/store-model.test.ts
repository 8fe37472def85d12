/** The store against a model that is a list: whatever is put, committed and crashed, no committed record is lost (P1). */
import * as nodeFs from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RUNS_PER_HOOK } from '../../src/journal/bounds.ts';
import type { FileSystem } from '../../src/journal/durable-file.ts';
import type { RunRecord } from '../../src/journal/entry.ts';
import { openJournal } from '../../src/journal/store.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { within } from '../helpers/within.ts';
import { disk } from './disks.ts';
import { endedRun, runningRun } from './records.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Step = Put | { readonly do: 'commit' | 'commitUnawaited' | 'crash' };
interface Put {
  readonly do: 'claim' | 'end';
  readonly sequence: number;
}

const put: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('claim' as const, 'end' as const),
  sequence: fc.integer({ min: 1, max: 60 }),
});
/** A commit as often as every third put, and now and then something else. */
function steps(rare: Step): fc.Arbitrary<Step[]> {
  const step = fc.oneof(
    { arbitrary: put, weight: 6 },
    { arbitrary: fc.constant<Step>({ do: 'commit' }), weight: 2 },
    { arbitrary: fc.constant(rare), weight: 1 },
  );
  return fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });
}

function recordOf(step: Put, instance: string): RunRecord {
  const about = { container: step.sequence % 3 === 0 ? 'proxy' : 'app' };
  return step.do === 'claim' ? runningRun(step.sequence, { ...about, instance }) : endedRun(step.sequence, about);
}

function open(dir: string, life: number, fs: FileSystem = nodeFs) {
  const onEvent = () => {};
  return openJournal({ dir, instance: `life-${life}`, podUid: undefined, clock: manualClock(), onEvent, fs });
}

/** The list after a put. */
function modelPut(runs: readonly RunRecord[], run: RunRecord): RunRecord[] {
  return lastOfEach([...runs.filter(({ id }) => id !== run.id), run].toSorted((a, b) => a.sequence - b.sequence));
}

/** The list that the next process finds. */
function afterDeath(runs: readonly RunRecord[]): RunRecord[] {
  return lastOfEach(
    runs.map((run) => {
      if (run.state !== 'running') return run;
      const { instance: _, ...facts } = run;
      return { ...facts, state: 'interrupted' };
    }),
  );
}

function lastOfEach(runs: readonly RunRecord[]): RunRecord[] {
  return runs.filter((run, index) => {
    const newer = runs.slice(index + 1).filter(({ container }) => container === run.container);
    return run.state === 'running' || newer.length < RUNS_PER_HOOK;
  });
}

describe('the store', () => {
  it('has, after any crash, exactly what was committed before it', async () => {
    await fc.assert(
      fc.asyncProperty(steps({ do: 'crash' }), async (script) => {
        await using dir = await temporaryFolder();
        let life = 1;
        let journal = await open(dir.path, life);
        let memory: readonly RunRecord[] = [];
        let committed: readonly RunRecord[] = [];
        for (const step of script) {
          if (step.do === 'claim' || step.do === 'end') {
            journal.put(recordOf(step, `life-${life}`));
            memory = modelPut(memory, recordOf(step, `life-${life}`));
          } else if (step.do === 'crash') {
            life += 1;
            journal = await open(dir.path, life);
            memory = afterDeath(committed);
            committed = memory;
          } else {
            expect(await journal.commit()).toEqual({ state: 'durable' });
            committed = memory;
          }
          expect(journal.all()).toEqual(memory);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('has, after the disk stopped at any operation, what was said to be durable, or put since', async () => {
    await fc.assert(
      fc.asyncProperty(steps({ do: 'commitUnawaited' }), fc.nat({ max: 80 }), async (script, operations) => {
        await using dir = await temporaryFolder();
        await using dying = dyingDisk(operations);
        const history: (readonly RunRecord[])[] = [[]];
        let durable = 0;
        const life = async () => {
          const journal = await open(dir.path, 1, dying.fs);
          for (const step of script) {
            if (step.do === 'claim' || step.do === 'end') {
              journal.put(recordOf(step, 'life-1'));
              history.push(journal.all());
            } else {
              const upTo = history.length - 1;
              const commit = journal.commit().then(({ state }) => {
                if (state === 'durable') durable = Math.max(durable, upTo);
              });
              if (step.do === 'commit') await commit;
            }
          }
          dying.stop();
          await journal.close();
        };
        await within('the end of the script or of the disk', Promise.race([life(), dying.died]));

        const found = JSON.stringify((await open(dir.path, 2)).all());
        const possible = history.slice(durable).map((runs) => JSON.stringify(afterDeath(runs)));
        expect(possible).toContain(found);
      }),
      { numRuns: 100 },
    );
  });
});

/** A disk that does so many operations, and then nothing more, as if the machine had lost its power. */
function dyingDisk(operations: number) {
  const died = Promise.withResolvers<void>();
  const files: nodeFs.FileHandle[] = [];
  let left = operations;
  const fs = disk(async () => {
    left -= 1;
    if (left >= 0) return;
    died.resolve();
    await new Promise<never>(() => {});
  });
  async function open(...args: Parameters<typeof nodeFs.open>) {
    const file = await fs.open(...args);
    files.push(file);
    return file;
  }
  return {
    fs: { ...fs, open },
    died: died.promise,
    /** Lets no further operation begin. */
    stop() {
      left = 0;
    },
    async [Symbol.asyncDispose]() {
      for (const file of files) await file.close();
    },
  };
}
