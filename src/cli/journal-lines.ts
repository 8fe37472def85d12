import { seconds } from '../hooks/sentence.ts';
import type { RunRecord, TaskRecord } from '../journal/entry.ts';
import { visible } from '../observe/visible-text.ts';
import { wrapWords } from '../observe/wrap-words.ts';
import { aligned, type Cell, flowed, widthOf } from './journal-cells.ts';

export interface JournalStyle {
  readonly colour: boolean;
  /** How wide a line may be; without end where no terminal breaks it. */
  readonly columns: number;
}

/** How many characters of a line show when a task ran. */
const BAR_WIDTH = 24;

/** How a cell is coloured, by what it says. */
const COLOURS = {
  succeeded: 'green',
  failed: 'red',
  timedOut: 'red',
  interrupted: 'yellow',
  skipped: 'yellow',
  running: 'cyan',
  pending: 'gray',
} as const;

/** What a line tells of a task. */
type TaskCells = Readonly<Record<'name' | 'outcome' | 'duration' | 'bar' | 'attempts' | 'reason', Cell>>;

/** What of it stands beside each other: as much as there is room for. */
const LAYOUTS: readonly (readonly (keyof TaskCells)[])[] = [
  ['name', 'outcome', 'duration', 'bar', 'attempts', 'reason'],
  ['name', 'outcome', 'duration', 'bar', 'attempts'],
  ['name', 'outcome', 'duration', 'attempts'],
];
const NARROWEST: readonly (keyof TaskCells)[] = ['name', 'outcome', 'duration'];

/** A name is cut to no less than this. */
const LEAST_NAME = 12;

/** Before what is told of a task below its line. */
const NOTE_INDENT = '      ';

/** From when to when something lasted, in ms since 1970. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The runs for people, oldest first: a line for each, and below it one for each task with what it printed. What has not
 * ended lasts until `nowMs`. Where lines have no room, which run it is and what became of it stand below each other, and so do
 * a task and its reason. Holds no control character but the colours.
 */
export function runLines(runs: readonly RunRecord[], nowMs: number, style: JournalStyle): string[] {
  const { colour, columns } = style;
  const parts = runs.map((run) => [nameOf(run), fateOf(run, nowMs)]);
  const whole = parts.map((cells) => cells.flat());
  const lines = widthOf(whole) > columns ? undefined : aligned(whole, colour);
  const sentence = (text: string) => wrapWords(`  ${text}`, columns, '    ');
  return runs.flatMap((run, index) => [
    '',
    ...(lines === undefined ? flowed(parts[index] ?? [], columns, colour) : [lines[index] ?? '']),
    ...(run.state === 'ended' && run.reason !== null ? sentence(visible(run.reason)) : []),
    ...(run.stop === undefined ? [] : sentence(`stop: ${run.stop.reason}, ${visible(run.stop.why)}`)),
    ...taskLines(run, nowMs, style),
  ]);
}

function nameOf(run: RunRecord): Cell[] {
  return [
    { text: timeOf(run.firstDeliveryAtMs) },
    { text: run.hook },
    { text: visible(run.container) },
    { text: visible(run.incarnation.id) },
  ];
}

function fateOf(run: RunRecord, nowMs: number): Cell[] {
  const durationMs = run.state === 'ended' ? run.durationMs : Math.max(0, nowMs - run.firstDeliveryAtMs);
  return [
    outcomeCell(run.state === 'ended' ? run.outcome : run.state),
    { text: run.state === 'interrupted' ? '' : seconds(durationMs) },
    { text: run.deliveries === 1 ? '1 delivery' : `${run.deliveries} deliveries` },
    { text: `run ${visible(run.id)}` },
  ];
}

/** The journal may hold any number. */
function timeOf(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? 'at no known time' : date.toISOString().replace('T', ' ');
}

function taskLines(run: RunRecord, nowMs: number, { colour, columns }: JournalStyle): string[] {
  const spans = run.tasks.map((task) => spanOf(run, task, nowMs));
  const known = spans.filter((span) => span !== undefined);
  const whole = known.reduce(hull, { fromMs: Infinity, toMs: -Infinity });
  // The undos came later, some of them much later: they have no place in the picture of the run.
  const tasks = [...run.tasks, ...(run.undo?.tasks ?? [])];
  const isUndo = (index: number) => index >= run.tasks.length;
  const goesOn = (index: number) => (isUndo(index) ? run.undo?.instance !== undefined : run.state === 'running');
  const rows = tasks.map((task, index) => taskCells(goesOn(index), task, spans[index], whole));
  const room = columns - 2;
  const laid = (layout: readonly (keyof TaskCells)[]) => rows.map((row) => layout.map((cell) => row[cell]));
  const layout = LAYOUTS.find((each) => widthOf(laid(each)) <= room) ?? NARROWEST;
  const lines = aligned(narrowed(laid(layout), room), colour);
  return tasks.flatMap((task, index) => [
    `  ${lines[index] ?? ''}`,
    ...noteLines(task, layout, columns),
    ...(task.state === 'ended' ? outputLines(task.output, columns) : []),
  ]);
}

