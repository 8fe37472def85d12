import { describe, expect, it } from 'vitest';
import { figureOf } from './statistics.ts';

describe('figureOf', () => {
  it('takes the value in the middle, and those with a tenth of all below and above', () => {
    const values = [11, 3, 5, 1, 9, 7, 2, 10, 4, 8, 6];
    expect(figureOf(values)).toEqual({ median: 6, p10: 2, p90: 10, count: 11 });
  });

  it('goes between two values in proportion', () => {
    expect(figureOf([10, 20])).toEqual({ median: 15, p10: 11, p90: 19, count: 2 });
  });

  it('says the one value that there is', () => {
    expect(figureOf([7])).toEqual({ median: 7, p10: 7, p90: 7, count: 1 });
  });

  it('sorts numbers as numbers', () => {
    expect(figureOf([100, 9, 20]).median).toBe(20);
  });
});
