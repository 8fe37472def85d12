/** Lines of coloured cells, aligned below each other or one after the other. */
import { styleText } from 'node:util';
import { wrapWords } from '../observe/wrap-words.ts';

/** A piece of a line, and its colour where colours are wanted. */
export interface Cell {
  readonly text: string;
  readonly colour?: 'green' | 'red' | 'yellow' | 'cyan' | 'gray';
}

const GAP = '  ';

/** Before every line of a flow but the first. */
const INDENT = '  ';

/** The rows with their cells below each other, two spaces between them. */
export function aligned(rows: readonly (readonly Cell[])[], colour: boolean): string[] {
  const widths = widthsOf(rows);
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const padding = ' '.repeat((widths[column] ?? 0) - cell.text.length);
      const text = colour && cell.colour ? styleText(cell.colour, cell.text, { validateStream: false }) : cell.text;
      return text + padding;
    });
    return cells.join(GAP).trimEnd();
  });
}

/** How wide the rows are when they are aligned. */
export function widthOf(rows: readonly (readonly Cell[])[]): number {
  return widthsOf(rows).reduce((sum, width) => sum + GAP.length + width, -GAP.length);
}

/** The cells of each part one after the other, on as many lines as they need. A cell that is longer than a line is cut into several. */
export function flowed(parts: readonly (readonly Cell[])[], columns: number, colour: boolean): string[] {
  const lines: Cell[][] = [];
  for (const part of parts) {
    let line: Cell[] = [];
    lines.push(line);
    for (const piece of part.flatMap((cell) => piecesOf(cell, columns - INDENT.length))) {
      const room = columns - (lines.length === 1 ? 0 : INDENT.length);
      if (line.length > 0 && widthOf([[...line, piece]]) > room) {
        line = [];
        lines.push(line);
      }
      line.push(piece);
    }
  }
  return lines.map((line, index) => `${index === 0 ? '' : INDENT}${aligned([line], colour).join('')}`);
}

function piecesOf(cell: Cell, columns: number): Cell[] {
  return cell.text === '' ? [] : wrapWords(cell.text, columns).map((text) => ({ ...cell, text }));
}

function widthsOf(rows: readonly (readonly Cell[])[]): number[] {
  return (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.text.length ?? 0), 0),
  );
}