/** With names that are cut where the rows are too wide. */
function narrowed(rows: readonly (readonly Cell[])[], room: number): readonly (readonly Cell[])[] {
  const excess = widthOf(rows) - room;
  if (excess <= 0) return rows;
  const longest = rows.reduce((width, [name]) => Math.max(width, name?.text.length ?? 0), 0);
  const width = Math.max(LEAST_NAME, longest - excess);
  return rows.map(([name, ...others]) => [{ text: cut(name?.text ?? '', width) }, ...others]);
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** What there was no room for beside a task and is not to be lost. */
function noteLines(task: TaskRecord, layout: readonly (keyof TaskCells)[], columns: number): string[] {
  const attempts = layout.includes('attempts') || attemptsOf(task) < 2 ? [] : [`${attemptsOf(task)} attempts`];
  const reason = layout.includes('reason') || reasonOf(task) === '' ? [] : [reasonOf(task)];
  const note = [...attempts, ...reason].join(', ');
  return note === '' ? [] : wrapWords(`${NOTE_INDENT}${note}`, columns, NOTE_INDENT);
}

function attemptsOf(task: TaskRecord): number {
  return task.state === 'pending' ? 0 : task.attempts;
}

function reasonOf(task: TaskRecord): string {
  return task.state === 'ended' && task.reason !== null ? visible(task.reason) : '';
}

/** When a task ran; undefined where it did not, or where nobody knows until when. */
function spanOf(run: RunRecord, task: TaskRecord, nowMs: number): Span | undefined {
  if (task.state === 'pending') return undefined;
  const fromMs = task.startedAtMs;
  if (task.state === 'ended') return task.attempts === 0 ? undefined : { fromMs, toMs: fromMs + task.durationMs };
  return run.state === 'running' ? { fromMs, toMs: Math.max(fromMs, nowMs) } : undefined;
}

function hull(a: Span, b: Span): Span {
  return { fromMs: Math.min(a.fromMs, b.fromMs), toMs: Math.max(a.toMs, b.toMs) };
}

function taskCells(goesOn: boolean, task: TaskRecord, span: Span | undefined, whole: Span): TaskCells {
  // Nothing of what nobody executes is running, whatever was written last.
  const interrupted = task.state === 'running' && !goesOn;
  const attempts = attemptsOf(task);
  return {
    name: { text: visible(task.name) },
    outcome: outcomeCell(interrupted ? 'interrupted' : task.state === 'ended' ? task.outcome : task.state),
    duration: { text: span === undefined ? '' : seconds(span.toMs - span.fromMs) },
    bar: { text: span === undefined ? '·'.repeat(BAR_WIDTH) : barOf(span, whole) },
    attempts: { text: attempts === 1 ? '1 attempt' : `${attempts} attempts` },
    reason: { text: reasonOf(task) },
  };
}

/** Where in the whole the span lies; what ran at all has a mark. */
function barOf(span: Span, whole: Span): string {
  const scale = BAR_WIDTH / Math.max(1, whole.toMs - whole.fromMs);
  const start = Math.min(BAR_WIDTH - 1, Math.floor((span.fromMs - whole.fromMs) * scale));
  const end = Math.min(BAR_WIDTH, Math.max(start + 1, Math.round((span.toMs - whole.fromMs) * scale)));
  return '·'.repeat(start) + '█'.repeat(end - start) + '·'.repeat(BAR_WIDTH - end);
}

/** A terminal would go on at its margin, where what a task printed could pass for a line of ours. */
function outputLines(output: string, columns: number): string[] {
  if (output === '') return [];
  const margin = `${NOTE_INDENT}| `;
  return output
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .flatMap((line) => piecesOf(visible(line), columns - margin.length).map((piece) => margin + piece));
}

function piecesOf(text: string, length: number): string[] {
  if (text.length <= length) return [text];
  return text.match(new RegExp(`.{1,${Math.max(1, length)}}`, 'gu')) ?? [text];
}

function outcomeCell(text: keyof typeof COLOURS): Cell {
  return { text, colour: COLOURS[text] };
}
