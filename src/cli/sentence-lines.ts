import { wrapWords } from '../observe/wrap-words.ts';

export interface SentenceStyle {
  readonly columns: number;
  /** Whether a terminal shows it. Default: false. */
  readonly terminal?: boolean;
}

/** A sentence: on a terminal it is broken between words, elsewhere a line is what can be searched for. */
export function sentenceLines(text: string, { columns, terminal = false }: SentenceStyle, indent: string): string[] {
  return terminal ? wrapWords(text, columns, indent) : [text];
}
