import * as z from 'zod/mini';
import { onDemand } from './on-demand.ts';

const LONGEST = 1000;

/**
 * The schema of a regular expression, in JavaScript's grammar and without flags: text in, RegExp out. It may match anywhere.
 * Use it through `bounded-match.ts` alone.
 */
export const regularExpression = onDemand(() =>
  z.pipe(
    z.string().check(z.minLength(1), z.maxLength(LONGEST)),
    z.transform((text, context) => {
      try {
        return new RegExp(text);
      } catch (error) {
        // V8 quotes the pattern, and says what is wrong behind the last colon.
        const why = error instanceof Error ? (error.message.split(': ').at(-1) ?? '') : '';
        const params = { remedy: `correct it: ${why.toLowerCase()}` };
        context.issues.push({ code: 'custom', input: text, message: 'must be a regular expression', params });
        return z.NEVER;
      }
    }),
  ),
);
