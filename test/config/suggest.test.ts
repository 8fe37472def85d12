import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suggest } from '../../src/config/suggest.ts';

const KEYS = ['name', 'timeout', 'attemptTimeout', 'retry', 'exec', 'http', 'sleep'];

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
