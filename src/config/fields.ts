/** Fields that several schemas share. */
import * as z from 'zod/mini';
import { LIMITS } from './defaults.ts';
import { durationSchema, formatDuration } from './duration.ts';

/** A DNS label, as Kubernetes names containers. */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** A name: of a container, or of a task. */
export function nameSchema(description: string) {
  const rule = `must be a name of at most ${LIMITS.name} lowercase letters, digits and dashes, a dash neither first nor last`;
  return z.string().check(z.regex(NAME, rule), z.maxLength(LIMITS.name, rule), z.describe(description));
}

/** A field that may be left out and then has `defaultMs`. */
export function durationField(description: string, defaultMs: number, range: { readonly leastMs?: number } = {}) {
  return z.prefault(durationSchema(range), formatDuration(defaultMs)).check(z.describe(description));
}
