/** A timeline as an SVG picture: pure. A page puts its elements into its document; a file gets them as text. */
import { visible } from '../visible-text.ts';
import { AXIS_HEIGHT, BAR_HEIGHT, HEAD_HEIGHT, type Layout, layoutOf, round, rowsOf } from './layout.ts';
import { legend } from './legend.ts';
import { type Element, element, toMarkup } from './markup.ts';
import { patternFill, patterns } from './patterns.ts';
import { cut, deliveryRow, gaugeRow, markRow, taskRow } from './picture-rows.ts';
import { PICTURE_STYLE } from './picture-style.ts';
import type { RunBars } from './run-bars.ts';
import { type Timeline, ticksOf } from './timeline.ts';
import { runState, runTitle } from './words.ts';

export interface PictureStyle {
  /** In pixels, 240 at least. Below 620 labels stand above their bars. Default 960. */
  readonly width?: number;
  /** Begins the IDs of the picture's parts: another one for each picture of a document. Default `hk`. */
  readonly prefix?: string;
  /** What the picture is of: its name for screen readers. */
  readonly title: string;
  /** Whether each run has its heading: what ran, and how it ended. Default true. */
  readonly headings?: boolean;
}

/** The space between axis numbers, in pixels. */
const PIXELS_PER_NUMBER = 64;

/** Draws it as an `svg` element. It needs `PICTURE_STYLE` from the document around it. */
export function picture(
  timeline: Timeline,
  { width = 960, prefix = 'hk', title, headings = true }: PictureStyle,
): Element {
  const layout = layoutOf(timeline, Math.max(240, Math.round(width)), prefix);
  const parts: Element[] = [];
  let y = AXIS_HEIGHT;
  for (const bars of timeline.runs) {
    const { drawn, height } = runBlock(layout, y, bars, timeline, headings);
    parts.push(...drawn);
    y += height;
  }
  const marks = timeline.marks.map((mark, index) => markRow(layout, y + index * layout.rowHeight, mark));
  const key = legend(layout, y + marks.length * layout.rowHeight + 8, timeline);
  const bottom = key.bottom;
  const names = { role: 'group', 'aria-labelledby': `${prefix}-title ${prefix}-desc` };
  return element(
    'svg',
    { class: 'hk-picture', viewBox: `0 0 ${layout.width} ${bottom}`, width: layout.width, height: bottom, ...names },
    element('title', { id: `${prefix}-title` }, visible(title)),
    element(
      'desc',
      { id: `${prefix}-desc` },
      visible(timeline.runs.map((bars) => `${runTitle(bars.run)}: ${runState(bars)}.`).join(' ')),
    ),
    patterns(prefix),
    element('rect', { class: 'hk-paper', x: 0, y: 0, width: layout.width, height: bottom }),
    ...axis(layout, timeline, y),
    ...parts,
    ...marks,
    ...key.drawn,
  );
}

/** A whole SVG file, with its style in it. */
export function pictureFile(timeline: Timeline, style: PictureStyle): string {
  const drawn = picture(timeline, style);
  const { attributes, children, tag } = drawn;
  const whole = { xmlns: 'http://www.w3.org/2000/svg', ...attributes };
  return `${toMarkup(element(tag, whole, element('style', {}, PICTURE_STYLE), ...children))}\n`;
}

function axis(layout: Layout, { window }: Timeline, bottom: number): Element[] {
  const most = Math.max(2, Math.floor(layout.laneWidth / PIXELS_PER_NUMBER));
  return ticksOf(window, most).flatMap(({ atMs, label }) => {
    const x = layout.x(atMs);
    const near = layout.laneX + layout.laneWidth - x < 30;
    return [
      element('path', { class: 'hk-grid', d: `M${x} ${AXIS_HEIGHT - 5} V${bottom}` }),
      element(
        'text',
        { class: 'hk-axis', x: near ? x - 2 : x + 3, y: 13, ...(near && { 'text-anchor': 'end' }) },
        label,
      ),
    ];
  });
}

function runBlock(layout: Layout, top: number, bars: RunBars, timeline: Timeline, headings: boolean) {
  const head = headings ? HEAD_HEIGHT : 4;
  const firstY = top + head;
  const rows = [
    ...bars.deliveries.map((bar) => (y: number) => deliveryRow(layout, y, bar, bars)),
    ...bars.tasks.map((bar) => (y: number) => taskRow(layout, y, bar)),
    (y: number) => gaugeRow(layout, y, bars),
  ].map((draw, index) => draw(firstY + index * layout.rowHeight));
  const height = head + rowsOf(bars) * layout.rowHeight + 4;
  // On a phone there is no room for what nobody says there: the run's ID, which the table has.
  const title = layout.narrow ? `${bars.run.hook} of ${bars.run.container}` : runTitle(bars.run);
  const words = cut(`${title}: ${runState(bars)}`, (layout.width - 16) * HEAD_PART);
  const heading = headings ? [element('text', { class: 'hk-head', x: 8, y: top + 18 }, words)] : [];
  const stretches = stretchesOf(layout, firstY, firstY + (rowsOf(bars) - 1) * layout.rowHeight);
  const instants = [
    ...timeline.marks.map(({ atMs }) => ({ atMs, name: 'hk-mark-line' })),
    ...(timeline.nowMs === undefined ? [] : [{ atMs: timeline.nowMs, name: 'hk-now' }]),
  ];
  const lines = instants.flatMap(({ atMs, name }) =>
    stretches.map(([from, to]) => vertical(layout, atMs, from, to, name)),
  );
  return { drawn: [...heading, ...rows, ...limits(layout, bars, stretches), ...lines], height };
}

/** Bold letters of a heading need more room than others. */
const HEAD_PART = 0.78;

type Stretch = readonly [from: number, to: number];

/** Where a line from `top` to `bottom` is drawn. Narrow rows have it on their lanes alone, as words stand between those. */
function stretchesOf(layout: Layout, top: number, bottom: number): Stretch[] {
  if (!layout.narrow) return [[top, bottom]];
  const rows = Math.round((bottom - top) / layout.rowHeight);
  return Array.from({ length: rows }, (_, row): Stretch => {
    const from = top + row * layout.rowHeight + layout.barTop - 1;
    return [from, from + BAR_HEIGHT + 2];
  });
}

/** The reserve and the end of the grace over a run's rows, where they are in the window. */
function limits(layout: Layout, { reserve }: RunBars, stretches: readonly Stretch[]): Element[] {
  const [from, to] = [layout.x(reserve.startMs), layout.x(reserve.endMs)];
  if (from >= layout.laneX + layout.laneWidth) return [];
  const width = round(Math.max(0, to - from));
  const fill = patternFill(layout.prefix, 'reserve');
  return stretches.flatMap(([y, bottom]) => [
    element('rect', { x: from, y, width, height: bottom - y, fill, 'pointer-events': 'none' }),
    vertical(layout, reserve.startMs, y, bottom, 'hk-work-end'),
    vertical(layout, reserve.endMs, y, bottom, 'hk-deadline'),
  ]);
}

function vertical(layout: Layout, atMs: number, from: number, to: number, name: string): Element {
  return element('path', { class: name, d: `M${layout.x(atMs)} ${from} V${to}`, 'pointer-events': 'none' });
}
