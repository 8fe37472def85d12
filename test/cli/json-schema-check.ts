import { isMapping } from '../../src/config/finding.ts';

/**
 * Whether `value` is valid, for those keywords of draft-07 that the config's schema uses; an unknown keyword throws, so that
 * none is passed over.
 */
export function isValid(schema: unknown, value: unknown, root: unknown = schema): boolean {
  if (!isMapping(schema)) return schema === true;
  return Object.entries(schema).every(([keyword, argument]) => holds(keyword, argument, schema, value, root));
}

const WITHOUT_EFFECT = ['$schema', '$id', '$comment', 'title', 'description', 'default', 'definitions'];

function holds(keyword: string, argument: unknown, schema: Mapping, value: unknown, root: unknown): boolean {
  const valid = (inner: unknown, of = value) => isValid(inner, of, root);
  if (WITHOUT_EFFECT.includes(keyword)) return true;
  switch (keyword) {
    case '$ref':
      return valid(resolve(root, String(argument)));
    case 'type':
      return typesOf(value).includes(String(argument));
    case 'const':
      return value === argument;
    case 'enum':
      return list(argument).includes(value);
    case 'not':
      return !valid(argument);
    case 'anyOf':
      return list(argument).some((one) => valid(one));
    case 'oneOf':
      return list(argument).filter((one) => valid(one)).length === 1;
    case 'allOf':
      return list(argument).every((one) => valid(one));
    case 'pattern':
      return typeof value !== 'string' || new RegExp(String(argument)).test(value);
    case 'minLength':
      return typeof value !== 'string' || value.length >= Number(argument);
    case 'maxLength':
      return typeof value !== 'string' || value.length <= Number(argument);
    case 'minimum':
      return typeof value !== 'number' || value >= Number(argument);
    case 'maximum':
      return typeof value !== 'number' || value <= Number(argument);
    case 'items':
      return !Array.isArray(value) || value.every((item) => valid(argument, item));
    case 'minItems':
      return !Array.isArray(value) || value.length >= Number(argument);
    case 'maxItems':
      return !Array.isArray(value) || value.length <= Number(argument);
    default:
      return !isMapping(value) || holdsForMapping(keyword, argument, schema, value, valid);
  }
}

type Mapping = Readonly<Record<PropertyKey, unknown>>;

function holdsForMapping(
  keyword: string,
  argument: unknown,
  schema: Mapping,
  value: Mapping,
  valid: (schema: unknown, of: unknown) => boolean,
): boolean {
  const properties = isMapping(schema['properties']) ? schema['properties'] : {};
  switch (keyword) {
    case 'required':
      return list(argument).every((key) => Object.hasOwn(value, String(key)));
    case 'properties':
      return Object.entries(properties).every(([key, inner]) => !Object.hasOwn(value, key) || valid(inner, value[key]));
    case 'propertyNames':
      return Object.keys(value).every((key) => valid(argument, key));
    case 'additionalProperties':
      return Object.entries(value).every(([key, inner]) => Object.hasOwn(properties, key) || valid(argument, inner));
    case 'minProperties':
      return Object.keys(value).length >= Number(argument);
    case 'maxProperties':
      return Object.keys(value).length <= Number(argument);
    default:
      throw new Error(`unknown keyword ${keyword}`);
  }
}

function resolve(root: unknown, reference: string): unknown {
  let found = root;
  for (const part of reference.split('/').slice(1)) found = isMapping(found) ? found[part] : undefined;
  return found;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function typesOf(value: unknown): string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  if (typeof value === 'number') return Number.isInteger(value) ? ['number', 'integer'] : ['number'];
  return [typeof value];
}
