import type { Document, LineCounter } from 'yaml';
import { isMapping, valueAt } from '../config/finding.ts';
import type { Path } from '../config/problem.ts';
import { offsetOf } from '../config/yaml-source.ts';

/** Where something stands: lines and columns count from 1. */
export interface Place {
  /** The file as it was named; `-` is standard input. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One YAML document of a manifest file. The document keeps its comments and positions, so that it can be edited in place. */
export interface ManifestDocument {
  readonly file: string;
  /** The text of the whole file. */
  readonly text: string;
  readonly document: Document;
  readonly lines: LineCounter;
  /** The document as plain data. */
  readonly value: unknown;
}

/** A part of a manifest, which may be missing: its value and where it stands. Decodes as it is asked; never throws. */
export interface Part {
  readonly source: ManifestDocument;
  readonly path: Path;
  /** Plain data; undefined where there is nothing. */
  readonly value: unknown;
  /** The value as text; undefined where it is none. */
  readonly text: string | undefined;
  /** The value as a number; undefined where it is none. */
  readonly number: number | undefined;
  /** A text, number or boolean as it would be written; empty where it is none of them. */
  readonly written: string;
  /** Whether there is anything. */
  readonly exists: boolean;
  at(...steps: Path): Part;
  /** The entries of a list; none where it is no list. */
  items(): readonly Part[];
  /** The keys of a mapping with their values. */
  entries(): readonly (readonly [string, Part])[];
  /** Where it stands; for what isn't there, the nearest thing around it that is. */
  place(): Place;
  /** Where its key stands. */
  keyPlace(): Place;
}

/** The whole of a document. */
export function rootOf(source: ManifestDocument): Part {
  return partAt(source, []);
}

function partAt(source: ManifestDocument, path: Path): Part {
  const value = valueAt(source.value, path);
  const locate = (part: 'key' | 'value'): Place => {
    const { line, col } = source.lines.linePos(offsetOf(source.document, path, part));
    return { file: source.file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  return {
    source,
    path,
    value,
    text: typeof value === 'string' ? value : undefined,
    number: typeof value === 'number' ? value : undefined,
    written:
      typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value === 'string' ? value : '',
    exists: value !== undefined && value !== null,
    at: (...steps) => partAt(source, [...path, ...steps]),
    items: () => (Array.isArray(value) ? value.map((_, index) => partAt(source, [...path, index])) : []),
    entries: () => (isMapping(value) ? Object.keys(value).map((key) => [key, partAt(source, [...path, key])]) : []),
    place: () => locate('value'),
    keyPlace: () => locate('key'),
  };
}

/** The entry of a list that has this name. */
export function named(list: Part, name: string): Part | undefined {
  return list.items().find((item) => item.at('name').text === name);
}
