import type { Layout } from './layout.ts';
import { type Element, element } from './markup.ts';
import { LETTERS, patternFill } from './patterns.ts';
import type { Span } from './run-bars.ts';
import type { TaskState } from './run-view.ts';
import type { Timeline } from './timeline.ts';
import { STATE_WORDS } from './words.ts';

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

function entriesOf(prefix: string, { runs, nowMs, window }: Timeline): Entry[] {
  const shown = new Set(
    runs.flatMap(({ tasks }) =>
      tasks.flatMap(({ task, pieces }) => [
        ...(task.startedAtMs === null ? [] : [task.state]),
        ...pieces.flatMap((piece) =>
          piece.kind === 'attempt' ? piece.state : isSeen(piece.span, window) ? 'wait' : [],
        ),
      ]),
    ),
  );
  const states = Object.entries(LETTERS).flatMap(([name, letter]) => {
    const state = [...shown].find((each) => each === name);
    return state === undefined || state === 'wait' ? [] : [stateEntry(prefix, state, letter)];
  });
  const line = (name: string) => (x: number, y: number) => [element('path', { class: name, d: `M${x + 8} ${y} v16` })];
  const limited = runs.filter(({ reserve }) => reserve.startMs < window.endMs);
  const entries: (Entry | false)[] = [
    ...states,
    shown.has('wait') && {
      words: 'no attempt is made',
      draw: (x, y) => [element('path', { class: 'hk-wait', d: `M${x} ${y + 8} h16` })],
    },
    runs.some(({ reserve }) => reserve.endMs > reserve.startMs) && {
      words: 'reserve',
      draw: (x, y) => [box(prefix, 'reserve', x, y), element('rect', { ...sides(x, y), class: 'hk-gauge' })],
    },
    limited.length > 0 && { words: 'end of the grace', draw: line('hk-deadline') },
    nowMs !== undefined && { words: 'now', draw: line('hk-now') },
  ];
  return entries.filter((entry) => entry !== false);
}

/** Whether a span is long enough to be told from a line. */
function isSeen(span: Span, window: Span): boolean {
  return (span.endMs - span.startMs) * 100 >= window.endMs - window.startMs;
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
