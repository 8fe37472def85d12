/** How much has room on the output. */
export interface OutputSize {
  readonly columns: number;
  readonly rows: number;
}

/** What a terminal has at least that tells no size, as in a script or on a serial line. */
const TERMINAL: OutputSize = { columns: 80, rows: 24 };

/** Where nobody's window bounds a table, it is not cut before this. */
const PIPE_COLUMNS = 160;

/** The size of a stream now, which changes with its window. */
export function outputSize({ isTTY, columns, rows }: Partial<OutputSize> & { readonly isTTY?: boolean }): OutputSize {
  const known = (size = 0, otherwise: number) => (size > 0 ? size : otherwise);
  return {
    columns: known(columns, isTTY === true ? TERMINAL.columns : PIPE_COLUMNS),
    rows: known(rows, TERMINAL.rows),
  };
}
