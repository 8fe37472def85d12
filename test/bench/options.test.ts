import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md');

function problemOf(...args: readonly string[]): string | undefined {
  const options = parseOptions(args, []);
  return options.kind === 'usage' ? options.problem : undefined;
}

describe('--from', () => {
  it('takes several files, a picture and a page', () => {
    const args = ['--from', 'a.json', '--from', 'b.json', '--svg', 'c.svg', '--markdown', PAGE];
    expect(parseOptions(args, [])).toEqual({
      kind: 'from',
      files: ['a.json', 'b.json'],
      svgFile: 'c.svg',
      markdownFile: PAGE,
    });
  });

  it.each(['only', 'rounds', 'json', 'program'])('is refused beside --%s', (name) => {
    expect(problemOf('--from', 'a.json', `--${name}`, '1')).toBe(
      `--${name} cannot be with --from, which measures nothing`,
    );
  });
});

describe('--markdown', () => {
  it('is refused before anything is measured, where the page has no table or is not there', () => {
    expect(problemOf('--markdown', import.meta.filename)).toMatch(/^--markdown must be a page with the line \| row \|/);
    expect(problemOf('--markdown', '/absent.md')).toContain('/absent.md');
  });
});
