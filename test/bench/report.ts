import { styleText } from 'node:util';
import type { Machine } from './machine.ts';
import { type Comparison, isReached, type RowResult } from './row.ts';
import { digitsOf, type Figure } from './statistics.ts';

/** What became of a row. */
export type Outcome =
  | ({ readonly row: string; readonly state: 'measured' } & RowResult)
  | { readonly row: string; readonly state: 'failed'; readonly reason: string };

const GAP = '   ';

/** The results for people; colours only where stdout is a terminal that wants them. */
export function reportOf(machine: Machine, outcomes: readonly Outcome[]): string {
  const { node, system, processor, cores, memoryGb, load } = machine;
  const measured = outcomes.flatMap((outcome) => (outcome.state === 'measured' ? [outcome] : []));
  const lines = measured.flatMap(({ row, comparisons }) => comparisons.map((each) => lineOf(row, each)));
  const notes = outcomes.flatMap((outcome) =>
    outcome.state === 'measured'
      ? outcome.notes.map((note) => `${outcome.row}: ${note}`)
      : [`${outcome.row}: failed: ${outcome.reason}`],
  );
  return [
    `Node ${node} on ${system}, ${cores} cores (${processor}), ${memoryGb} GB, load ${load} at the start`,
    'Medians, with p10 and p90; the ratio is Hookkeeper to the peer.',
    '',
    ...(lines.length > 0 ? [...table(lines), ''] : []),
    ...notes,
    '',
  ].join('\n');
}

interface Line {
  readonly cells: readonly string[];
  readonly aim: 'reached' | 'missed' | 'none';
}

const HEAD = ['row', 'measure', 'Hookkeeper', 'peer', '', 'ratio', 'aim'];

function lineOf(row: string, { measure, unit, hookkeeper, peer, peerFigure, ratio, aim }: Comparison): Line {
  const aimed = aim === undefined ? '' : `at most ${aim}`;
  const cells = [row, measure, shown(hookkeeper, unit), peer, shown(peerFigure, unit), ratio.toFixed(2), aimed];
  return { cells, aim: aim === undefined ? 'none' : isReached(ratio, aim) ? 'reached' : 'missed' };
}

function shown({ median, p10, p90 }: Figure, unit: Comparison['unit']): string {
  const digits = digitsOf(median);
  const [middle, low, high] = [median, p10, p90].map((value) => value.toFixed(digits));
  return `${middle} ${unit} (${low}-${high})`;
}

function table(lines: readonly Line[]): string[] {
  const widths = HEAD.map((head, index) =>
    Math.max(head.length, ...lines.map(({ cells }) => cells[index]?.length ?? 0)),
  );
  const aligned = (cells: readonly string[]) => cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(GAP);
  const colour = { reached: 'green', missed: 'yellow', none: 'reset' } as const;
  return [
    styleText('bold', aligned(HEAD).trimEnd()),
    ...lines.map(({ cells, aim }) => styleText(colour[aim], aligned(cells).trimEnd())),
  ];
}
