import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { findingsOf, ruleOf } from '../../src/config/schema-findings.ts';

/** What is found wrong with `value`, each as its place, its rule and its remedy. */
function found(schema: z.ZodMiniType, value: unknown): string[] {
  const { error } = z.safeParse(schema, value, { error: ruleOf });
  return findingsOf(error?.issues ?? [], value, schema).map(
    ({ path, part, rule, remedy }) => `${part} ${path.join('.')}: ${rule}, ${remedy}`,
  );
}

describe('what a schema finds wrong', () => {
  it.each<[z.ZodMiniType, unknown, string]>([
    [z.string(), 5, 'must be text, put it in quotes if it is meant as text'],
    [z.number(), '5', 'must be a number, write a number without quotes'],
    [z.int(), 1.5, 'must be a whole number, write a number without a fraction'],
    [z.boolean(), 'yes', 'must be true or false, write true or false without quotes'],
    [z.array(z.string()), {}, 'must be a list, begin each item with "- "'],
    [z.array(z.string()), 'a', 'must be a list, write it in brackets: ["a"]'],
    [z.array(z.string()).check(z.maxLength(2)), 'abc', 'must be a list, write it in brackets: ["abc"]'],
    [z.array(z.string()).check(z.minLength(1)), '', 'must be a list, write it in brackets: [""]'],
    [z.array(z.int()), 5, 'must be a list, write it in brackets: [5]'],
    [z.array(z.strictObject({ a: z.string() })), 'a', 'must be a list, begin each item with "- "'],
    [z.strictObject({ a: z.string(), b: z.string() }), 5, 'must be a mapping, write its keys below it, indented: a, b'],
    [z.strictObject({ a: z.string() }), [], 'must be a mapping, write its keys below it, indented: a'],
    [z.record(z.string(), z.string()), 'a', 'must be a mapping, write its keys below it, indented'],
    [z.null(), 'a', 'must be null, write null'],
    [z.date(), 'a', 'must be of type date, remove it'],
    [z.number().check(z.gte(2)), 1, 'must be at least 2, write a larger number'],
    [z.number().check(z.gt(2)), 2, 'must be more than 2, write a larger number'],
    [z.number().check(z.lte(2)), 3, 'must be at most 2, write a smaller number'],
    [z.number().check(z.lt(2)), 2, 'must be less than 2, write a smaller number'],
    [z.number().check(z.multipleOf(2)), 3, 'must be a multiple of 2, correct it'],
    [z.string().check(z.minLength(1)), '', 'must have at least 1 character, add what is missing'],
    [z.string().check(z.maxLength(2)), 'abc', 'must have at most 2 characters, make it shorter'],
    [z.array(z.int()).check(z.minLength(2)), [1], 'must have at least 2 items, add what is missing'],
    [z.array(z.int()).check(z.maxLength(1)), [1, 2], 'must have at most 1 item, make it shorter'],
    [z.string().check(z.regex(/^a$/)), 'b', 'must be of the form /^a$/, correct it'],
    [z.email(), 'b', expect.stringContaining('must be of the form /')],
    [z.literal(1), '1', 'must be 1, write 1 without quotes'],
    [z.literal(1), 2, 'must be 1, write 1'],
    [z.enum(['fail', 'stop']), 'fial', 'must be one of fail, stop, did you mean "fail"?'],
    [z.enum(['fail', 'stop']), 5, 'must be one of fail, stop, write one of these'],
    [z.string().check(z.refine(() => false)), 'a', 'must be valid, correct it'],
    [z.string(), null, 'must be text, write a value, or remove the key'],
  ])('%# is told with its rule and a remedy', (schema, value, told) => {
    const whole = typeof told === 'string' ? `value key: ${told}` : told;
    expect(found(z.object({ key: schema }), { key: value })).toEqual([whole]);
  });

  it('is a missing key, with what it has to be', () => {
    expect(found(z.object({ key: z.string() }), {})).toEqual(['key key: is missing, add it; it must be text']);
  });

  it('is a key that is not known, with what was probably meant, or with those there are', () => {
    const schema = z.strictObject({ name: z.string(), timeout: z.optional(z.string()) });
    expect(found(schema, { name: 'a', tiemout: '' })).toEqual([
      'key tiemout: is not a known key, did you mean "timeout"?',
    ]);
    expect(found(schema, { name: 'a', other: '' })).toEqual([
      'key other: is not a known key, the keys here are name, timeout',
    ]);
  });

  it('is a list where a key for one value has one for several beside it', () => {
    const one = z.union([z.string(), z.strictObject({ url: z.string() })]);
    const schema = z.strictObject({ source: z.optional(one), sources: z.optional(z.array(one)) });
    const [rule, text] = ['must be text or a mapping', 'must be text'];
    expect(found(schema, { source: ['a'] })).toEqual([`value source: ${rule}, write it as "sources"`]);
    expect(found(z.strictObject({ a: z.string() }), { a: [] })).toEqual([expect.stringContaining(text)]);
  });

  it('is a text that may be a secret, which no remedy repeats', () => {
    const schema = z.strictObject({ command: z.array(z.string()) });
    expect(found(schema, { command: 'secret' })).toEqual(['value command: must be a list, begin each item with "- "']);
  });

  it('is a key of the wrong form', () => {
    const schema = z.record(z.string().check(z.regex(/^[a-z]+$/, 'must be a word')), z.number());
    expect(found(schema, { a: 1, B: 1 })).toEqual(['key B: must be a word, rename it']);
  });

  it('is what the meant form of several lacks, or all forms where none is meant', () => {
    const schema = z.union([z.string(), z.strictObject({ time: z.string() }), z.array(z.int())]);
    expect(found(schema, { time: 5 })).toEqual(['value time: must be text, put it in quotes if it is meant as text']);
    expect(found(schema, 5)).toEqual(['value : must be text or a mapping or a list, write it in one of these forms']);
    expect(found(z.union([z.string(), z.email()]), 5)).toEqual([
      'value : must be text, put it in quotes if it is meant as text',
    ]);
  });
});
