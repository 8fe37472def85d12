import { describe, expect, it } from 'vitest';
import { matching } from '../../src/config/bounded-match.ts';

const HOSTILE = `${'a'.repeat(60)}!`;

describe('matching in bounded time', () => {
  it('tells which texts match, wherever in them', () => {
    expect(matching(/b+/, ['abba', '', 'aa', 'b'])).toEqual(new Set([0, 3]));
    expect(matching(/a/g, ['a', 'a', 'a'])).toEqual(new Set([0, 1, 2]));
    expect(matching(/a/, [])).toEqual(new Set());
  });

  it.each([/^(a+)+$/, /^(a|aa)*$/, /^(.*a){25}$/, /(a*)*b/])('gives up on %s, and is ready for the next', (pattern) => {
    expect(matching(pattern, ['!', HOSTILE])).toBeUndefined();
    expect(matching(/!$/, [HOSTILE])).toEqual(new Set([0]));
  });
});
