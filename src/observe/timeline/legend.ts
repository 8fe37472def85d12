import type { Layout } from './layout.ts';
import { type Element, element } from './markup.ts';
import { LETTERS, patternFill } from './patterns.ts';
import { answeredEnd, lostEnd } from './picture-rows.ts';
import type { TaskState } from './run-view.ts';
import { shownIn } from './shown.ts';
import type { Timeline } from './timeline.ts';
import { LEGEND_WORDS, STATE_WORDS } from './words.ts';

const LINE_HEIGHT = 20;
/** No word is wider than with so many pixels a character. */
const CHARACTER = 7;

interface Entry {
  readonly words: string;
  readonly draw: (x: number, y: number) => Element[];
}

/** What the patterns, letters and lines of a picture mean, as far as they are in it; and where it ends. */
export function legend(layout: Layout, top: number, timeline: Timeline): { drawn: Element[]; bottom: number } {
  let x = 8;
  let y = top;
  const drawn = entriesOf(layout.prefix, timeline).flatMap(({ words, draw }) => {
    const width = 22 + words.length * CHARACTER + 16;
    if (x > 8 && x + width > layout.width) {
      x = 8;
      y += LINE_HEIGHT;
    }
    const entry = element('g', {}, ...draw(x, y), element('text', { class: 'hk-soft', x: x + 22, y: y + 12 }, words));
    x += width;
    return [entry];
  });
  return { drawn, bottom: y + LINE_HEIGHT + 4 };
}

function entriesOf(prefix: string, timeline: Timeline): Entry[] {
  const { states, waits, answered, lost, reserve, graceEnd, now } = shownIn(timeline);
  const line = (name: string) => (x: number, y: number) => [element('path', { class: name, d: `M${x + 8} ${y} v16` })];
  const delivery = (end: (x: number, y: number) => Element) => (x: number, y: number) => [
    element('path', { class: 'hk-delivery', d: `M${x} ${y + 3} v10 M${x} ${y + 8} h12` }),
    end(x + 12, y + 8),
  ];
  const entries: (Entry | false)[] = [
    ...states.map((state) => stateEntry(prefix, state, LETTERS[state])),
    waits && {
      words: LEGEND_WORDS.wait,
      draw: (x, y) => [element('path', { class: 'hk-wait', d: `M${x} ${y + 8} h16` })],
    },
    answered && { words: LEGEND_WORDS.answered, draw: delivery(answeredEnd) },
    lost && { words: LEGEND_WORDS.lost, draw: delivery(lostEnd) },
    timeline.marks.length > 0 && { words: LEGEND_WORDS.instant, draw: line('hk-mark-line') },
    reserve && {
      words: LEGEND_WORDS.reserve,
      draw: (x, y) => [box(prefix, 'reserve', x, y), element('rect', { ...sides(x, y), class: 'hk-gauge' })],
    },
    graceEnd && { words: LEGEND_WORDS.graceEnd, draw: line('hk-deadline') },
    now && { words: LEGEND_WORDS.now, draw: line('hk-now') },
  ];
  return entries.filter((entry) => entry !== false);
}

function stateEntry(prefix: string, state: TaskState, letter: string): Entry {
  return {
    words: `${letter} ${STATE_WORDS[state]}`,
    draw: (x, y) => [element('rect', { ...sides(x, y), class: `hk-bar hk-${state}` }), box(prefix, state, x, y)],
  };
}

function sides(x: number, y: number) {
  return { x, y: y + 2, width: 16, height: 12, rx: 2 };
}

function box(prefix: string, name: TaskState | 'reserve', x: number, y: number): Element {
  return element('rect', { ...sides(x, y), fill: patternFill(prefix, name) });
}
