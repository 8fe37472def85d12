/** Which keys a schema knows, and where a key that stands at the wrong place was probably meant to be. */
import * as z from 'zod/mini';
import { isMapping, valueAt } from './finding.ts';
import type { Path } from './problem.ts';

type Schema = z.core.$ZodType;

/** What a schema takes, without what is wrapped around it; of a union, each of its forms. */
function formsOf(schema: Schema): Schema[] {
  if (schema instanceof z.ZodMiniOptional || schema instanceof z.ZodMiniPrefault) {
    return formsOf(schema._zod.def.innerType);
  }
  if (schema instanceof z.ZodMiniPipe) return formsOf(schema._zod.def.in);
  if (schema instanceof z.ZodMiniUnion) return schema._zod.def.options.flatMap(formsOf);
  return [schema];
}

function step(form: Schema, part: string | number): Schema[] {
  if (form instanceof z.ZodMiniArray && typeof part === 'number') return formsOf(form._zod.def.element);
  if (form instanceof z.ZodMiniRecord) return formsOf(form._zod.def.valueType);
  const field = form instanceof z.ZodMiniObject ? new Map(fieldsOf(form)).get(String(part)) : undefined;
  return field === undefined ? [] : formsOf(field);
}

function fieldsOf(form: z.ZodMiniObject): [key: string, field: Schema][] {
  return Object.entries(form._zod.def.shape);
}

/** The keys that may stand in the mapping at `path`, those of each of its forms. */
export function keysAt(schema: Schema, path: Path): string[] {
  let forms = formsOf(schema);
  for (const part of path) forms = forms.flatMap((form) => step(form, part));
  const fields = forms.filter((form) => form instanceof z.ZodMiniObject).flatMap(fieldsOf);
  return [...new Set(fields.map(([key]) => key))];
}

/** Where `key`, which the mapping at `path` does not know, belongs; undefined where nothing near it knows it. */
export function placeOfKey(key: string, path: Path, data: unknown, schema: Schema): string | undefined {
  const above = levelAbove(key, path, schema);
  const below = siblingWith(key, path, data, schema);
  const isThere = above !== undefined && valueAt(data, [...path.slice(0, above.at), key]) !== undefined;
  if (above === undefined || (isThere && below !== undefined)) return below;
  return `it belongs beside "${path[above.at]}", ${above.levels === 1 ? 'one level' : `${above.levels} levels`} up`;
}

/** What stands in a list has keys of its own: those around the list are not looked at. */
function levelAbove(key: string, path: Path, schema: Schema): { at: number; levels: number } | undefined {
  for (let at = path.length - 1; typeof path[at] === 'string'; at -= 1) {
    if (keysAt(schema, path.slice(0, at)).includes(key)) return { at, levels: path.length - at };
  }
  return undefined;
}

function siblingWith(key: string, path: Path, data: unknown, schema: Schema): string | undefined {
  const mapping = valueAt(data, path);
  if (!isMapping(mapping)) return undefined;
  for (const [sibling, value] of Object.entries(mapping)) {
    const known = Array.isArray(value) ? [] : keysAt(schema, [...path, sibling]);
    if (!known.includes(key)) continue;
    return `it belongs below "${sibling}"${isMapping(value) ? '' : `, whose keys are ${known.join(', ')}`}`;
  }
  return undefined;
}
