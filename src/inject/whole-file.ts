/** Whole objects in a file of manifests: ConfigMaps go before the objects that use them, so that pods find them. */
import { isSeq } from 'yaml';
import { type ManifestDocument, type Part, rootOf } from '../manifests/part.ts';
import { endOf, lineAfter, lineStart, mapOf, nodeOf, startOf } from './nodes.ts';
import type { PlainMap } from './plain.ts';
import type { Site } from './put-in.ts';
import type { Edit } from './splice.ts';
import { blockLines, flowText, isJson } from './style.ts';
import { takeOut } from './take-out.ts';

/** A single object of JSON becomes the last item of such a list: JSON has no second document. */
function wrapping(lineEnd: string) {
  const head = ['{', '"apiVersion": "v1",', '"kind": "List",', '"items": [', ''].join(lineEnd);
  return { head, tail: [']', '}'].join(lineEnd) };
}

/** Puts objects in front of a document, or of the items of a JSON list. Undefined where there is no place for them. */
export function putObjects(site: Site, document: ManifestDocument, objects: readonly PlainMap[]): Edit[] {
  const { text, style } = site;
  if (objects.length === 0) return [];
  if (style.json) return putIntoJson(site, document, objects);
  const texts = objects.map((object) => blockLines(object, 0, style).join(style.lineEnd) + style.lineEnd);
  const marker = markerBefore(text, startOf(document.document.contents));
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  const put = texts
    .map((each) => (marker === undefined ? `${each}---${style.lineEnd}` : `---${style.lineEnd}${each}`))
    .join('');
  const at = marker ?? start;
  return [{ at, end: at, text: put }];
}

function putIntoJson({ text, style }: Site, document: ManifestDocument, objects: readonly PlainMap[]): Edit[] {
  const root = rootOf(document);
  const items = root.at('kind').text === 'List' ? nodeOf(root.at('items')) : undefined;
  if (isSeq(items) && items.items.length > 0) {
    const at = startOf(items.items[0]);
    const indent = text.slice(lineStart(text, at), at);
    const own = /^[ \t]*$/.test(indent) ? indent : undefined;
    const gap = own === undefined ? '' : `${style.lineEnd}${own}`;
    return objects.map((object) => ({ at, end: at, text: `${flowText(object, style, own)},${gap}` }));
  }
  const { head, tail } = wrapping(style.lineEnd);
  const before = objects.map((object) => `${flowText(object, style, '')},${style.lineEnd}`).join('');
  const after = text.endsWith('\n') ? `${tail}${style.lineEnd}` : `${style.lineEnd}${tail}`;
  return [
    { at: 0, end: 0, text: `${head}${before}` },
    { at: text.length, end: text.length, text: after },
  ];
}

/** Takes whole objects out of a file: documents, or items of a list. */
export function takeObjects(text: string, objects: readonly Part[]): Edit[] {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const { head, tail } = wrapping(lineEnd);
  const [first] = objects;
  const items = first && nodeOf(rootOf(first.source).at('items'));
  const wrapped = isJson(text) && text.startsWith(head) && isSeq(items) && items.items.length === objects.length + 1;
  if (wrapped) {
    const end = endOf(items.items.at(-2)) + 1 + lineEnd.length;
    const after = text.endsWith('\n') ? `${tail}${lineEnd}` : `${lineEnd}${tail}`;
    return [
      { at: 0, end, text: '' },
      { at: text.length - after.length, end: text.length, text: '' },
    ];
  }
  const documents = takeDocuments(
    text,
    objects.filter(({ path }) => path.length === 0),
  );
  const inLists = objects.filter(({ path }) => path.length > 0);
  const sources = [...new Set(inLists.map(({ source }) => source))];
  return [
    ...documents,
    ...sources.flatMap((source) => {
      const indexes = inLists.filter((object) => object.source === source).map(({ path }) => Number(path[1]));
      const map = mapOf(rootOf(source));
      return map === undefined ? [] : takeOut(text, map, 'items', indexes, undefined);
    }),
  ];
}

/** Documents with the `---` before each; of a file that does not begin with one, the first is followed by that of the next. */
function takeDocuments(text: string, objects: readonly Part[]): Edit[] {
  const spans = objects.map(({ source }) => {
    const start = startOf(source.document.contents);
    const next = /^---(?=\s|$)/m.exec(text.slice(start));
    return { marker: markerBefore(text, start), end: next === null ? text.length : start + next.index };
  });
  const unmarked = spans.find(({ marker }) => marker === undefined);
  const following = spans.filter(({ marker }) => marker !== undefined);
  let end = unmarked?.end ?? 0;
  while (unmarked !== undefined && following[0]?.marker === end) end = following.shift()?.end ?? end;
  const begin = text.startsWith('\uFEFF') ? 1 : 0;
  const first =
    unmarked === undefined ? [] : [{ at: begin, end: lineAfter(text, Math.min(end + 1, text.length)), text: '' }];
  return [...first, ...following.map((span) => ({ at: span.marker ?? 0, end: span.end, text: '' }))];
}

/** The last `---` before an offset. */
function markerBefore(text: string, offset: number): number | undefined {
  return [...text.slice(0, offset).matchAll(/^---(?=\s|$)/gm)].at(-1)?.index;
}
