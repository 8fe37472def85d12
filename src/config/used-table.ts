import * as z from 'zod/mini';
import type { ActionFacts } from './task-kind.ts';
import type { TaskTable } from './task-table.ts';

/**
 * The table as far as a file needs it: the schema of a kind whose name is no key anywhere in `data`, the file's plain data, is
 * never asked, and is not made.
 */
export function usedTable<A extends ActionFacts>({ kinds, guard }: TaskTable<A>, data: unknown): TaskTable<A> {
  const keys = keysIn(data);
  // One for all: it is never asked.
  const nothing = z.never();
  const unused = () => nothing;
  return {
    kinds: kinds.map((kind) => (keys.has(kind.name) ? kind : { ...kind, schema: unused, unused: true })),
    guard: keys.has('when') ? guard : unused,
    withoutUndo: !keys.has('undo'),
  };
}

/** All keys of mappings in `data`. What aliases of YAML share is looked at once. */
export function keysIn(data: unknown, seen = new Set<unknown>(), keys = new Set<string>()): ReadonlySet<string> {
  if (typeof data !== 'object' || data === null || seen.has(data)) return keys;
  seen.add(data);
  for (const [key, value] of Object.entries(data)) {
    keys.add(key);
    keysIn(value, seen, keys);
  }
  return keys;
}
