import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, type Kept, removable, type SizeRules } from '../../../src/tasks/snapshot/keep.ts';

const RULES: SizeRules = { minBytes: 0, minFiles: 0, onSmaller: 'keepBoth', smallerThan: 0.5 };
const size = fc.record({ files: fc.nat({ max: 20 }), bytes: fc.nat({ max: 1000 }) });

describe('a new snapshot', () => {
  it.each<
    [what: string, now: [number, number], last: [number, number] | undefined, rules: Partial<SizeRules>, kind: string]
  >([
    ['the first, and empty', [0, 0], undefined, {}, 'good'],
    ['as large', [10, 100], [10, 100], {}, 'good'],
    ['half as large', [5, 50], [10, 100], {}, 'good'],
    ['of fewer than half of the files', [4, 100], [10, 100], {}, 'beside'],
    ['of less than half of the bytes', [10, 49], [10, 100], {}, 'beside'],
    ['empty after a full one', [0, 0], [10, 100], { smallerThan: 0.01 }, 'beside'],
    ['without content after some', [10, 0], [10, 1], { smallerThan: 0.01 }, 'beside'],
    ['empty after an empty one', [0, 0], [0, 0], {}, 'good'],
    ['smaller, where that fails', [0, 0], [10, 100], { onSmaller: 'fail' }, 'refused'],
    ['smaller, where that is allowed', [0, 0], [10, 100], { onSmaller: 'allow' }, 'good'],
    ['a byte smaller, where nothing may be', [10, 99], [10, 100], { smallerThan: 1 }, 'beside'],
    ['of too few files', [1, 100], undefined, { minFiles: 2, onSmaller: 'allow' }, 'refused'],
    ['of too few bytes', [1, 100], undefined, { minBytes: 101 }, 'refused'],
    ['of just enough', [2, 101], undefined, { minFiles: 2, minBytes: 101 }, 'good'],
  ])('%s', (_what, [files, bytes], last, rules, kind) => {
    const before = last === undefined ? undefined : { files: last[0], bytes: last[1] };
    expect(judge({ files, bytes }, before, { ...RULES, ...rules }).kind).toBe(kind);
  });

  it('that is empty never takes the place of one that is not, unless that is allowed', () => {
    fc.assert(
      fc.property(
        size,
        fc.constantFrom('keepBoth', 'fail'),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (last, onSmaller, smallerThan) => {
          fc.pre(last.files + last.bytes > 0);
          expect(judge({ files: 0, bytes: 0 }, last, { ...RULES, onSmaller, smallerThan }).kind).not.toBe('good');
        },
      ),
    );
  });
});

const kept: fc.Arbitrary<Kept[]> = fc
  .uniqueArray(fc.record({ takenAtMs: fc.nat({ max: 1000 }), good: fc.boolean() }), {
    selector: ({ takenAtMs }) => takenAtMs,
  })
  .map((all) => all.map((each) => ({ ...each, file: `app-${each.takenAtMs}` })));

describe('what is removed', () => {
  it('leaves the newest of both kinds, as a model says that keeps them one by one', () => {
    fc.assert(
      fc.property(kept, fc.integer({ min: 1, max: 5 }), (snapshots, keep) => {
        const left: Record<string, Kept[]> = { true: [], false: [] };
        for (const each of snapshots.toSorted((a, b) => a.takenAtMs - b.takenAtMs)) {
          const kind = left[String(each.good)] ?? [];
          kind.push(each);
          if (kind.length > keep) kind.shift();
        }
        const stays = new Set(Object.values(left).flat());
        const goes = snapshots.filter((each) => !stays.has(each)).map(({ file }) => file);
        expect(removable(snapshots, keep).toSorted()).toEqual(goes.toSorted());
      }),
    );
  });

  it('is never the newest good one', () => {
    fc.assert(
      fc.property(kept, fc.integer({ min: 1, max: 5 }), (snapshots, keep) => {
        const newest = snapshots.filter(({ good }) => good).toSorted((a, b) => b.takenAtMs - a.takenAtMs)[0];
        expect(removable(snapshots, keep)).not.toContain(newest?.file);
      }),
    );
  });
});
