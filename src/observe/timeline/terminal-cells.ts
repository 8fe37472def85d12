/** What a drawing on a terminal is made of: cells, their signs and their colours. */
import type { styleText } from 'node:util';
import type { TaskState } from './run-view.ts';

type Colour = Parameters<typeof styleText>[0];

/** One cell of a drawing, and its colour where colours are wanted. */
export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}

/** Paints where there are colours. */
export type Paint = (colour: Colour, text: string) => string;

export const BLANK: Cell = { text: ' ' };

/** A task in a state. What runs and what succeeded is told apart by the words beside it. */
export const STATE_CELLS: Readonly<Record<TaskState, Cell>> = {
  succeeded: { text: '█', colour: 'green' },
  running: { text: '█', colour: 'cyan' },
  failed: { text: '▓', colour: 'red' },
  timedOut: { text: '▒', colour: 'red' },
  skipped: { text: '░', colour: 'gray' },
  interrupted: { text: '▚', colour: 'yellow' },
  pending: { text: '·', colour: 'gray' },
};
export const WAIT: Cell = { text: '─', colour: 'gray' };
/** The end of a delivery. */
export const ANSWERED: Cell = { text: '┤', colour: 'cyan' };
export const LOST: Cell = { text: '╳', colour: 'yellow' };
export const WORK_END: Cell = { text: '┊', colour: 'gray' };
export const GRACE_END: Cell = { text: '│', colour: 'gray' };

/** Cells of one colour are painted together: fewer escapes for the terminal. */
export function painted(row: readonly Cell[], paint: Paint): string {
  let out = '';
  for (let from = 0; from < row.length; ) {
    const colour = row[from]?.colour;
    let to = from;
    while (to < row.length && row[to]?.colour === colour) to += 1;
    const text = row
      .slice(from, to)
      .map((cell) => cell.text)
      .join('');
    out += colour === undefined ? text : paint(colour, text);
    from = to;
  }
  return out;
}
