import { CUT_MARK } from './line-splitter.ts';

/** Shorter words than this are in every text, and are no secrets. */
const SHORTEST_SECRET = 8;

const REDACTED = '[redacted]';

/** The line with something else in the place of these words, where they are long enough to be secrets. */
export function withoutWords(line: string, words: readonly string[]): string {
  return words
    .filter((word) => word.length >= SHORTEST_SECRET)
    .reduce((text, word) => withoutBeginning(text.replaceAll(word, REDACTED), word), line);
}

/** A line may be cut within a secret. */
function withoutBeginning(line: string, word: string): string {
  if (!line.endsWith(CUT_MARK)) return line;
  const kept = line.slice(0, -CUT_MARK.length);
  for (let length = Math.min(word.length, kept.length); length >= SHORTEST_SECRET; length -= 1) {
    if (kept.endsWith(word.slice(0, length))) return kept.slice(0, -length) + REDACTED + CUT_MARK;
  }
  return line;
}
