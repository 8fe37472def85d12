/** How our parts are written, in the style of the manifest around them. */
import { isMap, isSeq, stringify, type YAMLMap } from 'yaml';
import { lineStart, pairOf, startOf } from './nodes.ts';
import { isPlainMap, type Plain, type PlainMap } from './plain.ts';

export interface Style {
  readonly lineEnd: '\n' | '\r\n';
  /** By how much a mapping in a mapping is indented, in columns. */
  readonly step: number;
  /** By how much the dashes of a list are indented below its key: 0 as kubectl writes it, or `step`. */
  readonly dash: number;
  /** True: what is written in braces is JSON. */
  readonly json: boolean;
  /** One level of indentation of JSON. */
  readonly jsonIndent: string;
}

/** The style of a file, as the spec of a pod shows it; undefined: without a pod. */
export function styleOf(text: string, pod: YAMLMap | undefined): Style {
  const column = (node: unknown) => startOf(node) - lineStart(text, startOf(node));
  const spec = pod && pairOf(pod, 'spec');
  const map = isMap(spec?.value) && spec.value.flow !== true ? spec.value : undefined;
  const containers = map && pairOf(map, 'containers');
  const list = isSeq(containers?.value) && containers.value.flow !== true ? containers.value : undefined;
  const step = map === undefined ? 0 : column(map) - column(spec?.key);
  const dash = list === undefined ? -1 : column(list) - column(containers?.key);
  const [, jsonIndent = '  '] = /^\s*[[{]\r?\n([ \t]+)/.exec(text) ?? [];
  return {
    lineEnd: /\r\n/.test(text) ? '\r\n' : '\n',
    step: step > 0 ? step : 2,
    dash: dash >= 0 ? dash : 2,
    json: isJson(text),
    jsonIndent,
  };
}

/** Whether a text is JSON, and so has to stay it. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The lines of a mapping or a list, its first key or dash at `column`. */
export function blockLines(value: PlainMap | readonly PlainMap[], column: number, style: Style): string[] {
  const pad = ' '.repeat(column);
  if (isList(value)) {
    return value.flatMap((item) => {
      const [first = '', ...rest] = blockLines(item, column + 2, style);
      return [`${pad}- ${first.trimStart()}`, ...rest];
    });
  }
  return Object.entries(value).flatMap(([key, each]): string[] => {
    if (typeof each === 'string' && each.includes('\n')) return literalLines(key, each, column, style);
    if (isPlainMap(each) && Object.keys(each).length > 0)
      return [`${pad}${key}:`, ...blockLines(each, column + style.step, style)];
    const items = Array.isArray(each) ? each.filter(isPlainMap) : [];
    if (items.length > 0) return [`${pad}${key}:`, ...blockLines(items, column + style.dash, style)];
    return [`${pad}${key}: ${flow(each)}`];
  });
}

function isList(value: PlainMap | readonly PlainMap[]): value is readonly PlainMap[] {
  return Array.isArray(value);
}

/** A text of several lines as it is; as a quoted one where it has what no block can hold. */
function literalLines(key: string, text: string, column: number, { step }: Style): string[] {
  const pad = ' '.repeat(column);
  if (/[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u.test(text))
    return [`${pad}${key}: ${JSON.stringify(text)}`];
  const indicator = /^[ \n]/.test(text) ? String(step) : '';
  const lines = text.replace(/\n$/, '').split('\n');
  return [
    `${pad}${key}: |${indicator}${text.endsWith('\n') ? '' : '-'}`,
    ...lines.map((line) => (line === '' ? '' : `${pad}${' '.repeat(step)}${line}`)),
  ];
}

/** In braces. `indent`: what stands before its line, where the parts around it have lines of their own. */
export function flowText(value: Plain, style: Style, indent: string | undefined): string {
  if (!style.json) return flow(value);
  const text = JSON.stringify(value, undefined, indent === undefined ? undefined : style.jsonIndent);
  return text.replaceAll('\n', `${style.lineEnd}${indent}`);
}

/** A key in braces, with its colon. */
export function flowKey(key: string, { json }: Style): string {
  return json ? `${JSON.stringify(key)}: ` : `${key}: `;
}

function flow(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object') {
    const pairs = Object.entries(value).map(([key, each]) => `${key}: ${flow(each)}`);
    return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
  }
  if (typeof value !== 'string') return String(value);
  // Kubernetes reads YAML 1.1, in which `no` and `12:30` are no text.
  const text = stringify(value, { compat: 'yaml-1.1', lineWidth: 0 }).trimEnd();
  return /^["']/.test(text) || !/[,[\]{}\n]/.test(text) ? text : JSON.stringify(value);
}
