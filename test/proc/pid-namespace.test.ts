import { describe, expect, it } from 'vitest';
import { surroundings } from '../../src/proc/pid-namespace.ts';

/** `[pid, parent]` of each process. */
type Tree = readonly (readonly [number, number])[];

function look(tree: Tree, self: number) {
  const all = tree.map(([pid, parent]) => ({ pid, parent, name: 'x', startTime: pid }));
  const { others, shared } = surroundings(all, self);
  return { others: others.map(({ pid }) => pid), shared };
}

describe('what a container sees of other processes', () => {
  it.each<[string, Tree, number, ReturnType<typeof look>]>([
    [
      'alone, as PID 1, with a child',
      [
        [1, 0],
        [9, 1],
      ],
      1,
      { others: [], shared: false },
    ],
    [
      'as PID 1, with an exec into the container',
      [
        [1, 0],
        [30, 0],
        [31, 30],
      ],
      1,
      { others: [30, 31], shared: false },
    ],
    [
      'below an init of its own',
      [
        [1, 0],
        [7, 1],
        [9, 7],
      ],
      7,
      { others: [], shared: false },
    ],
    [
      'below an init, with an exec',
      [
        [1, 0],
        [7, 1],
        [30, 0],
      ],
      7,
      { others: [30], shared: false },
    ],
    [
      'in a pod that shares, with an app',
      [
        [1, 0],
        [8, 0],
        [20, 0],
        [21, 20],
      ],
      8,
      { others: [20, 21], shared: true },
    ],
    [
      'in a pod that shares, the app gone',
      [
        [1, 0],
        [8, 0],
        [9, 8],
      ],
      8,
      { others: [], shared: true },
    ],
    [
      'behind a shell, in a pod that shares',
      [
        [1, 0],
        [6, 0],
        [8, 6],
        [9, 8],
      ],
      8,
      { others: [], shared: true },
    ],
    [
      'on a node',
      [
        [1, 0],
        [5, 1],
        [8, 5],
        [20, 1],
      ],
      8,
      { others: [20], shared: true },
    ],
    ['with nobody to be seen, not even itself', [], 8, { others: [], shared: false }],
    [
      'in a list that was torn into a ring',
      [
        [8, 9],
        [9, 8],
        [1, 0],
      ],
      8,
      { others: [], shared: true },
    ],
  ])('%s', (_where, tree, self, expected) => {
    expect(look(tree, self)).toEqual(expected);
  });
});
