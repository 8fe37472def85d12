import { HIDDEN, maskSecrets, type Problem } from '../config/problem.ts';

/** Long lines are cut to what is around the caret. */
const CARET_AT = 30;

/**
 * The line of the file that a problem is about, and below it a caret, for a terminal of `columns`. Empty for a problem
 * without a place, and for one about a value that may be a secret.
 */
export function sourceExcerpt(
  { line, column, value }: Pick<Problem, 'line' | 'column' | 'value'>,
  text: string,
  columns: number,
): string[] {
  if (line === undefined || column === undefined || value === HIDDEN) return [];
  const source = text.split(/\r\n|\r|\n/)[line - 1];
  if (source === undefined || source.trim() === '') return [];
  const gutter = String(line).padStart(5);
  const width = Math.max(20, columns - gutter.length - 3);
  const from = column <= width ? 0 : column - CARET_AT;
  // A tab would move the caret, and a terminal obeys control characters.
  const shown = maskSecrets(source)
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(from, from + width);
  return [`${gutter} | ${shown}`.trimEnd(), `${' '.repeat(gutter.length)} | ${' '.repeat(column - 1 - from)}^`];
}
