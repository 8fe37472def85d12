/** The status as text: whole, as a picture or plain lines, or only what is new. */
import { seconds } from '../hooks/sentence.ts';
import { marksOf, type StatusView, toldSentence } from '../observe/status-view.ts';
import { runBars } from '../observe/timeline/run-bars.ts';
import { plainLines } from '../observe/timeline/table.ts';
import { terminalTimeline } from '../observe/timeline/terminal.ts';
import { timelineOf } from '../observe/timeline/timeline.ts';
import { runState, runTitle, taskSentence } from '../observe/timeline/words.ts';
import { visible } from '../observe/visible-text.ts';
import { wrapWords } from '../observe/wrap-words.ts';

export interface StatusStyle {
  /** Whether the output is a terminal: pictures there, plain lines elsewhere. */
  readonly terminal: boolean;
  readonly colour: boolean;
  readonly columns: number;
  /** How many lines there is room for, where they are drawn anew again and again; undefined: as many as there are. */
  readonly rows?: number | undefined;
}

/** How many of the last lines of a task's output a terminal shows, and of how many runs. */
const OUTPUT_LINES = 3;
const SHOWN_RUNS = 4;

/** All of it, with a line end; of what has no room the newest is left. Holds no control character but the colours. */
export function statusText(view: StatusView, { terminal, colour, columns, rows }: StatusStyle): string {
  const runs = terminal ? view.runs.slice(-SHOWN_RUNS) : view.runs;
  const explained = rows === undefined;
  const pictures = runs.flatMap((run) => {
    const timeline = timelineOf([run], marksOf(view, run), view.nowMs);
    if (!terminal) return plainLines(timeline);
    const drawn = terminalTimeline(timeline, { columns, colour, outputLines: OUTPUT_LINES, explained });
    return ['', ...drawn.trimEnd().split('\n')];
  });
  const none = runs.length === 0 ? ['no hook was delivered yet'] : [];
  const more = view.runs.length > runs.length ? [`the last ${runs.length} of ${view.runs.length} runs:`] : [];
  const head = serviceLines(view).flatMap((line) => (terminal ? wrapWords(line, columns, '  ') : [line]));
  const room = rows === undefined ? Infinity : Math.max(1, rows - 1);
  // The state stays in sight: below it, what has no room is what happened first.
  const below = [...head.slice(1), ...none, ...more, ...pictures];
  const shown = below.length < room ? below : ['…', ...below.slice(below.length - Math.max(0, room - 2))];
  return `${[...head.slice(0, 1), ...shown].join('\n')}\n`;
}

function serviceLines({ version, state, told, config, deadline, journal }: StatusView): string[] {
  const { source, graceMs, reserveMs } = deadline;
  return [
    `hookkeeper ${version}: ${state}`,
    ...(told === null ? [] : [toldSentence(told)]),
    `deadline: ${seconds(graceMs)} of grace from ${source}, ${seconds(reserveMs)} in reserve`,
    `config: ${config.file} ${config.digest}`,
    ...config.problems.map((problem) => `config problem: ${problem}`),
    `journal: ${journal.state}${journal.state === 'degraded' ? `: ${journal.reason}` : ''}`,
  ].map(visible);
}

/** A line for each thing that became another one since an earlier view: for where nothing can be drawn anew. */
export function statusNews(before: StatusView, now: StatusView): string[] {
  const known = new Set(serviceLines(before));
  const service = serviceLines(now).filter((line) => !known.has(line));
  const runs = now.runs.flatMap((run) => {
    const earlier = before.runs.find(({ id }) => id === run.id);
    const bars = runBars(run, now.nowMs);
    const earlierTasks = new Map(
      [...(earlier?.tasks ?? []), ...(earlier?.undo?.tasks ?? [])].map((task) => [task.name, task]),
    );
    const ofTasks = [...bars.tasks, ...bars.undo].filter(
      ({ task }) => (earlierTasks.get(task.name)?.state ?? 'pending') !== task.state,
    );
    const ofRun = earlier?.state === run.state ? [] : [`${runTitle(run)}: ${runState(bars)}`];
    return [...ofTasks.map((bar) => `${run.hook} of ${run.container}: ${taskSentence(bar)}`), ...ofRun];
  });
  return [...service, ...runs.map(visible)];
}
