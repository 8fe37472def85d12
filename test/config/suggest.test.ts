import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suggest } from '../../src/config/suggest.ts';

const KEYS = ['name', 'timeout', 'attemptTimeout', 'retry', 'exec', 'http', 'sleep'];

/** The word, and all that one slip makes of it. */
function slipsOf(word: string, letters: readonly string[]): Set<string> {
  const slips = new Set([word]);
  for (let at = 0; at <= word.length; at += 1) {
    const [before, after] = [word.slice(0, at), word.slice(at)];
    slips.add(before + after.slice(1));
    slips.add(before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2));
    for (const letter of letters) slips.add(before + letter + after).add(before + letter + after.slice(1));
  }
  return slips;
}

describe('a suggestion', () => {
  it.each([
    ['tiemout', 'timeout'],
    ['timeOut', 'timeout'],
    ['Exec', 'exec'],
    ['exce', 'exec'],
    ['attempt-timeout', 'attemptTimeout'],
    ['slep', 'sleep'],
    ['undo', undefined],
    ['drain', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ])('for %s is %s', (word, suggestion) => {
    expect(suggest(word, KEYS)).toBe(suggestion);
  });

  it.each([
    ['tixxxut', 'timeout'],
    ['txxxxut', undefined],
    ['x', undefined],
    ['x'.repeat(40), 'x'.repeat(39)],
    ['x'.repeat(41), undefined],
  ])('for %s is %s: at most a third of the letters may differ, and not all', (word, suggestion) => {
    expect(suggest(word, ['timeout', 'a', 'x'.repeat(39)])).toBe(suggestion);
  });

  it('is the nearest of several', () => {
    for (const known of [
      ['sleeps', 'sleep'],
      ['sleep', 'sleeps'],
    ])
      expect(suggest('slep', known)).toBe('sleep');
  });

  it('for a short word is one slip away: a letter too many, too few, another one, or two swapped', () => {
    const letters = ['t', 'c', 'p', 'x'];
    const oneLonger = (words: readonly string[]) => words.flatMap((word) => letters.map((letter) => word + letter));
    const two = oneLonger(letters);
    const three = oneLonger(two);
    const words = [...two, ...three, ...oneLonger(three)];
    expect(words.filter((word) => suggest(word, ['tcp']) !== undefined)).toEqual(
      words.filter((word) => slipsOf('tcp', letters).has(word)),
    );
  });

  it('for a known word is that word, and never one that is not known', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 40 })), fc.string(), (known, word) => {
        const lowered = [...new Set(known.map((key) => key.toLowerCase()))];
        expect([undefined, ...lowered]).toContain(suggest(word, lowered));
        for (const key of lowered.filter(({ length }) => length <= 40)) expect(suggest(key, lowered)).toBe(key);
      }),
    );
  });
});
