import { HIDDEN, isSecretPart, maskSecrets, type Problem } from '../config/problem.ts';

/** Long lines are cut to what is around the caret. */
const CARET_AT = 30;

/**
 * The line of the file that a problem is about, and below it a caret, for a terminal of `columns`. Empty for a problem
 * without a place, and for one about a value that may be a secret.
 */
export function sourceExcerpt(
  { line, column, value, path }: Pick<Problem, 'line' | 'column' | 'value'> & Partial<Pick<Problem, 'path'>>,
  text: string,
  columns: number,
): string[] {
  if (line === undefined || column === undefined || value === HIDDEN) return [];
  const lines = text.split(/\r\n|\r|\n/);
  const source = lines[line - 1];
  if (source === undefined || source.trim() === '') return [];
  const gutter = String(line).padStart(5);
  const width = Math.max(20, columns - gutter.length - 3);
  const from = column <= width ? 0 : column - CARET_AT;
  // A tab would move the caret, and a terminal obeys control characters.
  // Where the YAML itself is broken, what the line is part of is known by its indentation alone.
  const shown = (path === '' && isBelowSecrets(lines, line - 1) ? withoutValue(source) : maskSecrets(source))
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(from, from + width);
  return [`${gutter} | ${shown}`.trimEnd(), `${' '.repeat(gutter.length)} | ${' '.repeat(column - 1 - from)}^`];
}

function isBelowSecrets(lines: readonly string[], at: number): boolean {
  let indent = indentOf(lines[at] ?? '');
  for (let above = at - 1; above >= 0 && indent > 0; above -= 1) {
    const line = lines[above] ?? '';
    if (indentOf(line) >= indent || line.trim() === '') continue;
    indent = indentOf(line);
    const [, key = ''] = /^[\s-]*["']?([\w-]+)["']?\s*:/.exec(line) ?? [];
    if (isSecretPart(key)) return true;
  }
  return false;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** As long as before, with asterisks behind the key, if there is one. */
function withoutValue(line: string): string {
  const [kept = ''] = /^[\s-]*(?:["']?[\w-]+["']?\s*:\s*)?/.exec(line) ?? [];
  return kept + '*'.repeat(line.length - kept.length);
}
