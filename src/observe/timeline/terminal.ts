/** A timeline as text: an axis, then for each run its deliveries, its tasks and what it used of its time. */
import { styleText } from 'node:util';
import { visible } from '../visible-text.ts';
import type { DeliveryBar, RunBars, Span, TaskBar } from './run-bars.ts';
import type { TaskState } from './run-view.ts';
import { type Mark, placeOf, type Timeline, ticksOf } from './timeline.ts';
import { deliveryLabel, runState, runTitle, taskRemark, taskState, timeUsed } from './words.ts';

export interface TerminalStyle {
  /** The longest line, 60 at least. */
  readonly columns: number;
  readonly colour: boolean;
  /** How many of the last lines of a task's output are shown below it. Default 0. */
  readonly outputLines?: number;
}

type Colour = Parameters<typeof styleText>[0];

const GLYPHS: Readonly<Record<TaskState, string>> = {
  succeeded: '█',
  running: '█',
  failed: '▓',
  timedOut: '▒',
  skipped: '░',
  interrupted: '▚',
  pending: '·',
};
const COLOURS: Readonly<Record<TaskState, Colour>> = {
  succeeded: 'green',
  running: 'cyan',
  failed: 'red',
  timedOut: 'red',
  skipped: 'gray',
  interrupted: 'yellow',
  pending: 'gray',
};

const CELLS_PER_NUMBER = 8;
const LABEL_COLUMNS = 28;

/** One cell of a drawing, and its colour where colours are wanted. */
interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}
const BLANK: Cell = { text: ' ' };

/** Where things go: the bars between the labels and the notes, on the scale of the whole timeline. */
interface Layout {
  readonly window: Span;
  readonly cells: number;
  readonly noteColumns: number;
  readonly columns: number;
  readonly outputLines: number;
  readonly paint: (colour: Colour, text: string) => string;
}

/** Draws it. Holds no control character but the colours, whatever tasks printed; no line is longer than asked for. */
export function terminalTimeline({ runs, marks, window }: Timeline, style: TerminalStyle): string {
  const { colour, outputLines = 0 } = style;
  const columns = Math.max(60, style.columns);
  const noteColumns = Math.floor((columns - LABEL_COLUMNS) * 0.45);
  const layout: Layout = {
    window,
    columns,
    noteColumns,
    cells: columns - LABEL_COLUMNS - noteColumns - 1,
    outputLines,
    paint: (name, text) => (colour ? styleText(name, text, { validateStream: false }) : text),
  };
  const lines = [
    axis(layout),
    ...runs.flatMap((run) => runRows(layout, run)),
    ...marks.map((mark) => markRow(layout, mark)),
  ];
  return `${lines.join('\n')}\n`;
}

function runRows(layout: Layout, bars: RunBars): string[] {
  const title = shorten(`${runTitle(bars.run)}: ${runState(bars)}`, layout.columns);
  return [
    layout.paint('bold', title),
    ...bars.deliveries.map((bar) => deliveryRow(layout, bars, bar)),
    ...bars.tasks.flatMap((bar) => [taskRow(layout, bars, bar), ...outputRows(layout, bar)]),
    gaugeRow(layout, bars),
  ];
}

/** The cell in which an instant is; the last one takes the end of the timeline too. */
function cellOf({ window, cells }: Layout, atMs: number): number {
  return Math.min(cells - 1, Math.floor(placeOf(window, atMs) * cells));
}

function axis(layout: Layout): string {
  const { window, cells, paint } = layout;
  let line = '';
  for (const { atMs, label } of ticksOf(window, Math.floor(cells / CELLS_PER_NUMBER))) {
    const at = cellOf(layout, atMs);
    if (at >= line.length && at + label.length < cells) line = `${line.padEnd(at, '─')}┬${label}`;
  }
  return paint('gray', ' '.repeat(LABEL_COLUMNS) + line.padEnd(cells, '─'));
}

