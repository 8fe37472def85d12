/** The table of docs/benchmarks.md. */
import type { Outcome } from './report.ts';
import { type Comparison, isReached } from './row.ts';
import { digitsOf } from './statistics.ts';

const HEADS = ['row', 'measure', 'Hookkeeper', 'peer', 'its figure', 'ratio', 'aim'];

/** By this line the table is found in a page. */
export const HEAD_LINE = lineOf(HEADS);

/** What was measured, as a table of Markdown. A row that failed is not in it. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const lines = outcomes.flatMap((outcome) =>
    outcome.state === 'measured' ? outcome.comparisons.map((each) => lineOf(cellsOf(outcome.row, each))) : [],
  );
  return [HEAD_LINE, lineOf(HEADS.map(() => '---')), ...lines].join('\n');
}

/** The page with this table instead of its own, which ends at an empty line; undefined for a page without one. */
export function withTable(page: string, table: string): string | undefined {
  const begin = `\n${page}`.indexOf(`\n${HEAD_LINE}\n`);
  if (begin < 0) return undefined;
  const end = page.indexOf('\n\n', begin);
  return `${page.slice(0, begin)}${table}${end < 0 ? '\n' : page.slice(end)}`;
}

function cellsOf(row: string, { measure, unit, hookkeeper, peer, peerFigure, ratio, aim }: Comparison): string[] {
  const [ours, theirs] = [hookkeeper, peerFigure].map(({ median }) => `${median.toFixed(digitsOf(median))} ${unit}`);
  const aimed = aim === undefined ? '' : `≤ ${aim}, ${isReached(ratio, aim) ? 'reached' : 'missed'}`;
  return [row, measure.replace(' (more is better)', ''), ours ?? '', peer, theirs ?? '', ratio.toFixed(2), aimed];
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
