/** From the text of a manifest file to its YAML documents, or to why there are none. */
import {
  type Document,
  isNode,
  isScalar,
  LineCounter,
  parseAllDocuments,
  type ScalarTag,
  type Tags,
  visit,
} from 'yaml';
import { LIMITS } from '../config/defaults.ts';
import { yamlRemedy } from '../config/yaml-source.ts';
import type { ManifestDocument, Place } from './part.ts';

/** A larger file is no manifest that people keep, in bytes. */
export const LARGEST_MANIFEST_BYTES = 8 * 1024 * 1024;

export type ReadManifests =
  | { readonly ok: true; readonly documents: readonly ManifestDocument[] }
  | { readonly ok: false; readonly place: Place; readonly reason: string; readonly remedy: string };

/** `hostNetwork: yes` is true for Kubernetes, which reads YAML 1.1. */
const OLD_BOOLEAN: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|Yes|YES|on|On|ON|no|No|NO|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|on)/i.test(text),
};

/** Reads all documents of a file; JSON is YAML. Empty documents are left out. Never throws. */
export function readManifests(text: string, file: string): ReadManifests {
  const lines = new LineCounter();
  const refused = (offset: number, reason: string, remedy: string): ReadManifests => {
    const { line, col } = lines.linePos(offset);
    return { ok: false, place: { file, line: Math.max(1, line), column: Math.max(1, col) }, reason, remedy };
  };
  if (Buffer.byteLength(text) > LARGEST_MANIFEST_BYTES)
    return refused(0, `is larger than ${LARGEST_MANIFEST_BYTES} bytes`, 'give the manifests of your workloads alone');
  try {
    // Repeated keys are the API server's business: the parser's own comparison takes minutes for a large mapping.
    const options = {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      merge: true,
      customTags: (tags: Tags) => [OLD_BOOLEAN, ...tags],
      logLevel: 'error',
      // Where the dashes and colons stand: `inject` writes beside them.
      keepSourceTokens: true,
    } as const;
    const documents: ManifestDocument[] = [];
    for (const document of parseAllDocuments(text, options)) {
      const [error] = document.errors;
      if (error !== undefined)
        return refused(error.pos[0], 'is not valid YAML', remedyFor(text, yamlRemedy(error), error.pos[0]));
      const odd = oddKey(document);
      if (odd !== undefined) return refused(odd, 'has a key that is no text', remedyFor(text, LOOK));
      const value: unknown = document.toJS({ maxAliasCount: LIMITS.aliases });
      if (value !== null && value !== undefined) documents.push({ file, text, document, lines, value });
    }
    return { ok: true, documents };
  } catch {
    return refused(0, 'is not YAML that can be read', remedyFor(text, LOOK));
  }
}

/** Where a key stands that is a mapping or a list, as in a template: `{{ .Values.name }}` is valid YAML. */
function oddKey(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Pair(_, { key }) {
      if (!isNode(key) || isScalar(key)) return undefined;
      offset = key.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

const LOOK = 'look at the line: its indentation, quotes and colons';

/** What is to be done where more can be said than `otherwise`. */
function remedyFor(text: string, otherwise: string, offset = 0): string {
  if (/\{\{/.test(text))
    return 'it looks like a template: render it first, and give what comes out, as in `helm template . > rendered.yaml`';
  // What `jq '.items[]'` prints, and kubectl reads.
  if (offset > 0 && text.trimStart().startsWith('{') && text.startsWith('{', offset))
    return 'it looks like several JSON objects: put them into one List, as in `jq --slurp \'{apiVersion: "v1", kind: "List", items: .}\'`';
  return otherwise;
}
