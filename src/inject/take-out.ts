/** The edits that take out of a manifest what `put-in.ts` put into it. */
import { isMap, isPair, isSeq, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { colonEnd, dashOf, endOf, lineAfter, lineStart, pairOf, startOf } from './nodes.ts';
import type { Edit } from './splice.ts';

/**
 * Takes entries out of the list or mapping under a key of `map`. Where nothing is left, the key goes, too, or gets `empty` again,
 * the text that stood behind its colon.
 */
export function takeOut(
  text: string,
  map: YAMLMap,
  key: string,
  indexes: readonly number[],
  empty: string | undefined,
): readonly Edit[] {
  const pair = pairOf(map, key);
  const inside = pair?.value;
  if (pair === undefined || indexes.length === 0 || !(isMap(inside) || isSeq(inside))) return [];
  if (indexes.length < inside.items.length) return withoutEntries(text, inside, indexes);
  if (empty === undefined) return withoutEntries(text, map, [map.items.indexOf(pair)]);
  const at = colonEnd(pair);
  if (inside.flow === true) return [{ at, end: endOf(pair), text: empty }];
  const rest = { at: lineAfter(text, at), end: lineAfter(text, endOf(pair)), text: '' };
  return empty === '' ? [rest] : [{ at, end: at, text: empty }, rest];
}

function withoutEntries(text: string, inside: YAMLMap | YAMLSeq, indexes: readonly number[]): Edit[] {
  const { items } = inside;
  const entries: readonly unknown[] = items;
  if (inside.flow === true) {
    const leading = entries.findIndex((_, index) => !indexes.includes(index));
    const head = leading > 0 ? [{ at: startOf(entries[0]), end: startOf(entries[leading]), text: '' }] : [];
    const rest = indexes.filter((index) => index > leading);
    return [...head, ...rest.map((index) => ({ at: endOf(entries[index - 1]), end: endOf(entries[index]), text: '' }))];
  }
  return indexes.map((index) => {
    const entry = entries[index];
    const start = isSeq(inside) ? dashOf(inside, index) : startOf(entry);
    return { at: lineStart(text, start), end: lineAfter(text, endOf(entry)), text: '' };
  });
}

/** The place of a key in a mapping; -1 where it is not there. */
export function indexOfKey(map: YAMLMap, key: string): number {
  return map.items.findIndex((item) => isPair(item) && String((item as Pair).key) === key);
}
