/**
 * Paths to one value in JSON: a subset of RFC 9535, with names (`$.a.b`, `$['a b']`), and indexes that count from the
 * start or, negative, from the end (`$.a[0]`, `$.a[-1]`). Whatever could yield several values or run code (wildcards, `..`,
 * slices, filters) is refused, so a path costs no more than its own length. Beyond the RFC, a name without quotes may hold hyphens.
 */

/** Names of members and indexes of items, outermost first. */
export type JsonPath = readonly (string | number)[];

export type ParsedJsonPath =
  | { readonly ok: true; readonly path: JsonPath }
  /** What must hold, to stand after the path's name: `must begin with $`. */
  | { readonly ok: false; readonly reason: string };

const LONGEST = 512;

/** One step: a plain name, an index, or a name in quotes, in which a backslash takes the next quote or backslash as it is. */
const STEP =
  /\.([A-Za-z_\u{80}-\u{10ffff}][-\w\u{80}-\u{10ffff}]*)|\[(-?\d{1,9})\]|\['((?:[^'\\]|\\['\\])*)'\]|\["((?:[^"\\]|\\["\\])*)"\]/uy;

/** Reads a path. Never throws. */
export function parseJsonPath(text: string): ParsedJsonPath {
  if (text.length > LONGEST) return { ok: false, reason: `must have at most ${LONGEST} characters` };
  if (!text.startsWith('$')) return { ok: false, reason: 'must begin with $, the whole document: $.status' };
  const path: (string | number)[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < text.length) {
    const at = STEP.lastIndex;
    const step = STEP.exec(text);
    if (step === null)
      return { ok: false, reason: `must go on with .name, ["name"] or [0] at "${text.slice(at, at + 20)}"` };
    const [, name, index, single, double] = step;
    path.push(index !== undefined ? Number(index) : (name ?? (single ?? double ?? '').replaceAll(/\\(.)/g, '$1')));
  }
  return { ok: true, path };
}

/** The value at the path, or undefined where there is none. Only what the document itself holds counts, nothing inherited. */
export function readJsonPath(document: unknown, path: JsonPath): unknown {
  return path.reduce(stepInto, document);
}

function stepInto(value: unknown, step: string | number): unknown {
  if (typeof step === 'number') return Array.isArray(value) ? value.at(step) : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, step))
    return undefined;
  return Object.getOwnPropertyDescriptor(value, step)?.value;
}
