/** The edits that put something into a manifest. Each has its counterpart in `take-out.ts`. */
import { isMap, isSeq, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { colonEnd, dashOf, endOf, indentBefore, isEmpty, lineAfter, lineStart, pairOf, startOf } from './nodes.ts';
import type { PlainMap } from './plain.ts';
import type { Edit } from './splice.ts';
import { blockLines, flowKey, flowText, type Style } from './style.ts';

/** A text and the style of what is written into it. */
export interface Site {
  readonly text: string;
  readonly style: Style;
}

/** What is put in, and what stood in its place where that was an empty value; undefined: nothing. */
export interface PutIn {
  readonly edits: readonly Edit[];
  readonly replaced: string | undefined;
}

export interface PutEntries extends PutIn {
  /** By its key, the text of an empty value that an entry replaced. */
  readonly filled: Readonly<Record<string, string>>;
}

type Value = PlainMap | readonly PlainMap[];

/** Puts items into the list under a key of `map`, which is made where there is none: next to the key `near`. */
export function putItems(
  site: Site,
  map: YAMLMap,
  key: string,
  items: readonly PlainMap[],
  where: { readonly at: 'first' | 'last'; readonly near: string; readonly side: 'before' | 'after' },
): PutIn {
  const pair = pairOf(map, key);
  if (pair === undefined) return whole(newPair(site, map, key, items, where));
  if (isEmpty(pair.value)) return fill(site, map, pair, items);
  if (!isSeq(pair.value)) return whole();
  return whole(...(where.at === 'first' ? putFirst(site, pair, pair.value, items) : putLast(site, pair.value, items)));
}

/** Puts entries into the mapping under a key of `map`, which is made where there is none: behind the key `near`. */
export function putEntries(
  site: Site,
  map: YAMLMap,
  key: string,
  entries: Readonly<Record<string, PlainMap>>,
  near: string,
): PutEntries {
  const pair = pairOf(map, key);
  if (pair === undefined) return { ...whole(newPair(site, map, key, entries, { near, side: 'after' })), filled: {} };
  const inside = pair.value;
  if (isEmpty(inside)) return { ...fill(site, map, pair, entries), filled: {} };
  if (!isMap(inside)) return { ...whole(), filled: {} };
  const last = String(inside.items.at(-1)?.key);
  const filled: Record<string, string> = {};
  const fills = Object.entries(entries).flatMap(([name, value]) => {
    const there = pairOf(inside, name);
    if (there === undefined) return [];
    const put = fill(site, inside, there, value);
    filled[name] = put.replaced ?? '';
    return put.edits;
  });
  // Behind those: the last of them may get its value where these begin.
  const edits = Object.entries(entries).flatMap(([name, value]) =>
    inside.has(name) ? [] : [newPair(site, inside, name, value, { near: last, side: 'after' })],
  );
  return { ...whole(...fills, ...edits), filled };
}

function whole(...edits: readonly Edit[]): PutIn {
  return { edits, replaced: undefined };
}

function newPair(
  site: Site,
  map: YAMLMap,
  key: string,
  value: Value,
  { near, side }: { readonly near: string; readonly side: 'before' | 'after' },
): Edit {
  const { text, style } = site;
  const beside = pairOf(map, near) ?? map.items.at(-1);
  if (map.flow === true) {
    const { indent, gap } = besideInFlow(site, beside);
    return insertion(endOf(beside), `,${gap}${flowKey(key, style)}${flowText(value, style, indent)}`);
  }
  const column = columnOf(text, map);
  const lines = blockLines({ [key]: value }, column, style);
  if (side === 'after') return linesAt(site, belowComments(text, lineAfter(text, endOf(beside)), column), lines);
  return linesAt(site, aboveComments(text, lineStart(text, startOf(beside)), column), lines);
}

/** Gives an empty key its value. */
function fill({ text, style }: Site, map: YAMLMap, pair: Pair, value: Value): PutIn {
  const at = colonEnd(pair);
  const end = Math.max(at, endOf(pair));
  const replaced = text.slice(at, end);
  if (map.flow === true) {
    const indent = indentBefore(text, startOf(pair));
    return { edits: [{ at, end, text: ` ${flowText(value, style, indent)}` }], replaced };
  }
  const column = columnOf(text, map) + (Array.isArray(value) ? style.dash : style.step);
  const lines = linesAt({ text, style }, lineAfter(text, end), blockLines(value, column, style));
  return { edits: [{ at, end, text: '' }, lines], replaced };
}

function putFirst(site: Site, pair: Pair, list: YAMLSeq, items: readonly PlainMap[]): Edit[] {
  const { text, style } = site;
  const [first] = list.items;
  if (list.flow !== true) {
    const dash = dashOf(list, 0);
    const lines = blockLines(items, dash - lineStart(text, dash), style);
    return [linesAt(site, lineAfter(text, colonEnd(pair)), lines)];
  }
  const { indent, gap } = besideInFlow(site, first);
  return items.map((item) => insertion(startOf(first), `${flowText(item, style, indent)},${gap}`));
}

function putLast(site: Site, list: YAMLSeq, items: readonly PlainMap[]): Edit[] {
  const { text, style } = site;
  const last = list.items.at(-1);
  if (list.flow !== true) {
    const dash = dashOf(list, 0);
    const column = dash - lineStart(text, dash);
    const at = belowComments(text, lineAfter(text, endOf(last)), column);
    return [linesAt(site, at, blockLines(items, column, style))];
  }
  const { indent, gap } = besideInFlow(site, last);
  return items.map((item) => insertion(endOf(last), `,${gap}${flowText(item, style, indent)}`));
}

/** In braces: what stands before the line of an entry that has one of its own, and what has to stand between it and the next. */
function besideInFlow({ text, style }: Site, entry: unknown) {
  const indent = indentBefore(text, startOf(entry));
  return { indent, gap: indent === undefined ? (style.json ? '' : ' ') : `${style.lineEnd}${indent}` };
}

function insertion(at: number, text: string): Edit {
  return { at, end: at, text };
}

/** Lines at the beginning of a line, or behind a last line that has no end. */
function linesAt({ text, style: { lineEnd } }: Site, at: number, lines: readonly string[]): Edit {
  const joined = lines.join(lineEnd);
  const behind = at === text.length && text !== '' && !text.endsWith('\n');
  return insertion(at, behind ? `${lineEnd}${joined}` : `${joined}${lineEnd}`);
}

/** The column of a mapping's keys. */
function columnOf(text: string, map: YAMLMap): number {
  const at = startOf(map.items.at(-1));
  return at - lineStart(text, at);
}

/** Comments right above a key at its column belong to it. */
function aboveComments(text: string, at: number, column: number): number {
  if (at === 0) return at;
  const above = lineStart(text, at - 1);
  const line = text.slice(above, at);
  return line.trimStart().startsWith('#') && line.search(/\S/) === column ? aboveComments(text, above, column) : at;
}

/** Comments below something that are indented deeper than it belong to it, such as fields that are switched off. */
function belowComments(text: string, at: number, column: number): number {
  let end = at;
  for (let next = at; next < text.length; ) {
    const after = lineAfter(text, next + 1);
    const line = text.slice(next, after);
    const indent = line.search(/\S/);
    if (indent !== -1 && (line[indent] !== '#' || indent <= column)) return end;
    if (indent !== -1) end = after;
    next = after;
  }
  return end;
}
