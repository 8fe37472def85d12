import type * as z from 'zod/mini';
import type { Guard } from './condition.ts';
import type { ActionFacts, TaskKind } from './task-kind.ts';

/** All that a task can be made of. */
export interface TaskTable<A extends ActionFacts> {
  readonly kinds: readonly TaskKind<A>[];
  /** The schema of what `when` takes. */
  readonly guard: () => z.ZodMiniType<Guard>;
  /** Whether nothing has an `undo`, so that its schema need not be made. Default: no. */
  readonly withoutUndo?: boolean;
}
