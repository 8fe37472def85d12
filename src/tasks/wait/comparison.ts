import * as z from 'zod/mini';
import { onDemand } from '../../config/on-demand.ts';

/** The words by which a number is compared, as in all tasks that wait. */
export const comparisonFields = onDemand(() => ({
  below: z.optional(z.number()).check(z.describe('Holds for a number below this one.')),
  atMost: z.optional(z.number()).check(z.describe('Holds for this number and those below.')),
  atLeast: z.optional(z.number()).check(z.describe('Holds for this number and those above.')),
  above: z.optional(z.number()).check(z.describe('Holds for a number above this one.')),
}));

type ComparisonSettings = z.output<z.ZodMiniObject<ReturnType<typeof comparisonFields>>> & {
  readonly equals?: number | undefined;
};

export interface Comparison {
  /** As it stands in a sentence: `below 1`. */
  readonly text: string;
  /** NaN never holds. */
  holds(value: number): boolean;
  /** How far away the goal is, 0 when it is reached; undefined where that is no number. */
  left(value: number): number | undefined;
}

/** The comparison that is set; undefined where none is. */
export function comparisonOf(settings: ComparisonSettings): Comparison | undefined {
  const { below, atMost, equals, atLeast, above } = settings;
  if (below !== undefined) return comparison(`below ${below}`, (value) => value < below, below, 1);
  if (atMost !== undefined) return comparison(`at most ${atMost}`, (value) => value <= atMost, atMost);
  if (equals !== undefined) return comparison(`equal to ${equals}`, (value) => value === equals, equals);
  if (atLeast !== undefined) return comparison(`at least ${atLeast}`, (value) => value >= atLeast, atLeast);
  return above === undefined ? undefined : comparison(`above ${above}`, (value) => value > above, above, 1);
}

/** `beyond` is how far behind `goal` a whole number has to be to hold. */
function comparison(text: string, holds: Comparison['holds'], goal: number, beyond = 0): Comparison {
  const left = (value: number) => {
    if (holds(value)) return 0;
    if (!Number.isFinite(value)) return undefined;
    return Math.abs(value - goal) + (Number.isInteger(value) ? beyond : 0);
  };
  return { text, holds, left };
}

/** A number as it stands in a sentence: without the noise of a sum of fractions. */
export function shownNumber(value: number): string {
  return String(Number(value.toPrecision(12)));
}
