import * as z from 'zod/mini';
import { matching } from '../../config/bounded-match.ts';
import { onDemand } from '../../config/on-demand.ts';
import { regularExpression } from '../../config/regular-expression.ts';
import type { Sample } from './prometheus-text.ts';

const matcher = onDemand(() =>
  z.union([
    z.string(),
    z.array(z.string()).check(z.minLength(1)),
    z.strictObject({
      matches: regularExpression().check(
        z.describe('A regular expression that has to match somewhere in the value of the label.'),
      ),
    }),
  ]),
);

const labelName = z
  .string()
  .check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a label: letters, digits and underscores'));

/** By label, what its value has to be: a text, a list of which it is one, or `{matches: …}`. A label that is not there is empty. */
export const labelMatchers = onDemand(() => z.record(labelName, matcher()));

export interface LabelSettings {
  readonly labels: z.output<ReturnType<typeof labelMatchers>>;
  readonly without: z.output<ReturnType<typeof labelMatchers>>;
}

/**
 * The samples that have all of `labels` and none of `without`; undefined when matching took too long. Give it many at once: each
 * regular expression is run once for all.
 */
export function selectSamples(samples: readonly Sample[], { labels, without }: LabelSettings): Sample[] | undefined {
  let selected = [...samples];
  for (const [matchers, wanted] of [[labels, true] as const, [without, false] as const]) {
    for (const [label, value] of Object.entries(matchers)) {
      const held = holding(
        value,
        selected.map((sample) => sample.labels.get(label) ?? ''),
      );
      if (held === undefined) return undefined;
      selected = selected.filter((_, index) => held.has(index) === wanted);
    }
  }
  return selected;
}

function holding(
  value: z.output<ReturnType<typeof matcher>>,
  texts: readonly string[],
): ReadonlySet<number> | undefined {
  if (typeof value === 'object' && 'matches' in value) return matching(value.matches, texts);
  const allowed = new Set(typeof value === 'string' ? [value] : value);
  return new Set(texts.flatMap((text, index) => (allowed.has(text) ? [index] : [])));
}
