import * as z from 'zod/mini';
import type { ReadContext, Reading } from '../../config/condition.ts';
import { onDemand } from '../../config/on-demand.ts';
import { exactlyOneOf } from '../exactly-one.ts';
import { checkHttp } from '../http/http-check.ts';
import { lookalikesOf, variablesOf } from '../http/http-fill.ts';
import { lookAt, unreadable } from '../http/http-look.ts';
import { requestChecks, requestFields, shownTarget } from '../http/http-request-settings.ts';
import { summaryLine } from '../summary-line.ts';
import { type Comparison, comparisonFields, comparisonOf, shownNumber } from './comparison.ts';
import type { TaskCondition } from './condition-kind.ts';
import { labelMatchers, selectSamples } from './label-matchers.ts';
import { createSampleReader, type Sample } from './prometheus-text.ts';

/** A look is a request, and many apps collect all they have for it. */
const EVERY_MS = 1000;

/** The answer streams by; beyond this it is no exposition that any Prometheus would take. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Asks for the text format, as what cannot speak it would choose another. */
const HEADERS = { Accept: 'text/plain;version=0.0.4' };

const settings = onDemand(() =>
  z
    .strictObject({
      ...requestFields(),
      name: z
        .string()
        .check(
          z.regex(
            /^[A-Za-z_:][A-Za-z0-9_:]*$/,
            'must be the name of a metric: letters, digits, underscores and colons',
          ),
        )
        .check(z.describe('The name of the samples: of a histogram, that of its metric with _count behind.')),
      labels: z
        .prefault(labelMatchers(), {})
        .check(
          z.describe(
            'By label, what a sample has to have to count: a text, a list of texts, or {matches: a regular expression}.',
          ),
        ),
      without: z
        .prefault(labelMatchers(), {})
        .check(
          z.describe(
            'By label, what a sample must not have; one is enough to leave it out. The same forms as in labels.',
          ),
        ),
      aggregate: z.prefault(z.enum(['sum', 'max', 'min']), 'sum').check(z.describe('What becomes of several samples.')),
      onMissing: z
        .prefault(z.enum(['unmet', 'zero']), 'unmet')
        .check(
          z.describe(
            'What it means when no sample counts: that the condition does not hold, as the name may be wrong, or the same as 0, for ' +
              'apps that drop a metric which nothing uses any more.',
          ),
        ),
      equals: z.optional(z.number()).check(z.describe('Holds for exactly this number.')),
      ...comparisonFields(),
    })
    .check(
      ...requestChecks(),
      exactlyOneOf(['equals', ...Object.keys(comparisonFields())], 'say what the value has to be: below: 1'),
    ),
);

type MetricSettings = z.output<ReturnType<typeof settings>>;

/** `metric`: the samples of one metric at a Prometheus endpoint, taken together and compared with a number. */
export const metricCondition = onDemand(() =>
  z.pipe(
    settings(),
    z.transform((metric): TaskCondition => {
      const comparison = comparisonOf(metric);
      if (comparison === undefined) return z.NEVER;
      return {
        summary: summaryLine(`metric ${metric.name} of ${shownTarget(metric)} is ${comparison.text}`),
        everyMs: EVERY_MS,
        uses: variablesOf(metric),
        lookalikes: () => lookalikesOf(metric),
        check: () => checkHttp(metric),
        read: (look) => read(metric, comparison, look),
      };
    }),
  ),
);

async function read(metric: MetricSettings, comparison: Comparison, context: ReadContext): Promise<Reading> {
  const samples = createSampleReader(metric.name);
  const total = createTotal(metric);
  let bytes = 0;
  const request = { ...metric, method: 'GET', headers: { ...HEADERS, ...metric.headers } };
  const looked = await lookAt(request, context, {
    maxBodyBytes: MAX_BODY_BYTES,
    onBody(chunk) {
      bytes += chunk.length;
      total.add(samples.push(chunk));
    },
  });
  if (looked.kind === 'unreadable') return looked;
  if (looked.status !== 200) return unreadable(`answered ${looked.status}, expected 200`);
  if (bytes >= MAX_BODY_BYTES) return unreadable('the metrics are larger than 64Mi');
  total.add(samples.end());
  const problem = samples.problem() ?? total.problem();
  if (problem !== undefined) return unreadable(problem);
  return judge(metric, comparison, total);
}

function judge({ name, aggregate, onMissing }: MetricSettings, comparison: Comparison, total: Total): Reading {
  const count = total.count();
  if (count === 0 && onMissing === 'unmet') {
    return { kind: 'read', met: false, saw: `no ${name} that counts`, left: undefined };
  }
  const value = count === 0 ? 0 : total.value();
  const of = count === 1 ? '' : `${aggregate} of ${count} `;
  const saw = count === 0 ? `no ${name}, taken for 0` : `${of}${name} is ${shownNumber(value)}`;
  return { kind: 'read', met: comparison.holds(value), saw, left: comparison.left(value) };
}

interface Total {
  add(samples: readonly Sample[]): void;
  count(): number;
  /** Of no samples it has no meaning; with a NaN among them, it is NaN. */
  value(): number;
  problem(): string | undefined;
}

const AGGREGATES = {
  sum: (one: number, other: number) => one + other,
  max: Math.max,
  min: Math.min,
};

/** Adds up samples as they come, and holds none. */
function createTotal(metric: MetricSettings): Total {
  const both = AGGREGATES[metric.aggregate];
  let count = 0;
  let value = 0;
  let problem: string | undefined;
  return {
    add(samples) {
      const selected = samples.length === 0 || problem !== undefined ? [] : selectSamples(samples, metric);
      if (selected === undefined) problem = 'matching its labels took too long';
      for (const sample of selected ?? []) {
        value = count === 0 ? sample.value : both(value, sample.value);
        count += 1;
      }
    },
    count: () => count,
    value: () => value,
    problem: () => problem,
  };
}