/** An empty row of a run: the end of the working time and that of the grace, where they are in the window. */
function limits(layout: Layout, { reserve }: RunBars): Cell[] {
  const row = Array.from({ length: layout.cells }, () => BLANK);
  const draw = (atMs: number, text: string) => {
    if (atMs <= layout.window.endMs) row[cellOf(layout, atMs)] = { text, colour: 'gray' };
  };
  if (reserve.endMs > reserve.startMs) draw(reserve.startMs, '┊');
  draw(reserve.endMs, '│');
  return row;
}

function deliveryRow(layout: Layout, bars: RunBars, bar: DeliveryBar): string {
  const { broken, served } = bar.delivery;
  const row = limits(layout, bars);
  const [from, to] = [cellOf(layout, bar.span.startMs), cellOf(layout, bar.span.endMs)];
  const colour = broken ? 'yellow' : 'cyan';
  row.fill({ text: '─', colour }, from, to);
  if (to > from) row[from] = { text: '├', colour };
  row[to] = { text: broken ? '╳' : '┤', colour };
  return line(layout, `  ${deliveryLabel(bar)}`, row, served);
}

/** A bar has one cell at least: what happened is seen, however short it was. */
function taskRow(layout: Layout, bars: RunBars, bar: TaskBar): string {
  const row = limits(layout, bars);
  const { task, pieces } = bar;
  // Of two pieces in one cell the attempt is seen.
  const waitsFirst = pieces.toSorted((a, b) => Number(a.kind === 'attempt') - Number(b.kind === 'attempt'));
  for (const piece of waitsFirst) {
    const [from, to] = [cellOf(layout, piece.span.startMs), cellOf(layout, piece.span.endMs)];
    if (piece.kind === 'wait') row.fill({ text: '─', colour: 'gray' }, from, to);
    else row.fill({ text: GLYPHS[piece.state], colour: COLOURS[piece.state] }, from, to + 1);
  }
  if (pieces.length === 0 && task.startedAtMs !== null) {
    row[cellOf(layout, task.startedAtMs)] = { text: GLYPHS[task.state], colour: COLOURS[task.state] };
  }
  const remark = taskRemark(bar);
  return line(layout, `  ${task.name}`, row, `${taskState(bar)}${remark === '' ? '' : `: ${remark}`}`);
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
function gaugeRow(layout: Layout, bars: RunBars): string {
  const { graceMs, reserveMs } = bars.run.deadline;
  const cellsOf = (ms: number) => Math.round((ms / Math.max(graceMs, 1)) * layout.cells);
  const reserve = Math.min(layout.cells, cellsOf(reserveMs));
  const used = Math.min(layout.cells - reserve, Math.max(1, cellsOf(bars.usedMs)));
  const row = Array.from({ length: layout.cells }, (_, cell): Cell => {
    if (cell < used) return { text: '▰', colour: 'cyan' };
    return cell < layout.cells - reserve ? { text: '▱' } : { text: '╌', colour: 'gray' };
  });
  return line(layout, '  time used', row, timeUsed(bars));
}

function markRow(layout: Layout, { label, atMs, note }: Mark): string {
  const row = Array.from({ length: layout.cells }, () => BLANK);
  row[cellOf(layout, atMs)] = { text: '▲' };
  return line(layout, label, row, note);
}

function line({ noteColumns, paint }: Layout, label: string, row: readonly Cell[], note: string): string {
  const left = shorten(label, LABEL_COLUMNS - 1).padEnd(LABEL_COLUMNS);
  return `${left}${painted(row, paint)} ${shorten(note, noteColumns)}`.trimEnd();
}

/** Cells of one colour are painted together: fewer escapes for the terminal. */
function painted(row: readonly Cell[], paint: Layout['paint']): string {
  let out = '';
  for (let from = 0; from < row.length; ) {
    const colour = row[from]?.colour;
    let to = from;
    while (to < row.length && row[to]?.colour === colour) to += 1;
    const text = row
      .slice(from, to)
      .map((cell) => cell.text)
      .join('');
    out += colour === undefined ? text : paint(colour, text);
    from = to;
  }
  return out;
}

function shorten(text: string, columns: number): string {
  const shown = visible(text);
  return shown.length <= columns ? shown : `${shown.slice(0, columns - 1).toWellFormed()}…`;
}
