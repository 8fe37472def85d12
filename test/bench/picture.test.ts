import { describe, expect, it } from 'vitest';
import type { Machine } from './machine.ts';
import { pictureOf } from './picture.ts';
import { type Comparison, compare } from './row.ts';

const MACHINE: Machine = { node: 'v24', system: 'Linux', processor: 'one & two', cores: 2, memoryGb: 8, load: 0 };

function drawn(...comparisons: readonly Comparison[]): string {
  return pictureOf(MACHINE, [{ row: 'start', state: 'measured', comparisons, notes: [] }]);
}

function ratio(ours: number, aim?: number, unit: 'ms' | '/s' = 'ms'): Comparison {
  const what = { measure: 'a < b', unit, ...(aim === undefined ? {} : { aim }) };
  return compare(what, { values: [ours] }, { name: 'peer & co', values: [100] });
}

describe('the picture of the ratios', () => {
  it('tells each ratio and its aim in words, and whether it was missed not by colour alone', () => {
    const picture = drawn(ratio(150, 1.7), ratio(200, 1.7));
    expect(picture).toContain('1.50x, aim 1.7x');
    expect(picture).toContain('2.00x, aim 1.7x');
    expect(picture).toMatch(/class="reached"[\s\S]*class="missed"/);
    expect(picture).toContain('url(#hatch)');
  });

  it('takes a rate the other way round: half as many cost twice as much', () => {
    expect(drawn(ratio(50, undefined, '/s'))).toContain('2.00x');
  });

  it('leaves no character unescaped that would end the text', () => {
    const picture = drawn(ratio(100));
    expect(picture).toContain('a &lt; b');
    expect(picture).toContain('peer &amp; co');
  });

  it('draws a row that failed not at all', () => {
    expect(pictureOf(MACHINE, [{ row: 'start', state: 'failed', reason: 'no' }])).not.toContain('<rect');
  });
});
