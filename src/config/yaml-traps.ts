/** What is valid YAML, or passes for it, and must not pass in a config. */
import { type Alias, type Document, isNode, isScalar, type Node, type Scalar, visit, type YAMLMap } from 'yaml';
import { LIMITS } from './defaults.ts';
import { showValue } from './problem.ts';

/** A problem of the YAML itself, at an offset in the text. */
export interface YamlFinding {
  readonly offset: number;
  readonly rule: string;
  readonly value: string | undefined;
  readonly remedy: string;
}

/** Finds what the parser lets pass, and what would be lost on the way to plain data. `fatal`: plain data can't be had. */
export function findTraps(document: Document): { readonly fatal: boolean; readonly found: readonly YamlFinding[] } {
  const found: YamlFinding[] = document.warnings.map((warning) => ({
    offset: warning.pos[0],
    rule: 'must not use tags or directives that YAML does not know',
    value: undefined,
    remedy: 'remove the tag (the word that begins with "!"), or the line that begins with "%"',
  }));
  const fatal: YamlFinding[] = [];
  let aliases = 0;
  let nodes = 0;
  visit(document, {
    Node(_, node) {
      nodes += 1;
      if (nodes <= LIMITS.values) return undefined;
      const rule = `must have at most ${LIMITS.values} keys and values`;
      fatal.push({
        offset: offsetOf(node),
        rule,
        value: undefined,
        remedy: 'move lists and texts to files of their own',
      });
      return visit.BREAK;
    },
  });
  if (fatal.length > 0) return { fatal: true, found: fatal };
  visit(document, {
    Alias(_, alias) {
      aliases += 1;
      fatal.push(...aliasTraps(alias, aliases, document));
      return aliases > LIMITS.aliases ? visit.BREAK : undefined;
    },
    Scalar(_, scalar) {
      found.push(...numberTraps(scalar));
    },
    Map(_, map) {
      found.push(...keyTraps(map));
    },
  });
  return { fatal: fatal.length > 0, found: [...fatal, ...found].slice(0, LIMITS.problems) };
}

/** An alias without an anchor makes the way to plain data throw; each alias costs a walk over the document. */
function aliasTraps(alias: Alias, count: number, document: Document): YamlFinding[] {
  const offset = offsetOf(alias);
  if (count > LIMITS.aliases) {
    const rule = `must have at most ${LIMITS.aliases} aliases`;
    return [{ offset, rule, value: undefined, remedy: 'write the values out' }];
  }
  if (alias.resolve(document) !== undefined) return [];
  // Its name is not told: an unquoted password that begins with an asterisk is an alias, too.
  const remedy = 'put the anchor (&name) before it, or quote it if it is text';
  return [{ offset, rule: 'must have an anchor for each alias (*name)', value: undefined, remedy }];
}

/** The parser rounds whole numbers that are too large. */
function numberTraps(scalar: Scalar): YamlFinding[] {
  const { value } = scalar;
  if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return [];
  const rule = 'must not hold numbers that are too large to be kept exactly';
  return [{ offset: offsetOf(scalar), rule, value: undefined, remedy: 'quote it if it is text' }];
}

/** Repeated keys: the parser's own search compares each with each, which takes minutes for a large mapping. */
function keyTraps(map: YAMLMap): YamlFinding[] {
  const found: YamlFinding[] = [];
  const seen = new Set<string>();
  for (const { key } of map.items) {
    if (!isScalar(key)) {
      const remedy = 'quote the key if it is text';
      found.push({
        offset: isNode(key) ? offsetOf(key) : 0,
        rule: 'must have only text for keys',
        value: undefined,
        remedy,
      });
      continue;
    }
    const name = String(key.value);
    const at = { offset: offsetOf(key), value: showValue(name, []) };
    const rule = 'must have each key of a mapping only once';
    if (seen.has(name)) found.push({ ...at, rule, remedy: 'remove it or give it another name' });
    // Every object has this one from the start, so that it would be lost without a word.
    if (name === '__proto__') found.push({ ...at, rule: 'must not use this key', remedy: 'remove it' });
    if (name === '<<') found.push({ ...at, rule: 'must not use merge keys (<<)', remedy: 'write the keys out' });
    seen.add(name);
  }
  return found;
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
