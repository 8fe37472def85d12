/** One column of a table of text. */
export interface Column {
  readonly head: string;
  /** Cells are cut to no less than this when the table is too wide; a column without it is never cut. */
  readonly least?: number;
}

const GAP = '  ';

/**
 * Lines of a table with aligned columns, the head first; at most `columns` wide, if the columns that may be cut allow it.
 * The widest of those is cut first.
 */
export function textTable(heads: readonly Column[], rows: readonly (readonly string[])[], columns: number): string[] {
  const lines = [heads.map(({ head }) => head), ...rows];
  const widths = heads.map((_, index) => Math.max(...lines.map((cells) => (cells[index] ?? '').length)));
  const total = () => widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
  for (let excess = total() - columns; excess > 0; excess = total() - columns) {
    const widest = widestOf(heads, widths);
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return lines.map((cells) =>
    cells
      .map((cell, index) => pad(cell, widths[index] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

function widestOf(heads: readonly Column[], widths: readonly number[]): number | undefined {
  const cuttable = heads.flatMap(({ least }, index) => {
    const width = widths[index] ?? 0;
    return least !== undefined && width > least ? [{ index, width }] : [];
  });
  return cuttable.toSorted((a, b) => b.width - a.width)[0]?.index;
}

function pad(cell: string, width: number): string {
  return cell.length <= width ? cell.padEnd(width) : `${cell.slice(0, Math.max(0, width - 1))}…`;
}
