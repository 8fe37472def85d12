/** Fields that several schemas share. */
import * as z from 'zod/mini';
import { LIMITS } from './defaults.ts';
import { durationSchema, formatDuration } from './duration.ts';

/** A DNS label, as Kubernetes names containers. */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

const NAME_RULE = `must be a name of at most ${LIMITS.name} lowercase letters, digits and dashes, a dash neither first nor last`;

/** A name of a task. */
export function nameSchema(description: string) {
  return z.string().check(z.regex(NAME, NAME_RULE), z.maxLength(LIMITS.name, NAME_RULE), z.describe(description));
}

/** The same for the keys of a record. As the schema of its keys, a name that is wrong would hide all that is wrong below it. */
export function namesOfKeys(description: string) {
  const check = z.check<object>(({ value, issues }) => {
    for (const key of typeof value === 'object' && value !== null ? Object.keys(value) : []) {
      if (NAME.test(key) && key.length <= LIMITS.name) continue;
      const named: z.core.$ZodIssue = { code: 'custom', path: [], input: key, message: NAME_RULE };
      issues.push({ code: 'invalid_key', origin: 'record', issues: [named], input: value, path: [key] });
    }
  });
  check._zod.def.when = () => true;
  return [
    check,
    z.meta({ propertyNames: { type: 'string', maxLength: LIMITS.name, pattern: NAME.source, description } }),
  ] as const;
}

/** A field that may be left out and then has `defaultMs`. */
export function durationField(description: string, defaultMs: number, range: { readonly leastMs?: number } = {}) {
  return z.prefault(durationSchema(range), formatDuration(defaultMs)).check(z.describe(description));
}
