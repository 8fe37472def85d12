import { describe, expect, it } from 'vitest';
import { usedTable } from '../../src/config/used-table.ts';
import { fakeTable } from './fake-kinds.ts';

/** The kinds whose schemas are still there, and whether that of `when` is. */
function left(data: unknown): string[] {
  const { kinds, guard } = usedTable(fakeTable, data);
  const made = kinds.filter((kind) => fakeTable.kinds.includes(kind)).map(({ name }) => name);
  return [...made, ...(guard === fakeTable.guard ? ['when'] : [])];
}

describe('the table that a file needs', () => {
  it('has the schemas of the kinds that the file names, at any depth', () => {
    expect(left({ containers: { app: { preStop: [{ parallel: [{ work: {} }] }] } } })).toEqual(['work']);
    expect(left([{ undo: { pause: '1s' }, when: {} }])).toEqual(['pause', 'when']);
    expect(left({ name: 'work' })).toEqual([]);
  });

  it('keeps the names of all kinds, as problems list them', () => {
    expect(usedTable(fakeTable, null).kinds.map(({ name }) => name)).toEqual(['work', 'pause']);
  });

  it('says which kinds no task is of, and whether nothing is taken back', () => {
    const { kinds, withoutUndo } = usedTable(fakeTable, { preStop: [{ work: {} }] });
    expect(kinds.filter(({ unused }) => unused).map(({ name }) => name)).toEqual(['pause']);
    expect(withoutUndo).toBe(true);
    expect(usedTable(fakeTable, { preStop: [{ work: {}, undo: { pause: '1s' } }] }).withoutUndo).toBe(false);
  });

  it('looks at what aliases share once, and at what holds itself', () => {
    const shared: Record<string, unknown> = { work: {} };
    shared['again'] = [shared, shared];
    expect(left(shared)).toEqual(['work']);
  });
});
