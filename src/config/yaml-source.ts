/** Reads YAML into a value whose parts are known by line and column. */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { LIMITS } from './defaults.ts';
import type { Path, Problem } from './problem.ts';
import { findTraps, type YamlFinding } from './yaml-traps.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface YamlSource {
  /** The whole document as plain data. */
  readonly value: unknown;
  /** Where the value at `path` stands, or its key; for what isn't there, the nearest thing around it that is. */
  locate(path: Path, part: 'key' | 'value'): Position;
  /** What is wrong with the YAML itself, though it can be read. */
  readonly problems: readonly Problem[];
}

export type ReadYaml =
  | { readonly ok: true; readonly source: YamlSource }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** So many lines that are no YAML are told. */
const MOST_BROKEN_LINES = 3;

/** Whoever read the file has put it in the place of bytes that are no UTF-8, and nobody writes it. */
const NO_UTF_8 = '\ufffd';

const LESS_DEEP = 'nest its lists and mappings less deeply';

const NO_TABS = 'indent with spaces, as YAML allows no tabs';

/** For these the parser says less, or quotes the file. */
const REMEDIES: Readonly<Record<string, string>> = {
  BAD_DIRECTIVE: 'remove the line that begins with "%"',
  BAD_DQ_ESCAPE: 'double the backslash, or use single quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'put a text in quotes that has ": " in it, begin a mapping on a line of its own, and indent a key like those beside it',
  TAG_RESOLVE_FAILED: 'remove the tag (the word that begins with "!")',
  TAB_AS_INDENT: NO_TABS,
  UNEXPECTED_TOKEN: 'put the whole of a text in quotes that has quotes or [ ] { } : # in it',
  MULTIPLE_DOCS: 'keep one document: remove the "---" and what follows it',
};

/** Reads one YAML document. Never throws: whatever is wrong is a problem with its place. `file` is named in the problems. */
export function readYaml(text: string, file: string): ReadYaml {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const toProblems = (found: readonly YamlFinding[]): Problem[] =>
    found.map(({ offset, ...rest }) => ({ severity: 'error', file, path: '', ...position(offset), ...rest }));
  const parsed = parse(text, lines);
  if (!parsed.ok) return { ok: false, problems: toProblems(parsed.found) };
  const { document, value } = parsed;
  const locate = (path: Path, part: 'key' | 'value') => position(offsetOf(document, path, part));
  return { ok: true, source: { value, locate, problems: toProblems(parsed.found) } };
}

type Parsed =
  | { readonly ok: true; readonly document: Document; readonly value: unknown; readonly found: readonly YamlFinding[] }
  | { readonly ok: false; readonly found: readonly YamlFinding[] };

function parse(text: string, lineCounter: LineCounter): Parsed {
  const refused = (...found: YamlFinding[]): Parsed => ({ ok: false, found });
  if (Buffer.byteLength(text) > LIMITS.fileBytes) return refused(tooLarge(text));
  try {
    // Keys are compared by `findTraps`: the parser's own comparison of each with each takes minutes for a large mapping.
    const options = { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: 'error' } as const;
    const document = parseDocument(text, options);
    if (text.includes(NO_UTF_8)) return refused(notUtf8(text.indexOf(NO_UTF_8)));
    const broken = document.errors.map((error) => invalid(error.pos[0], yamlRemedy(error)));
    const tooDeep = broken.find(({ remedy }) => remedy === LESS_DEEP);
    if (tooDeep !== undefined) return refused(tooDeep);
    if (broken.length > 0) return refused(...worthTelling(broken, lineCounter));
    const { fatal, found } = findTraps(document);
    if (fatal) return refused(...found);
    return { ok: true, document, value: document.toJS({ maxAliasCount: LIMITS.aliases }), found };
  } catch (error) {
    return refused(
      invalid(0, yamlRemedy({ code: '', message: error instanceof Error ? error.message : String(error) })),
    );
  }
}

/** What the parser finds beside tabs or behind its first error is mostly due to those: the first of a line, and few lines. */
function worthTelling(broken: readonly YamlFinding[], lines: LineCounter): YamlFinding[] {
  const byLine = new Map<number, YamlFinding>();
  const tabs = broken.filter(({ remedy }) => remedy === NO_TABS);
  for (const finding of (tabs.length === 0 ? broken : tabs).toSorted((a, b) => a.offset - b.offset)) {
    const { line } = lines.linePos(finding.offset);
    if (!byLine.has(line)) byLine.set(line, finding);
  }
  return [...byLine.values()].slice(0, MOST_BROKEN_LINES);
}

function invalid(offset: number, remedy: string): YamlFinding {
  return { offset, rule: 'must be valid YAML', value: undefined, remedy };
}

/**
 * What the parser says, in our form: no first capital, no full stop. Behind a colon it quotes the file, and that may be a
 * secret (`password: |hunter2` is a broken block).
 */
export function yamlRemedy({ code, message }: { readonly code: string; readonly message: string }): string {
  const [line = ''] = message.split('\n');
  if (/call stack|stack overflow/i.test(line)) return LESS_DEEP;
  const sentence = (line.charAt(0).toLowerCase() + line.slice(1)).replace(/: .*/, '').replace(/\.$/, '');
  if (code === 'MISSING_CHAR' && /without - indicator/.test(line)) {
    return 'begin it with "- ", or indent it like the lines of the item that it belongs to';
  }
  if (code === 'MISSING_CHAR' && line.includes('closing')) return 'close the quote that was opened above';
  if (/^block scalar header/i.test(line)) return sentence;
  return REMEDIES[code] ?? sentence;
}

function tooLarge(text: string): YamlFinding {
  return {
    offset: 0,
    rule: `must be at most ${LIMITS.fileBytes} bytes`,
    value: `${Buffer.byteLength(text)} bytes`,
    remedy: 'move scripts and bodies to files of their own',
  };
}

function notUtf8(offset: number): YamlFinding {
  return { offset, rule: 'must be UTF-8 text', value: undefined, remedy: 'save it as UTF-8' };
}

/** Follows `path` as far as it goes. A list or mapping is found at its key, as it may begin many lines below. */
export function offsetOf(document: Document, path: Path, part: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? startOf(node) : 0;
  for (const [index, step] of path.entries()) {
    const inside = isAlias(node) ? node.resolve(document) : node;
    let key: unknown;
    if (isSeq(inside) && typeof step === 'number') {
      node = inside.items[step];
    } else {
      const pair = isMap(inside)
        ? // Of a key that is repeated, the last is the one whose value counts.
          inside.items.findLast((item) => isScalar(item.key) && String(item.key.value) === step)
        : undefined;
      key = pair?.key;
      node = pair?.value;
    }
    const atKey =
      isNode(key) && ((index === path.length - 1 && part === 'key') || !isScalar(node) || node.value === null);
    const found = atKey ? key : node;
    if (!isNode(found)) return offset;
    offset = startOf(found);
  }
  return offset;
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
