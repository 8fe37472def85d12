import { describe, expect, it } from 'vitest';
import { NameSet } from '../../../src/tasks/snapshot/name-set.ts';

const nameOf = (index: number) => `folder/session-${index}.json`;

describe('a set of names', () => {
  it('has what was added, and nothing else, however much that is', () => {
    const set = new NameSet();
    expect(set.has('')).toBe(false);
    for (let index = 0; index < 200_000; index += 1) {
      if (set.has(nameOf(index))) throw new Error(`has ${nameOf(index)} already`);
      set.add(nameOf(index));
    }
    for (let index = 0; index < 200_000; index += 1) {
      if (!set.has(nameOf(index))) throw new Error(`has lost ${nameOf(index)}`);
    }
    set.add('');
    expect([set.has(''), set.has('folder/session-'), set.has('\0')]).toEqual([true, false, false]);
  });

  it('remembers no more than half a million', () => {
    const set = new NameSet();
    for (let index = 0; index <= 500_000; index += 1) set.add(nameOf(index));
    expect([499_999, 500_000].map((index) => set.has(nameOf(index)))).toEqual([true, false]);
  });
});
