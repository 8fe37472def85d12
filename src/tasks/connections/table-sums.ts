import type { TableWatch } from './table-watch.ts';

/** Those with ourselves, as either table shows them. */
export function ownOf(tables: readonly TableWatch[]): ReadonlySet<number> {
  return new Set(tables.flatMap((table) => [...table.last().own]));
}

/** Undefined where one of them is. */
export function sumOf(
  tables: readonly TableWatch[],
  inTable: (table: TableWatch) => number | undefined,
): number | undefined {
  let sum = 0;
  for (const table of tables) {
    const number = inTable(table);
    if (number === undefined) return undefined;
    sum += number;
  }
  return sum;
}

/** The connections of all tables, but for those with ourselves. */
export function countOf(tables: readonly TableWatch[], inTable: (table: TableWatch) => number): number {
  let count = 0;
  const own = ownOf(tables);
  for (const table of tables) {
    count += inTable(table);
    for (const key of own) if (table.last().connections.get(key) === true) count -= 1;
  }
  return Math.max(0, count);
}

/** How many sockets must have ended for the end to be possible, and for it to be likely: some connections are two sockets. */
export function wantedEnds(
  tables: readonly TableWatch[],
  below: number,
): { readonly least: number; readonly likely: number } {
  const count = countOf(tables, (table) => table.last().count);
  const least = count - below + 1;
  if (least <= 0) return { least: Number.POSITIVE_INFINITY, likely: Number.POSITIVE_INFINITY };
  const sockets = tables.reduce((sum, table) => sum + table.last().sockets, 0);
  return { least, likely: Math.ceil((least * sockets) / count) };
}
