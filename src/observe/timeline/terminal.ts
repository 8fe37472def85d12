/** A timeline as text: an axis, then for each run its deliveries, its tasks and what it used of its time. */
import { styleText } from 'node:util';
import { visible } from '../visible-text.ts';
import { wrapWords } from '../wrap-words.ts';
import type { DeliveryBar, RunBars, Span, TaskBar } from './run-bars.ts';
import { isOpen } from './shown.ts';
import {
  ANSWERED,
  BLANK,
  type Cell,
  GRACE_END,
  LOST,
  type Paint,
  painted,
  STATE_CELLS,
  WAIT,
  WORK_END,
} from './terminal-cells.ts';
import { terminalLegend } from './terminal-legend.ts';
import { type Mark, placeOf, type Timeline, ticksOf } from './timeline.ts';
import { deliveryLabel, runState, runTitle, taskNote, timeUsed, undoLines } from './words.ts';

export interface TerminalStyle {
  /** The longest line, 40 at least. */
  readonly columns: number;
  readonly colour: boolean;
  /** How many of the last lines of a task's output are shown below it. Default 0. */
  readonly outputLines?: number;
  /** Adds what the rows have no room for, in full, and what the signs mean. */
  readonly explained?: boolean;
}

const CELLS_PER_NUMBER = 8;
const MOST_LABEL_COLUMNS = 28;
const LEAST_COLUMNS = 40;

/** Where things go: the bars between the labels and the notes, on the scale of the whole timeline. */
interface Layout {
  readonly window: Span;
  readonly labelColumns: number;
  readonly cells: number;
  readonly noteColumns: number;
  readonly columns: number;
  readonly outputLines: number;
  readonly explained: boolean;
  readonly paint: Paint;
}

