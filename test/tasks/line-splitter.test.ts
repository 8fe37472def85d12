import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CUT_MARK, LineSplitter, MAX_LINE_BYTES } from '../../src/tasks/line-splitter.ts';

/** The lines of a stream that comes in these chunks. */
function linesOf(...chunks: readonly (string | Uint8Array)[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

describe('LineSplitter', () => {
  it.each([
    ['nothing', [], []],
    ['whole lines', ['one\ntwo\n'], ['one', 'two']],
    ['a last line without a line end', ['one\ntwo'], ['one', 'two']],
    ['empty lines', ['\n\none\n\n'], ['', '', 'one', '']],
    ['a line in several chunks', ['o', 'n', 'e\ntw', 'o\n'], ['one', 'two']],
    ['Windows line ends', ['one\r\ntwo\r', '\n'], ['one', 'two']],
    ['a character in several chunks', [Buffer.from('é\n').subarray(0, 1), Buffer.from('é\n').subarray(1)], ['é']],
    ['colours', ['\u001b[31mred\u001b[0m\n'], ['red']],
    ['what moves the cursor', ['10%\r20%\u0007\u007f\n'], ['10%␍20%␇␡']],
    ['C1 control characters', ['a\u009bb\u0085\n'], ['a�b�']],
    ['tabs', ['a\tb\n'], ['a\tb']],
    ['NUL', ['a\0b\n'], ['a␀b']],
    ['bytes that are not UTF-8', [Buffer.from([0x61, 0xff, 0xfe, 0x0a])], ['a��']],
  ])('gives printable lines: %s', (_what, chunks, lines) => {
    expect(linesOf(...chunks)).toEqual(lines);
  });

  it('passes on a line of the greatest length as it is', () => {
    const line = 'x'.repeat(MAX_LINE_BYTES);
    expect(linesOf(`${line}\nnext\n`)).toEqual([line, 'next']);
  });

  it('cuts a longer line, marks it, and goes on with the next', () => {
    const line = 'x'.repeat(MAX_LINE_BYTES);
    expect(linesOf(`${line}y\nnext\n`)).toEqual([line + CUT_MARK, 'next']);
    expect(linesOf(line, 'y', 'y'.repeat(100_000), '\nnext\n')).toEqual([line + CUT_MARK, 'next']);
  });

  it('cuts between two characters, not within one', () => {
    expect(linesOf(`x${'é'.repeat(MAX_LINE_BYTES)}`)).toEqual([`x${'é'.repeat(MAX_LINE_BYTES / 2 - 1)}${CUT_MARK}`]);
  });

  it('gives the same lines however the stream is cut into chunks, none of them too long or unprintable', () => {
    const bytes = fc.uint8Array({ maxLength: 3 * MAX_LINE_BYTES });
    const cuts = fc.array(fc.nat({ max: 3 * MAX_LINE_BYTES }), { maxLength: 5 });
    fc.assert(
      fc.property(bytes, cuts, fc.boolean(), (stream, places, fewLines) => {
        const data = fewLines ? stream.map((byte) => (byte === 10 ? 0xc3 : byte)) : stream;
        const edges = [0, ...places.toSorted((a, b) => a - b), data.length];
        const chunks = edges.slice(1).map((edge, index) => data.subarray(edges[index], edge));
        const lines = linesOf(...chunks);
        expect(lines).toEqual(linesOf(data));
        for (const line of lines) {
          expect(line).not.toMatch(/[^\P{Cc}\t]/u);
          expect(Buffer.byteLength(line.replace(CUT_MARK, ''))).toBeLessThanOrEqual(MAX_LINE_BYTES);
        }
      }),
    );
  });
});
