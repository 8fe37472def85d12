/** Changes of a text at places: what is not named stays as it is, byte for byte. */
import type { Place } from '../manifests/part.ts';

/** Puts `text` in the place of what stands from `at` up to `end`. */
export interface Edit {
  readonly at: number;
  readonly end: number;
  readonly text: string;
}

export interface Spliced {
  /** The text before. */
  readonly source: string;
  readonly text: string;
  /** Where in the text before something stood that is at this offset now; for what was put in, where that is. */
  readonly before: (offset: number) => number;
}

/** Makes all changes at once. Those at one place come in the order of the list; they must not overlap otherwise. */
export function splice(text: string, edits: readonly Edit[]): Spliced {
  const ordered = withoutLastLineEnd(
    text,
    edits.toSorted((a, b) => a.at - b.at),
  );
  let result = '';
  let done = 0;
  const moves: { readonly from: number; readonly to: number; readonly old: number }[] = [];
  for (const { at, end, text: put } of ordered) {
    result += text.slice(done, at);
    moves.push({ from: result.length, to: result.length + put.length, old: at });
    result += put;
    done = end;
    moves.push({ from: result.length, to: Number.POSITIVE_INFINITY, old: end });
  }
  const before = (offset: number) => {
    const move = moves.findLast(({ from }) => from <= offset);
    if (move === undefined) return offset;
    return move.to === Number.POSITIVE_INFINITY ? move.old + offset - move.from : move.old;
  };
  return { source: text, text: result + text.slice(done), before };
}

/** Where the last lines are taken out of a text that ends without a line's end, the line before them ends without one. */
function withoutLastLineEnd(text: string, edits: readonly Edit[]): Edit[] {
  const merged: Edit[] = [];
  for (const edit of edits) {
    const last = merged.at(-1);
    const joins = last?.text === '' && edit.text === '' && last.end === edit.at && last.end > last.at;
    if (joins) merged.splice(-1, 1, { ...last, end: edit.end });
    else merged.push(edit);
  }
  const last = merged.at(-1);
  if (last === undefined || last.text !== '' || last.end !== text.length || text.endsWith('\n')) return merged;
  const [lineEnd = ''] = /\r?\n$/.exec(text.slice(0, last.at)) ?? [];
  return [...merged.slice(0, -1), { ...last, at: last.at - lineEnd.length }];
}

/** Where a place of the text stood in the one before. */
export function placeBefore(place: Place, { text, source, before }: Spliced): Place {
  const start =
    text
      .split('\n')
      .slice(0, place.line - 1)
      .join('\n').length + (place.line > 1 ? 1 : 0);
  const above = source.slice(0, before(start + place.column - 1)).split('\n');
  return { file: place.file, line: above.length, column: (above.at(-1)?.length ?? 0) + 1 };
}
