import * as z from 'zod/mini';

/** A check that exactly one of these keys is there. It runs beside all other checks, so that everything is said at once. */
export function exactlyOneOf(names: readonly string[], remedy: string) {
  const check = z.check<unknown>(({ value, issues }) => {
    if (typeof value !== 'object' || value === null) return;
    const present = names.filter((name) => name in value);
    if (present.length === 1) return;
    const message = `must have exactly one of ${names.join(', ')}`;
    const shown = present.length === 0 ? 'none' : present.join(' and ');
    const params = { shown, remedy: present.length === 0 ? remedy : 'remove all but one', unlessUnknownKeys: true };
    issues.push({ code: 'custom', input: value, message, params });
  });
  check._zod.def.when = () => true;
  return check;
}
