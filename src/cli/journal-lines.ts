import { styleText } from 'node:util';
import { seconds } from '../hooks/sentence.ts';
import type { RunRecord, TaskRecord } from '../journal/entry.ts';
import { visible } from '../observe/visible-text.ts';

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

interface Cell {
  readonly text: string;
  readonly colour?: (typeof COLOURS)[keyof typeof COLOURS];
}

/** From when to when something lasted, in ms since 1970. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The runs for people, oldest first: a line for each, and below it one for each task with what it printed. What has not
 * ended lasts until `nowMs`. Holds no control character but the colours.
 */
export function runLines(runs: readonly RunRecord[], nowMs: number, colour: boolean): string[] {
  const heads = aligned(
    runs.map((run) => headOf(run, nowMs)),
    colour,
  );
  return runs.flatMap((run, index) => [
    '',
    heads[index] ?? '',
    ...(run.state === 'ended' && run.reason !== null ? [`  ${visible(run.reason)}`] : []),
    ...(run.stop === undefined ? [] : [`  stop: ${run.stop.reason}, ${visible(run.stop.why)}`]),
    ...taskLines(run, nowMs, colour),
  ]);
}

function headOf(run: RunRecord, nowMs: number): Cell[] {
  const durationMs = run.state === 'ended' ? run.durationMs : Math.max(0, nowMs - run.firstDeliveryAtMs);
  return [
    { text: timeOf(run.firstDeliveryAtMs) },
    { text: run.hook },
    { text: visible(run.container) },
    { text: visible(run.incarnation.id) },
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

function taskLines(run: RunRecord, nowMs: number, colour: boolean): string[] {
  const spans = run.tasks.map((task) => spanOf(run, task, nowMs));
  const known = spans.filter((span) => span !== undefined);
  const whole = known.reduce(hull, { fromMs: Infinity, toMs: -Infinity });
  // The undos came later, some of them much later: they have no place in the picture of the run.
  const tasks = [...run.tasks, ...(run.undo?.tasks ?? [])];
  const rows = tasks.map((task, index) => taskCells(run, task, spans[index], whole));
  const lines = aligned(rows, colour);
  return tasks.flatMap((task, index) => [
    `  ${lines[index] ?? ''}`,
    ...(task.state === 'ended' ? outputLines(task.output) : []),
  ]);
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

function taskCells(run: RunRecord, task: TaskRecord, span: Span | undefined, whole: Span): Cell[] {
  // Nothing of a run that nobody executes is running, whatever was written last.
  const interrupted = task.state === 'running' && run.state !== 'running';
  const attempts = task.state === 'pending' ? 0 : task.attempts;
  return [
    { text: visible(task.name) },
    outcomeCell(interrupted ? 'interrupted' : task.state === 'ended' ? task.outcome : task.state),
    { text: span === undefined ? '' : seconds(span.toMs - span.fromMs) },
    { text: span === undefined ? '·'.repeat(BAR_WIDTH) : barOf(span, whole) },
    { text: attempts === 1 ? '1 attempt' : `${attempts} attempts` },
    { text: task.state === 'ended' && task.reason !== null ? visible(task.reason) : '' },
  ];
}

/** Where in the whole the span lies; what ran at all has a mark. */
function barOf(span: Span, whole: Span): string {
  const scale = BAR_WIDTH / Math.max(1, whole.toMs - whole.fromMs);
  const start = Math.min(BAR_WIDTH - 1, Math.floor((span.fromMs - whole.fromMs) * scale));
  const end = Math.min(BAR_WIDTH, Math.max(start + 1, Math.round((span.toMs - whole.fromMs) * scale)));
  return '·'.repeat(start) + '█'.repeat(end - start) + '·'.repeat(BAR_WIDTH - end);
}

function outputLines(output: string): string[] {
  if (output === '') return [];
  return output
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map((line) => `      | ${visible(line)}`);
}

function outcomeCell(text: keyof typeof COLOURS): Cell {
  return { text, colour: COLOURS[text] };
}

/** The rows with their cells below each other, two spaces between them. */
function aligned(rows: readonly (readonly Cell[])[], colour: boolean): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.text.length ?? 0), 0),
  );
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const padding = ' '.repeat((widths[column] ?? 0) - cell.text.length);
      const text = colour && cell.colour ? styleText(cell.colour, cell.text, { validateStream: false }) : cell.text;
      return text + padding;
    });
    return cells.join('  ').trimEnd();
  });
}
