import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const PAGE = join(import.meta.dirname, '..', 'docs', 'threat-model.md');
const text = readFileSync(PAGE, 'utf8');
const rows = text.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:who|---) \|/.test(line));
const testsOf = (row: string) =>
  [...row.matchAll(/\[([^\]]+)\]\((\.\.\/test\/[^)]+)\)/g)].map(([, title = '', file = '']) => ({ title, file }));

/** Whether a file has a test with this title, however it is quoted. */
function isIn(file: string, title: string): boolean {
  const path = join(dirname(PAGE), file);
  if (!existsSync(path)) return false;
  const source = readFileSync(path, 'utf8').replaceAll("\\'", "'");
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => source.includes(quoted));
}

describe('the threat model', () => {
  it('has lines, each of them whole', () => {
    expect(rows.length).toBeGreaterThan(15);
    for (const row of rows) expect(row.split(' |'), row).toHaveLength(6);
  });

  it.each(rows.map((row) => [row.split('|')[1]?.trim(), row]))('names tests that are there: %s', (_who, row) => {
    const tests = testsOf(row);
    expect(tests.length).toBeGreaterThan(0);
    expect(tests.filter(({ file, title }) => !isIn(file, title))).toEqual([]);
  });

  it('would be found out with a test that is not there', () => {
    expect(isIn('../test/threat-model.test.ts', ['has lines', 'each of them torn'].join(', '))).toBe(false);
    expect(isIn('../test/no-such.test.ts', 'x')).toBe(false);
  });
});
