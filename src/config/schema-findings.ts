/** Says for people what the schema found wrong. */
import * as z from 'zod/mini';
import { LIMITS } from './defaults.ts';
import { type Finding, valueAt } from './finding.ts';
import { HIDDEN, type Path, showKey, showValue } from './problem.ts';
import { keysAt, placeOfKey } from './schema-keys.ts';
import { suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;
type Params = Readonly<Record<string, unknown>> | undefined;

const WRITE_A_FORM = 'write it in one of these forms';

const MAPPING = { rule: 'must be a mapping', remedy: 'write its keys below it, indented' };

const TYPES: Readonly<Record<string, { readonly rule: string; readonly remedy: string }>> = {
  string: { rule: 'must be text', remedy: 'put it in quotes if it is meant as text' },
  number: { rule: 'must be a number', remedy: 'write a number without quotes' },
  int: { rule: 'must be a whole number', remedy: 'write a number without a fraction' },
  boolean: { rule: 'must be true or false', remedy: 'write true or false without quotes' },
  null: { rule: 'must be null', remedy: 'write null' },
  array: { rule: 'must be a list', remedy: 'begin each item with "- "' },
  object: MAPPING,
  record: MAPPING,
};

/**
 * The rule that an issue breaks, where its schema doesn't say it itself. Only a message comes out of the schema, so for
 * unknown keys it is the list of those there are.
 */
export const ruleOf: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected]?.rule ?? `must be of type ${issue.expected}`;
    case 'too_small':
      return `must ${bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}`;
    case 'too_big':
      return `must ${bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return `must be of the form ${issue.pattern ?? issue.format}`;
    case 'unrecognized_keys':
      return issue.inst instanceof z.ZodMiniObject ? Object.keys(issue.inst._zod.def.shape).join(', ') : '';
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'invalid_union':
      return 'must be valid';
  }
};

function bound(origin: string, comparison: string, limit: number | bigint): string {
  if (!isCount(origin)) return `be ${comparison} ${limit}`;
  return `have ${comparison} ${limit} ${origin === 'string' ? 'character' : 'item'}${limit === 1 ? '' : 's'}`;
}

/** One more than is reported, so that it shows that there are more. */
const ENOUGH = LIMITS.problems + 1;

/**
 * What is wrong, in the schema's order; `data` is what was parsed with `schema`. A check of a schema may say more in its `params`: `remedy`;
 * `shown`, to be told instead of the value; `unlessUnknownKeys`, to be left out where a key is misspelt beside it.
 */
export function findingsOf(issues: readonly Issue[], data: unknown, schema: z.core.$ZodType): Finding[] {
  const flat = issues.flatMap((issue) => flatten(issue, [])).slice(0, ENOUGH);
  const withUnknownKeys = new Set(flat.filter(isUnknownKeys).map(({ path }) => JSON.stringify(path)));
  const ofWrongType = new Set(
    flat.filter(({ code }) => code === 'invalid_type').map(({ path }) => JSON.stringify(path)),
  );
  return flat.flatMap((issue): Finding[] => {
    const path = pathOf(issue);
    // A text in the place of a list is measured like one, in characters.
    if (isOfWrongSize(issue) && ofWrongType.has(JSON.stringify(path))) return [];
    if (isUnknownKeys(issue)) {
      // A merge key is told of where the YAML is read.
      const keys = issue.keys.filter((key) => key !== '<<').slice(0, ENOUGH);
      return keys.map((key) => unknownKey(key, path, issue.message, placeOfKey(key, path, data, schema)));
    }
    const params = issue.code === 'custom' ? issue.params : undefined;
    if (params?.['unlessUnknownKeys'] === true && withUnknownKeys.has(JSON.stringify(path))) return [];
    const value = valueAt(data, path);
    const meant = meantForm(issue, path, value, schema);
    return [findingOf(issue, path, value, meant === undefined ? params : { ...params, remedy: meant })];
  });
}

function isUnknownKeys(issue: Issue): issue is z.core.$ZodIssueUnrecognizedKeys {
  return issue.code === 'unrecognized_keys';
}

function isOfWrongSize({ code }: Issue): boolean {
  return code === 'too_small' || code === 'too_big';
}

function pathOf(issue: Issue): Path {
  return issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
}

/** A failed union is the issues of the branch that was meant, or one issue that names what it may be. */
function flatten(issue: Issue, prefix: readonly PropertyKey[]): Issue[] {
  const path = [...prefix, ...issue.path];
  if (issue.code !== 'invalid_union') return [{ ...issue, path }];
  const branch = issue.errors.find((issues) => !issues.some(isOtherForm));
  if (branch !== undefined) return branch.flatMap((inner) => flatten(inner, path));
  const forms = issue.errors.flatMap((issues) => issues.filter(isOtherForm));
  const [rule, ...others] = new Set(forms.map(({ message }) => message));
  if (others.length === 0) return forms.slice(0, 1).map((form) => ({ ...form, path }));
  const message = [rule, ...others.map((other) => other.replace(/^must be /, ''))].join(' or ');
  return [{ code: 'custom', path, message, params: { remedy: WRITE_A_FORM }, input: undefined }];
}

/** Whether the issue shows that another branch was meant: the whole is of another type, or has a key that this one forbids. */
function isOtherForm({ code, path, ...issue }: Issue): boolean {
  if (code !== 'invalid_type') return false;
  return path.length === 0 || (path.length === 1 && 'expected' in issue && issue.expected === 'never');
}

/** That it is known elsewhere says more than that it resembles a key that is known here. */
function unknownKey(key: string, path: Path, known: string, place: string | undefined): Finding {
  const near = suggest(key, known.split(', '));
  const remedy = place ?? (near === undefined ? `the keys here are ${known}` : `did you mean "${near}"?`);
  return { severity: 'error', part: 'key', path: [...path, key], rule: 'is not a known key', value: undefined, remedy };
}

/** The value of another type as it was meant; undefined where that is not known. */
function meantForm(issue: Issue, path: Path, value: unknown, schema: z.core.$ZodType): string | undefined {
  if (value === undefined || value === null) return undefined;
  const plural = `${path.at(-1)}s`;
  const isList = Array.isArray(value);
  if (isList && isOfWrongForm(issue) && keysAt(schema, path.slice(0, -1)).includes(plural)) {
    return `write it as "${plural}"`;
  }
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.expected === 'object') return withKeys(keysAt(schema, path));
  const shown = showValue(value, path);
  const isItem = typeof value !== 'object' && shown !== HIDDEN && keysAt(schema, [...path, 0]).length === 0;
  return issue.expected === 'array' && isItem ? `write it in brackets: [${shown}]` : undefined;
}

function withKeys(keys: readonly string[]): string | undefined {
  return keys.length === 0 ? undefined : `${MAPPING.remedy}: ${keys.join(', ')}`;
}

/** Whether the value is of none of the types that it may have. */
function isOfWrongForm(issue: Issue): boolean {
  return issue.code === 'invalid_type' || (issue.code === 'custom' && issue.params?.['remedy'] === WRITE_A_FORM);
}

function findingOf(issue: Issue, path: Path, value: unknown, params: Params): Finding {
  const shown = typeof params?.['shown'] === 'string' ? params['shown'] : showValue(value, path);
  const common = { severity: 'error', path, value: shown } as const;
  if (issue.code === 'invalid_key') {
    const rule = issue.issues[0]?.message ?? 'must be valid';
    return { ...common, part: 'key', rule, value: showKey(path), remedy: 'rename it' };
  }
  if (value === undefined) {
    return { ...common, part: 'key', rule: 'is missing', remedy: `add it; it ${issue.message}` };
  }
  if (path.length === 0 && value === null) {
    return {
      ...common,
      part: 'value',
      rule: issue.message,
      remedy: 'write "version: 1", and "containers:" with the hooks of each',
    };
  }
  return { ...common, part: 'value', rule: issue.message, remedy: remedyOf(issue, value, params) };
}

function remedyOf(issue: Issue, value: unknown, params: Params): string {
  if (typeof params?.['remedy'] === 'string') return params['remedy'];
  if (value === null) return 'write a value, or remove the key';
  if (issue.code === 'invalid_type') return TYPES[issue.expected]?.remedy ?? 'remove it';
  if (issue.code === 'invalid_value') return choiceRemedy(issue.values.map(String), value);
  if (issue.code === 'too_small') return isCount(issue.origin) ? 'add what is missing' : 'write a larger number';
  if (issue.code === 'too_big') return isCount(issue.origin) ? 'make it shorter' : 'write a smaller number';
  return 'correct it';
}

function choiceRemedy(choices: readonly string[], value: unknown): string {
  const quoted = choices.find((choice) => choice === value);
  if (quoted !== undefined) return `write ${quoted} without quotes`;
  const near = typeof value === 'string' ? suggest(value, choices) : undefined;
  if (near !== undefined) return `did you mean "${near}"?`;
  return choices.length === 1 ? `write ${choices[0]}` : 'write one of these';
}

function isCount(origin: string): boolean {
  return origin === 'string' || origin === 'array';
}
