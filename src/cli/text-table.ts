/** One column of a table of text. */
export interface Column {
  readonly head: string;
  /** Cells are cut to no less than this when the table is too wide; a column without it is never cut. */
  readonly least?: number;
  /** It is left out where a table is too wide with all that can be cut: the lowest first. A column without it never is. */
  readonly spare?: number;
}

const GAP = '  ';

/**
 * Lines of a table with aligned columns, the head first; at most `columns` wide, if the columns that may be cut or left out
 * allow it. The widest of those is cut first.
 */
export function textTable(heads: readonly Column[], rows: readonly (readonly string[])[], columns: number): string[] {
  const whole = [heads.map(({ head }) => head), ...rows];
  const widthOf = (index: number) => Math.max(...whole.map((cells) => (cells[index] ?? '').length));
  const kept = keptOf(
    heads.map((head, index) => ({ ...head, index, width: widthOf(index) })),
    columns,
  );
  const widths = kept.map(({ width }) => width);
  for (let excess = total(widths) - columns; excess > 0; excess = total(widths) - columns) {
    const widest = widestOf(kept, widths);
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return whole.map((cells) =>
    kept
      .map(({ index }, place) => pad(cells[index] ?? '', widths[place] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

type Laid = Column & { readonly index: number; readonly width: number };

/** The columns that there is room for. */
function keptOf(all: readonly Laid[], columns: number): readonly Laid[] {
  const leastWidth = total(all.map(({ width, least = width }) => Math.min(width, least)));
  const [first] = all.filter(({ spare }) => spare !== undefined).toSorted((a, b) => (a.spare ?? 0) - (b.spare ?? 0));
  if (leastWidth <= columns || first === undefined) return all;
  return keptOf(
    all.filter((each) => each !== first),
    columns,
  );
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
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
