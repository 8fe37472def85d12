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

const REMEDIES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces, as YAML allows no tabs',
  MULTIPLE_DOCS: 'keep one document: remove the "---" and what follows it',
};

/** Reads one YAML document. Never throws: whatever is wrong is a problem with its place. `file` is named in the problems. */
export function readYaml(text: string, file: string): ReadYaml {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problem = ({ offset, ...rest }: YamlFinding): Problem => {
    return { severity: 'error', file, path: '', ...position(offset), ...rest };
  };
  const refused = (found: readonly YamlFinding[]): ReadYaml => ({ ok: false, problems: found.map(problem) });
  try {
    if (Buffer.byteLength(text) > LIMITS.fileBytes) return refused([tooLarge(text)]);
    // Keys are compared by `findTraps`: the parser's own comparison of each with each takes minutes for a large mapping.
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    const broken = document.errors.map((error) => ({
      offset: error.pos[0],
      rule: 'must be valid YAML',
      value: undefined,
      remedy: REMEDIES[error.code] ?? sentence(error.message),
    }));
    if (broken.length > 0) return refused(broken.slice(0, LIMITS.problems));
    const { fatal, found } = findTraps(document);
    if (fatal) return refused(found);
    const value: unknown = document.toJS({ maxAliasCount: LIMITS.aliases });
    const locate = (path: Path, part: 'key' | 'value') => position(offsetOf(document, path, part));
    return { ok: true, source: { value, locate, problems: found.map(problem) } };
  } catch (error) {
    const deep = error instanceof RangeError;
    const remedy = deep ? 'nest its lists and mappings less deeply' : sentence(String(error));
    return refused([{ offset: 0, rule: 'must be valid YAML', value: undefined, remedy }]);
  }
}

function tooLarge(text: string): YamlFinding {
  return {
    offset: 0,
    rule: `must be at most ${LIMITS.fileBytes} bytes`,
    value: `${Buffer.byteLength(text)} bytes`,
    remedy: 'move scripts and bodies to files of their own',
  };
}

/** The parser's message in our form: no first capital, no full stop. */
function sentence(message: string): string {
  const line = message.split('\n')[0] ?? '';
  return (line.charAt(0).toLowerCase() + line.slice(1)).replace(/\.$/, '');
}

/** Follows `path` as far as it goes. A list or mapping is found at its key, as it may begin many lines below. */
function offsetOf(document: Document, path: Path, part: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? startOf(node) : 0;
  for (const [index, step] of path.entries()) {
    const inside = isAlias(node) ? node.resolve(document) : node;
    let key: unknown;
    if (isSeq(inside) && typeof step === 'number') {
      node = inside.items[step];
    } else {
      const pair = isMap(inside)
        ? inside.items.find((item) => isScalar(item.key) && String(item.key.value) === step)
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
