import { styleText } from 'node:util';
import type { TaskOutcome } from '../journal/entry.ts';

/** What a bar shows: a call of the kubelet, a call that broke off, or a task with its outcome. */
export type Look = 'delivery' | 'brokenOff' | TaskOutcome;

/** From when to when something lasted, on any clock that all of a timeline share, in ms. */
export interface Bar {
  readonly label: string;
  readonly look: Look;
  readonly startMs: number;
  readonly endMs: number;
  /** A few words beside the bar. */
  readonly note: string;
}

/** One run of a hook: who called for it, what was done, and how much of its time that took. */
export interface Section {
  readonly title: string;
  readonly bars: readonly Bar[];
  readonly grace?: { readonly usedMs: number; readonly graceMs: number; readonly reserveMs: number };
}

/** An instant that is worth a line of its own, such as a SIGTERM. */
interface Mark {
  readonly label: string;
  readonly atMs: number;
  readonly note: string;
}

export interface Timeline {
  readonly sections: readonly Section[];
  readonly marks: readonly Mark[];
}

export interface TimelineStyle {
  /** The longest line, from 60 to 100 columns. */
  readonly columns: number;
  readonly colour: boolean;
}

type Colour = Parameters<typeof styleText>[0];

const GLYPHS: Readonly<Record<Exclude<Look, 'delivery' | 'brokenOff'>, string>> = {
  succeeded: '█',
  failed: '▓',
  timedOut: '▒',
  skipped: '░',
  interrupted: '▚',
};
const COLOURS: Readonly<Record<Look, Colour>> = {
  delivery: 'cyan',
  brokenOff: 'yellow',
  succeeded: 'green',
  failed: 'red',
  timedOut: 'red',
  skipped: 'gray',
  interrupted: 'yellow',
};

/** Steps of the axis in seconds, from which the finest that leaves its numbers room is taken. */
const STEPS_S = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];
const CELLS_PER_NUMBER = 8;
const LABEL_COLUMNS = 28;

/** A piece of a drawing, and its colour where colours are wanted. */
interface Painted {
  readonly text: string;
  readonly colour?: Colour;
}

/** Where things go: the bars between the labels and the notes, on the scale of the whole timeline. */
interface Layout {
  readonly fromMs: number;
  readonly msPerCell: number;
  readonly cells: number;
  readonly noteColumns: number;
  readonly paint: (colour: Colour, text: string) => string;
}

/** Draws a timeline as text: an axis in seconds, then for each hook its calls, its tasks and what it used of its grace. */
export function renderTimeline(timeline: Timeline, style: TimelineStyle): string {
  const layout = layoutOf(timeline, style);
  const blocks = timeline.sections.map((section) => [
    layout.paint('bold', shorten(section.title, style.columns)),
    ...section.bars.map((bar) => barRow(layout, bar)),
    ...(section.grace === undefined ? [] : [graceRow(layout, section.grace)]),
  ]);
  const marks = timeline.marks.map((mark) => markRow(layout, mark));
  return `${[axis(layout), ...[...blocks, marks].map((lines) => lines.join('\n'))].join('\n').trimEnd()}\n`;
}

function layoutOf({ sections, marks }: Timeline, { columns, colour }: TimelineStyle): Layout {
  const bars = sections.flatMap((section) => section.bars);
  const instants = [...bars.flatMap(({ startMs, endMs }) => [startMs, endMs]), ...marks.map(({ atMs }) => atMs)];
  const fromMs = instants.length === 0 ? 0 : Math.min(...instants);
  const spanMs = instants.length === 0 ? 0 : Math.max(...instants) - fromMs;
  const noteColumns = Math.floor((columns - LABEL_COLUMNS) * 0.45);
  const cells = columns - LABEL_COLUMNS - noteColumns - 1;
  return {
    fromMs,
    msPerCell: Math.max(spanMs, 1) / cells,
    cells,
    noteColumns,
    paint: (name, text) => (colour ? styleText(name, text, { validateStream: false }) : text),
  };
}

/** The cell in which an instant is; the last one takes the end of the timeline too. */
function cellOf({ fromMs, msPerCell, cells }: Layout, atMs: number): number {
  return Math.min(cells - 1, Math.max(0, Math.floor((atMs - fromMs) / msPerCell)));
}

function axis({ msPerCell, cells, paint }: Layout): string {
  const stepS = STEPS_S.find((each) => (each * 1000) / msPerCell >= CELLS_PER_NUMBER) ?? STEPS_S.at(-1) ?? 1;
  const stepCells = (stepS * 1000) / msPerCell;
  let line = '';
  for (let n = 0; Math.floor(n * stepCells) < cells; n += 1) {
    const number = `┬${Number((n * stepS).toFixed(2))} s`;
    const at = Math.floor(n * stepCells);
    if (at + number.length <= cells) line = line.padEnd(at, '─') + number;
  }
  return paint('gray', ' '.repeat(LABEL_COLUMNS) + line.padEnd(cells, '─'));
}

/** A bar has one cell at least: what happened is seen, however short it was. */
function barRow(layout: Layout, { label, look, startMs, endMs, note }: Bar): string {
  const from = cellOf(layout, startMs);
  const text = glyphs(look, cellOf(layout, endMs) - from + 1);
  return row(layout, `  ${label}`, [{ text: ' '.repeat(from) }, { text, colour: COLOURS[look] }], note);
}

function glyphs(look: Look, length: number): string {
  if (look !== 'delivery' && look !== 'brokenOff') return GLYPHS[look].repeat(length);
  const end = look === 'delivery' ? '┤' : '╳';
  return length === 1 ? end : `├${'─'.repeat(length - 2)}${end}`;
}

/** The grace has a scale of its own: what was used, what was left, and the reserve. */
function graceRow(layout: Layout, { usedMs, graceMs, reserveMs }: NonNullable<Section['grace']>): string {
  const cellsOf = (ms: number) => Math.round((ms / Math.max(graceMs, 1)) * layout.cells);
  const reserve = Math.min(layout.cells, cellsOf(reserveMs));
  const used = Math.min(layout.cells - reserve, Math.max(1, cellsOf(usedMs)));
  const gauge: Painted[] = [
    { text: '▰'.repeat(used), colour: 'cyan' },
    { text: '▱'.repeat(layout.cells - reserve - used) },
    { text: '╌'.repeat(reserve), colour: 'gray' },
  ];
  const kept = reserveMs === 0 ? '' : `, reserve ${inSeconds(reserveMs)} s`;
  const note = `${inSeconds(usedMs)} of ${inSeconds(graceMs - reserveMs)} s${kept}`;
  return row(layout, '  time used', gauge, note);
}

function markRow(layout: Layout, { label, atMs, note }: Mark): string {
  return row(layout, label, [{ text: `${' '.repeat(cellOf(layout, atMs))}▲` }], note);
}

function inSeconds(ms: number): number {
  return Number((ms / 1000).toFixed(1));
}

function row({ cells, noteColumns, paint }: Layout, label: string, drawing: readonly Painted[], note: string): string {
  const length = drawing.reduce((sum, { text }) => sum + text.length, 0);
  const drawn = drawing.map(({ text, colour }) => (colour === undefined || text === '' ? text : paint(colour, text)));
  const left = shorten(label, LABEL_COLUMNS - 1).padEnd(LABEL_COLUMNS) + drawn.join('');
  return `${left}${' '.repeat(Math.max(0, cells - length))} ${shorten(note, noteColumns)}`.trimEnd();
}

function shorten(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1).toWellFormed()}…`;
}
