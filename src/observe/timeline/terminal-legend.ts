import { type Shown, shownIn } from './shown.ts';
import {
  ANSWERED,
  type Cell,
  GRACE_END,
  LOST,
  type Paint,
  painted,
  STATE_CELLS,
  WAIT,
  WORK_END,
} from './terminal-cells.ts';
import type { Timeline } from './timeline.ts';
import { LEGEND_WORDS, STATE_WORDS } from './words.ts';

/** What the signs mean that a drawing on a terminal has, as many to a line as there is room for. */
export function terminalLegend(timeline: Timeline, columns: number, paint: Paint): string[] {
  const lines: Cell[][] = [];
  let used = columns;
  for (const { cell, words } of entriesOf(shownIn(timeline))) {
    const width = words.length + 4;
    if (used + width > columns + 2) {
      lines.push([]);
      used = 0;
    }
    lines.at(-1)?.push(cell, { text: ` ${words}  ` });
    used += width;
  }
  return lines.map((line) => painted(line, paint).trimEnd());
}

function entriesOf({ states, waits, answered, lost, graceEnd }: Shown): { cell: Cell; words: string }[] {
  const entries = [
    ...states.map((state) => ({ cell: STATE_CELLS[state], words: STATE_WORDS[state] })),
    waits && { cell: WAIT, words: LEGEND_WORDS.wait },
    answered && { cell: ANSWERED, words: LEGEND_WORDS.answered },
    lost && { cell: LOST, words: LEGEND_WORDS.lost },
    graceEnd && { cell: WORK_END, words: LEGEND_WORDS.workEnd },
    graceEnd && { cell: GRACE_END, words: LEGEND_WORDS.graceEnd },
  ];
  return entries.filter((entry) => entry !== false);
}
