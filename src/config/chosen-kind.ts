/** The one key of a task, or of an undo, that says its kind. */
import * as z from 'zod/mini';
import type { ActionFacts, TaskKind } from './task-kind.ts';

/** What stood under the key of a kind. A class, so that it can be told from the values of the common fields. */
export class Chosen<A> {
  readonly kind: string;
  readonly action: A;
  constructor(kind: string, action: A) {
    this.kind = kind;
    this.action = action;
  }
}

/** One field for each kind; exactly one of them must be there. */
export function kindFields<A extends ActionFacts>(kinds: readonly TaskKind<A>[]) {
  const fields: Record<string, z.ZodMiniType<Chosen<A> | undefined>> = {};
  const absent = z.optional(z.never());
  for (const { name, schema, unused } of kinds) {
    fields[name] = unused
      ? absent
      : z.optional(
          z.pipe(
            schema(),
            z.transform((action: A) => new Chosen(name, action)),
          ),
        );
  }
  return fields;
}

/** Reports a task that has no kind, or several. Runs beside all other checks, so that everything is said at once. */
export function exactlyOneOf(names: readonly string[]) {
  const check = z.check<unknown>(({ value, issues }) => {
    if (typeof value !== 'object' || value === null) return;
    const present = names.filter((name) => name in value);
    if (present.length === 1 || 'parallel' in value) return;
    const message = `must have exactly one of ${names.join(', ')}`;
    const [shown, remedy] =
      present.length === 0 ? ['none', 'say what the task does'] : [present.join(' and '), 'make a task of each'];
    issues.push({ code: 'custom', input: value, message, params: { shown, remedy, unlessUnknownKeys: true } });
  });
  check._zod.def.when = () => true;
  return check;
}
