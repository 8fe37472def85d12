import { describe, expect, it } from 'vitest';
import { messageOf, seconds } from '../../src/hooks/sentence.ts';

describe('a time in a sentence', () => {
  it.each([
    [0, '0 ms'],
    [249.6, '250 ms'],
    [999, '999 ms'],
    [1000, '1 s'],
    [12_449, '12.4 s'],
    [119_900, '119.9 s'],
    [120_000, '2 m 0 s'],
    [125_400, '2 m 5 s'],
    [179_499, '2 m 59 s'],
    [179_700, '3 m 0 s'],
    [3_599_999, '60 m 0 s'],
  ])('of %d ms is %s', (ms, text) => {
    expect(seconds(ms)).toBe(text);
  });
});

describe('what was thrown', () => {
  it('is told by its message, whatever it is', () => {
    expect([messageOf(new TypeError('no function')), messageOf('a word')]).toEqual(['no function', 'a word']);
  });
});
