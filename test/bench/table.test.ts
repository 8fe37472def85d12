import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Outcome } from './report.ts';
import { type Comparison, compare } from './row.ts';
import { HEAD_LINE, tableOf, withTable } from './table.ts';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md'), 'utf8');

function measured(...comparisons: readonly Comparison[]): Outcome {
  return { row: 'start', state: 'measured', comparisons, notes: [] };
}

function ratio(ours: number, peer: number, aim?: number): Comparison {
  const what = { measure: 'spawn', unit: 'ms' as const, ...(aim === undefined ? {} : { aim }) };
  return compare(what, { values: [ours] }, { name: 'tar c | zstd -3', values: [peer] });
}

function linesOf(...outcomes: readonly Outcome[]): string[] {
  return tableOf(outcomes).split('\n').slice(2);
}

describe('the table of what was measured', () => {
  it('has three digits or more of each figure, and escapes what would end a cell', () => {
    expect(linesOf(measured(ratio(9.876, 99.96), ratio(1000.4, 0.5)))).toEqual([
      '| start | spawn | 9.88 ms | tar c \\| zstd -3 | 100.0 ms | 0.10 |  |',
      '| start | spawn | 1000 ms | tar c \\| zstd -3 | 0.50 ms | 2000.80 |  |',
    ]);
  });

  it('tells whether an aim was reached by the ratio as it is shown', () => {
    const aimed = linesOf(measured(ratio(100.4, 100, 1), ratio(100.6, 100, 1)));
    expect(aimed.map((line) => line.split(' | ').slice(-2))).toEqual([
      ['1.00', '≤ 1, reached |'],
      ['1.01', '≤ 1, missed |'],
    ]);
  });

  it('leaves out a row that failed, and what is better the more there is', () => {
    const rate = compare(
      { measure: 'answers (more is better)', unit: '/s' },
      { values: [1] },
      { name: 'peer', values: [2] },
    );
    expect(linesOf({ row: 'hook', state: 'failed', reason: 'no' }, measured(rate))).toEqual([
      '| start | answers | 1.00 /s | peer | 2.00 /s | 0.50 |  |',
    ]);
  });
});

describe('a page with a table', () => {
  const table = tableOf([measured(ratio(1, 2))]);

  it('gets another one instead, and keeps all that is around it', () => {
    const page = `# Page\n\n${HEAD_LINE}\n| --- |\n| old |\n\nMore.\n\n| other |\n`;
    expect(withTable(page, table)).toBe(`# Page\n\n${table}\n\nMore.\n\n| other |\n`);
    expect(withTable(`${HEAD_LINE}\n| old |\n`, table)).toBe(`${table}\n`);
  });

  it('is docs/benchmarks.md', () => {
    expect(withTable(PAGE, table)).toContain(table);
    expect(withTable(PAGE, table)).toMatch(/^# What it costs\n[\s\S]*\n## Aims that are missed\n/);
  });

  it('is no page without the head of the table', () => {
    expect(withTable(`# Page\n\nof ${HEAD_LINE}\n`, table)).toBeUndefined();
  });
});
