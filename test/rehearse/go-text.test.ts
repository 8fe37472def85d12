import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goErrno, goQuote } from '../../src/rehearse/go-text.ts';

describe('goQuote', () => {
  it.each([
    ['plain text, spaces kept', 'plain text, spaces kept'],
    ['a "quoted" \\ path', 'a \\"quoted\\" \\\\ path'],
    ['tab\tand\r\n', 'tab\\tand\\r\\n'],
    ['\u0007\b\f\v', '\\a\\b\\f\\v'],
    ['\u0000\u001b\u007f', '\\x00\\x1b\\x7f'],
    ['Zürich → 東京 🚀', 'Zürich → 東京 🚀'],
    ['no-break\u00a0space', 'no-break\\u00a0space'],
    ['\u200b\ufeff', '\\u200b\\ufeff'],
    ['\u{e0001}', '\\U000e0001'],
  ])('writes %j as Go does', (text, quoted) => {
    expect(goQuote(text)).toBe(`"${quoted}"`);
  });

  it('writes bytes that are no UTF-8 one by one', () => {
    expect(goQuote(Buffer.from('15030100020232fe00c3', 'hex'))).toBe(
      '"\\x15\\x03\\x01\\x00\\x02\\x022\\xfe\\x00\\xc3"',
    );
  });

  it('leaves no control character and no bare quote, whatever it is given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const inside = goQuote(bytes).slice(1, -1);
        expect(inside).not.toMatch(/\p{Cc}/u);
        expect(inside.replaceAll(/\\./g, '')).not.toContain('"');
      }),
    );
  });
});

describe('goErrno', () => {
  it('has the words of Go for what happens to connections', () => {
    expect(goErrno(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))).toBe(
      'connection refused',
    );
  });

  it('passes on the words of an error that it does not know', () => {
    expect(goErrno(Object.assign(new Error('odd'), { code: 'EODD' }))).toBe('odd');
  });
});
