import * as z from 'zod/mini';
import { matching } from '../../config/bounded-match.ts';
import type { ReadContext, Reading } from '../../config/condition.ts';
import { onDemand } from '../../config/on-demand.ts';
import { regularExpression } from '../../config/regular-expression.ts';
import { byteSize } from '../byte-size.ts';
import { checkHttp } from '../http/http-check.ts';
import { lookalikesOf, variablesOf } from '../http/http-fill.ts';
import { lookAt, unreadable } from '../http/http-look.ts';
import { methodField, requestChecks, requestFields, shownTarget } from '../http/http-request-settings.ts';
import { expectedStatuses, meaningOf } from '../http/http-status.ts';
import { summaryLine } from '../summary-line.ts';
import type { TaskCondition } from './condition-kind.ts';
import { jsonExpectation } from './json-expectation.ts';

/** A look is a request, and the app has to answer it. */
const EVERY_MS = 1000;

const settings = onDemand(() =>
  z
    .strictObject({
      method: methodField(),
      ...requestFields(),
      expect: z
        .prefault(expectedStatuses(), ['2xx'])
        .check(
          z.describe('Statuses, such as 200, and classes of them, such as "2xx", of which the answer has to have one.'),
        ),
      json: z
        .optional(jsonExpectation())
        .check(z.describe("What has to stand in the answer's body, which then has to be JSON. Default: nothing.")),
      matches: z
        .optional(regularExpression())
        .check(z.describe("A regular expression that has to match somewhere in the answer's body. Default: none.")),
      maxBody: z.prefault(byteSize(), '64Ki').check(z.describe("How much of the answer's body is read, in Ki or Mi.")),
    })
    .check(
      z.refine(({ method, json, matches }) => method !== 'HEAD' || (json ?? matches) === undefined, {
        error: 'must have another method than HEAD for json and matches: no answer to it has a body',
        params: { remedy: 'write for instance method: GET' },
      }),
      ...requestChecks(),
    ),
);

type HttpConditionSettings = z.output<ReturnType<typeof settings>>;

/** `http`: what an answer has to be. All that is asked for must hold. */
export const httpCondition = onDemand(() =>
  z.pipe(
    settings(),
    z.transform((http): TaskCondition => {
      const { method, expect, json, matches } = http;
      const wants = [
        `answers ${expect.join(' or ')}`,
        ...(json === undefined ? [] : [`with ${json.text}`]),
        ...(matches === undefined ? [] : [`with a body that matches ${matches}`]),
      ];
      return {
        summary: summaryLine(`http ${method} ${shownTarget(http)} ${wants.join(' ')}`),
        everyMs: EVERY_MS,
        uses: variablesOf(http),
        lookalikes: () => lookalikesOf(http),
        check: () => checkHttp(http),
        read: (context) => look(http, context),
      };
    }),
  ),
);

async function look(http: HttpConditionSettings, context: ReadContext): Promise<Reading> {
  const chunks: Buffer[] = [];
  const looked = await lookAt(http, context, {
    maxBodyBytes: http.maxBody,
    onBody: (chunk) => void chunks.push(chunk),
  });
  if (looked.kind === 'unreadable') return looked;
  const status = `status ${looked.status}`;
  if (meaningOf(looked.status, { expect: http.expect, onStatus: {} }) !== 'ok') return seen(false, status, undefined);
  const body = Buffer.concat(chunks);
  const text = new TextDecoder().decode(body);
  const matched = http.matches && matching(http.matches, [text]);
  if (http.matches !== undefined && matched === undefined)
    return unreadable(`${status}, but matching its body took too long`);
  if (matched?.size === 0) return seen(false, `${status}, and its body does not match`, undefined);
  if (http.json === undefined) return seen(true, status, undefined);
  const json = http.json.read(text, looked.hide);
  const cut =
    !json.met && body.length >= http.maxBody ? ` (of its body only ${http.maxBody / 1024}Ki are read, maxBody)` : '';
  return seen(json.met, `${status}, ${json.saw}${cut}`, json.left);
}

function seen(met: boolean, saw: string, left: number | undefined): Reading {
  return { kind: 'read', met, saw, left };
}
