import * as z from 'zod/mini';
import { onDemand } from '../../config/on-demand.ts';

/** What an answer's status means for the attempt. */
const STATUS_MEANINGS = ['ok', 'retry', 'skip', 'fail'] as const;
export type StatusMeaning = (typeof STATUS_MEANINGS)[number];

const RULE = 'must be a status from 200 to 599, or a class such as 2xx';

const quoted = z.refine<string>((text) => !/^[2-5][0-9][0-9]$/.test(text), {
  error: RULE,
  params: { remedy: 'write it without quotes' },
  abort: true,
});

/** A status, such as 200, or a class of them, such as "2xx". */
const statusPattern = onDemand(() =>
  z.union([
    z.int(RULE).check(z.gte(200, RULE), z.lte(599, RULE)),
    z.string().check(quoted, z.regex(/^[2-5]xx$/, RULE)),
  ]),
);

/** Statuses that are taken for good. */
export const expectedStatuses = onDemand(() => z.array(statusPattern()).check(z.minLength(1)));

/** What single statuses or classes mean. */
export const statusMeanings = onDemand(() =>
  z.record(z.string().check(z.regex(/^[2-5]([0-9][0-9]|xx)$/, RULE)), z.enum(STATUS_MEANINGS)),
);

export interface StatusRules {
  readonly expect: readonly (number | string)[];
  readonly onStatus: Readonly<Record<string, StatusMeaning>>;
}

/** These say that the same request may go well later. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** What a status means. A rule for the very status comes before one for its class, and `onStatus` before `expect`. */
export function meaningOf(status: number, { expect, onStatus }: StatusRules): StatusMeaning {
  for (const pattern of [status, `${Math.floor(status / 100)}xx`]) {
    const meaning = onStatus[pattern];
    if (meaning !== undefined) return meaning;
    if (expect.includes(pattern)) return 'ok';
  }
  return PASSING.has(status) ? 'retry' : 'fail';
}
