import * as z from 'zod/mini';
import { matching } from '../../config/bounded-match.ts';
import { onDemand } from '../../config/on-demand.ts';
import { regularExpression } from '../../config/regular-expression.ts';
import { exactlyOneOf } from '../exactly-one.ts';
import { readJsonPath } from '../http/json-path.ts';
import { jsonPathField } from '../http/json-path-field.ts';
import { comparisonFields, comparisonOf } from './comparison.ts';

/** Longer texts of an answer are not shown whole. */
const SHOWN_LENGTH = 60;

const settings = onDemand(() =>
  z
    .strictObject({
      path: jsonPathField().check(z.describe('Where the value stands, such as `$.status` or `$.nodes[0]["node id"]`.')),
      equals: z
        .optional(z.union([z.string(), z.number(), z.boolean(), z.null()]))
        .check(z.describe('Holds for exactly this text, number, true, false or null.')),
      exists: z
        .optional(z.boolean())
        .check(z.describe('Holds where there is a value, null included; false: where there is none.')),
      matches: z
        .optional(regularExpression())
        .check(
          z.describe('A regular expression that has to match somewhere in the value, a text, number, true or false.'),
        ),
      ...comparisonFields(),
    })
    .check(
      exactlyOneOf(
        ['equals', 'exists', 'matches', ...Object.keys(comparisonFields())],
        'say what the value has to be: exists: true if any will do',
      ),
    ),
);

type JsonSettings = z.output<ReturnType<typeof settings>>;

export interface JsonExpectation {
  /** As it stands in a sentence: `$.draining equal to false`. */
  readonly text: string;
  /** Looks at a body; `hide` hides in a text what nobody may see. Never throws. */
  read(
    body: string,
    hide: (text: string) => string,
  ): { readonly met: boolean; readonly saw: string; readonly left: number | undefined };
}

/** `{path, equals | exists | matches | below | atMost | atLeast | above}`. */
export const jsonExpectation = onDemand(() =>
  z.pipe(
    settings(),
    z.transform((json): JsonExpectation => {
      const test = testOf(json);
      return {
        text: `${json.path.text} ${test.text}`,
        read(body, hide) {
          const document = parse(body);
          if (document === undefined) return { met: false, saw: 'a body that is not JSON', left: undefined };
          const value = readJsonPath(document.value, json.path.path);
          const left = typeof value === 'number' ? test.left?.(value) : undefined;
          const held = test.holds(value);
          const late = held === undefined ? ', and matching it took too long' : '';
          return { met: held === true, saw: `${json.path.text} is ${show(value, hide)}${late}`, left };
        },
      };
    }),
  ),
);

interface ValueTest {
  readonly text: string;
  /** Undefined when that took too long. */
  holds(value: unknown): boolean | undefined;
  left?(value: number): number | undefined;
}

function testOf(json: JsonSettings): ValueTest {
  const { equals, exists, matches } = json;
  if (matches !== undefined) return { text: `matching ${matches}`, holds: (value) => isMatch(value, matches) };
  if (exists !== undefined) {
    return { text: exists ? 'there' : 'not there', holds: (value) => (value !== undefined) === exists };
  }
  const number = comparisonOf({ ...json, equals: typeof equals === 'number' ? equals : undefined });
  if (number === undefined) return { text: `equal to ${JSON.stringify(equals)}`, holds: (value) => value === equals };
  const { text, holds, left } = number;
  return { text, holds: (value) => typeof value === 'number' && holds(value), left };
}

function isMatch(value: unknown, pattern: RegExp): boolean | undefined {
  if (!['string', 'number', 'boolean'].includes(typeof value)) return false;
  const matched = matching(pattern, [String(value)]);
  return matched && matched.size > 0;
}

function parse(body: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) };
  } catch {
    return undefined;
  }
}

function show(value: unknown, hide: (text: string) => string): string {
  if (value === undefined) return 'not there';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  // Before it is cut: the beginning of a secret is one, too.
  const text = hide(JSON.stringify(value));
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH)}…`;
}
