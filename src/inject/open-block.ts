import { isScalar, visit } from 'yaml';
import type { ManifestDocument, Place } from '../manifests/part.ts';

/**
 * A block of text (`|`, `>`) at the end of a file whose last line has no end. What is written behind it ends that line, and gives
 * the text a line end that it did not have: for the API server, though not for every parser.
 */
export function openBlock({ document, file, lines, text }: ManifestDocument): Place | undefined {
  if (text.endsWith('\n')) return undefined;
  let place: Place | undefined;
  visit(document, {
    Scalar(_, node) {
      const [start = 0, end = 0] = isScalar(node) ? (node.range ?? []) : [];
      const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
      if (!isBlock || end < text.length || /^.\d?-/.test(text.slice(start))) return undefined;
      const { line, col } = lines.linePos(start);
      place = { file, line, column: col };
      return visit.BREAK;
    },
  });
  return place;
}
