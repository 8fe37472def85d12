import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wrapWords } from '../../src/observe/wrap-words.ts';

describe('words on lines of a width', () => {
  it('are broken between words, behind an indent from the second line on', () => {
    expect(wrapWords('  one two three four', 10, '    ')).toEqual(['  one two', '    three', '    four']);
    expect(wrapWords('as  it is', 10)).toEqual(['as  it is']);
  });

  it('are cut where one of them is longer than a line', () => {
    expect(wrapWords('go to abcdefghijklmnop now', 8, '  ')).toEqual([
      'go to',
      '  abcdef',
      '  ghijkl',
      '  mnop',
      '  now',
    ]);
  });

  it('are kept, all of them, and no line is longer than asked for', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 30 }), fc.constantFrom('', '  '), (text, columns, indent) => {
        const lines = wrapWords(text, columns + indent.length, indent);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns + indent.length);
        expect(lines.join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
      }),
    );
  });
});