/** Draws it. Holds no control character but the colours, whatever tasks printed; no line is longer than asked for. */
export function terminalTimeline(timeline: Timeline, style: TerminalStyle): string {
  const { runs, marks, window } = timeline;
  const { colour, outputLines = 0, explained = false } = style;
  const columns = Math.max(LEAST_COLUMNS, style.columns);
  const labelColumns = Math.min(MOST_LABEL_COLUMNS, Math.floor(columns * 0.36));
  const noteColumns = Math.floor((columns - labelColumns) * 0.45);
  const layout: Layout = {
    window,
    columns,
    labelColumns,
    noteColumns,
    cells: columns - labelColumns - noteColumns - 1,
    outputLines,
    explained,
    paint: (name, text) => (colour ? styleText(name, text, { validateStream: false }) : text),
  };
  const lines = [
    axis(layout),
    ...runs.flatMap((run) => runRows(layout, run)),
    ...marks.flatMap((mark) => markRow(layout, mark)),
    ...(explained ? terminalLegend(timeline, columns, layout.paint) : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** A label, a drawing, and a note beside it. */
interface Row {
  readonly label: string;
  readonly cells: readonly Cell[];
  readonly note: string;
  readonly isTask: boolean;
}

function runRows(layout: Layout, bars: RunBars): string[] {
  const { columns, explained, paint } = layout;
  const deliveries = bars.deliveries.map((bar) => deliveryRow(layout, bars, bar));
  const tasks = bars.tasks.map((bar) => ({ row: taskRow(layout, bars, bar), output: outputRows(layout, bar) }));
  const gauge = gaugeRow(layout, bars);
  const all = [...deliveries, ...tasks.map(({ row }) => row), gauge];
  return [
    paint('bold', shorten(`${runTitle(bars.run)}: ${runState(bars)}`, columns)),
    ...deliveries.map((row) => drawn(layout, row)),
    ...tasks.flatMap(({ row, output }) => [drawn(layout, row), ...output]),
    drawn(layout, gauge),
    ...(explained ? all.flatMap((row) => inFull(layout, row)) : []),
    ...undoLines(bars).flatMap((line) => wrapWords(visible(`  ${line}`), columns, '      ')),
  ];
}

/** What a row could not say, as lines of words. */
function inFull({ columns, labelColumns, noteColumns, paint }: Layout, { label, note, isTask }: Row): string[] {
  const [name, said] = [visible(label), visible(note)];
  // Other labels are known without their ends.
  if (said.length <= noteColumns && !(isTask && name.length >= labelColumns)) return [];
  return wrapWords(`  … ${name.trimStart()}: ${said}`, columns, '    ').map((text) => paint('gray', text));
}

/** The cell in which an instant is; the last one takes the end of the timeline too. */
function cellOf({ window, cells }: Layout, atMs: number): number {
  return Math.min(cells - 1, Math.floor(placeOf(window, atMs) * cells));
}

function axis(layout: Layout): string {
  const { window, labelColumns, cells, paint } = layout;
  let line = '';
  for (const { atMs, label } of ticksOf(window, Math.floor(cells / CELLS_PER_NUMBER))) {
    const at = cellOf(layout, atMs);
    if (at >= line.length && at + label.length < cells) line = `${line.padEnd(at, '─')}┬${label}`;
  }
  return paint('gray', ' '.repeat(labelColumns) + line.padEnd(cells, '─'));
}

/** An empty row of a run: the end of the working time and that of the grace, where they are in the window. */
function limits(layout: Layout, { reserve }: RunBars): Cell[] {
  const row = Array.from({ length: layout.cells }, () => BLANK);
  const draw = (atMs: number, cell: Cell) => {
    if (atMs <= layout.window.endMs) row[cellOf(layout, atMs)] = cell;
  };
  if (reserve.endMs > reserve.startMs) draw(reserve.startMs, WORK_END);
  draw(reserve.endMs, GRACE_END);
  return row;
}

function deliveryRow(layout: Layout, bars: RunBars, bar: DeliveryBar): Row {
  const { broken, served } = bar.delivery;
  const cells = limits(layout, bars);
  const [from, to] = [cellOf(layout, bar.span.startMs), cellOf(layout, bar.span.endMs)];
  const end = broken ? LOST : ANSWERED;
  const passing = { ...end, text: '─' };
  cells.fill(passing, from, to);
  if (to > from) cells[from] = { ...end, text: '├' };
  cells[to] = isOpen(bar, bars) ? passing : end;
  return { label: `  ${deliveryLabel(bar)}`, cells, note: served, isTask: false };
}

/** A bar has one cell at least: what happened is seen, however short it was. */
function taskRow(layout: Layout, bars: RunBars, bar: TaskBar): Row {
  const cells = limits(layout, bars);
  const { task, pieces } = bar;
  // Of two pieces in one cell the attempt is seen.
  const waitsFirst = pieces.toSorted((a, b) => Number(a.kind === 'attempt') - Number(b.kind === 'attempt'));
  for (const piece of waitsFirst) {
    const [from, to] = [cellOf(layout, piece.span.startMs), cellOf(layout, piece.span.endMs)];
    if (piece.kind === 'wait') cells.fill(WAIT, from, to);
    else cells.fill(STATE_CELLS[piece.state], from, to + 1);
  }
  if (pieces.length === 0 && task.startedAtMs !== null) {
    cells[cellOf(layout, task.startedAtMs)] = STATE_CELLS[task.state];
  }
  return { label: `  ${task.name}`, cells, note: taskNote(bar), isTask: true };
}

function outputRows({ outputLines, columns, paint }: Layout, { task }: TaskBar): string[] {
  if (outputLines === 0 || task.output === '') return [];
  const printed = task.output
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .slice(-outputLines);
  return printed.map((text) => paint('gray', shorten(`    | ${text}`, columns)));
}

/** The working time has a scale of its own: what was used, what was left, and the reserve. */
function gaugeRow(layout: Layout, bars: RunBars): Row {
  const { graceMs, reserveMs } = bars.run.deadline;
  const cellsOf = (ms: number) => Math.round((ms / Math.max(graceMs, 1)) * layout.cells);
  const reserve = Math.min(layout.cells, cellsOf(reserveMs));
  const used = Math.min(layout.cells - reserve, Math.max(1, cellsOf(bars.usedMs)));
  const cells = Array.from({ length: layout.cells }, (_, cell): Cell => {
    if (cell < used) return { text: '▰', colour: 'cyan' };
    return cell < layout.cells - reserve ? { text: '▱' } : { text: '╌', colour: 'gray' };
  });
  return { label: '  time used', cells, note: timeUsed(bars), isTask: false };
}

function markRow(layout: Layout, { label, atMs, note }: Mark): string[] {
  const cells = Array.from({ length: layout.cells }, () => BLANK);
  cells[cellOf(layout, atMs)] = { text: '▲' };
  const row = { label, cells, note, isTask: false };
  return [drawn(layout, row), ...(layout.explained ? inFull(layout, row) : [])];
}

function drawn({ labelColumns, noteColumns, paint }: Layout, { label, cells, note }: Row): string {
  const left = shorten(label, labelColumns - 1).padEnd(labelColumns);
  return `${left}${painted(cells, paint)} ${shorten(note, noteColumns)}`.trimEnd();
}

function shorten(text: string, columns: number): string {
  const shown = visible(text);
  return shown.length <= columns ? shown : `${shown.slice(0, columns - 1).toWellFormed()}…`;
}
