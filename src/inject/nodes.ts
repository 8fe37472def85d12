/** Where the nodes of a manifest stand in its text. */
import { isCollection, isMap, isNode, isPair, isScalar, isSeq, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Part } from '../manifests/part.ts';

/** The node of a part; undefined where there is none, or where it stands elsewhere in the file: behind an alias or a merge. */
export function nodeOf({ source, path }: Part): unknown {
  let node: unknown = source.document.contents;
  for (const step of path) {
    if (isSeq(node) && typeof step === 'number') node = node.items[step];
    else if (isMap(node)) node = pairOf(node, String(step))?.value;
    else return undefined;
  }
  return node;
}

export function mapOf(part: Part): YAMLMap | undefined {
  const node = nodeOf(part);
  return isMap(node) ? node : undefined;
}

export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
}

/** Where a node begins, or the key of a pair. */
export function startOf(node: unknown): number {
  if (isPair(node)) return startOf(node.key);
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** Where the text of a node ends, without what follows it, comments included. */
export function endOf(node: unknown): number {
  // A value that is not written is found behind the blanks that follow the colon.
  if (isPair(node)) return startOf(node.value) === endOf(node.value) ? colonEnd(node) : endOf(node.value);
  if (isCollection(node) && node.flow !== true && node.items.length > 0) return endOf(node.items.at(-1));
  return isNode(node) ? (node.range?.[1] ?? 0) : 0;
}

/** Behind the colon of a pair. */
export function colonEnd({ key, srcToken }: Pair): number {
  const colon = srcToken?.sep?.find(({ type }) => type === 'map-value-ind');
  return colon === undefined ? endOf(key) : colon.offset + 1;
}

/** Where the dash of a list's item stands. */
export function dashOf(list: YAMLSeq, index: number): number {
  const { srcToken } = list;
  const tokens = srcToken?.type === 'block-seq' ? srcToken.items[index]?.start : undefined;
  return tokens?.find(({ type }) => type === 'seq-item-ind')?.offset ?? startOf(list.items[index]);
}

/** Where the line of an offset begins. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Where the next line begins, behind what ends at `offset`: the end of a block of text is the beginning of a line. */
export function lineAfter(text: string, offset: number): number {
  if (offset === 0 || text[offset - 1] === '\n') return offset;
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end + 1;
}

/** What stands before something in its line, if that is nothing but blanks; else undefined. */
export function indentBefore(text: string, offset: number): string | undefined {
  const before = text.slice(lineStart(text, offset), offset);
  return /^[ \t]*$/.test(before) ? before : undefined;
}

/** Whether there is nothing in it: an empty list, an empty mapping, or no value at all. */
export function isEmpty(node: unknown): boolean {
  if (isCollection(node)) return node.items.length === 0;
  return isNode(node) ? isScalar(node) && (node.value === null || node.value === '') : true;
}
