import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { element, toMarkup } from '../../../src/observe/timeline/markup.ts';

const dangerous = fc.constantFrom('<', '>', '"', "'", '&', '\0', '\u001b', '\ud800', '\uffff', 'a');

describe('markup', () => {
  it('is what its elements say', () => {
    expect(toMarkup(element('a', { id: 'x', n: 3 }, 'text', element('b', {})))).toBe('<a id="x" n="3">text<b></b></a>');
  });

  it('has no way out of a text or an attribute, and nothing that XML can not hold', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: dangerous })), (text) => {
        const [, attribute, inside] =
          /^<p title="([^"<>]*)">([^<>]*)<\/p>$/.exec(toMarkup(element('p', { title: text }, text))) ?? [];
        expect(inside).toBeDefined();
        expect(attribute).toBe(inside);
        expect(inside?.isWellFormed()).toBe(true);
        expect((inside ?? '').split('').every((character) => character >= ' ' || '\t\n\r'.includes(character))).toBe(
          true,
        );
      }),
    );
  });
});
