/** The status as text: whole, as a picture or plain lines, or only what is new. */
import { seconds } from '../hooks/sentence.ts';
import { marksOf, type StatusView, toldSentence } from '../observe/status-view.ts';
import { runBars } from '../observe/timeline/run-bars.ts';
import { plainLines } from '../observe/timeline/table.ts';
import { terminalTimeline } from '../observe/timeline/terminal.ts';
import { timelineOf } from '../observe/timeline/timeline.ts';
import { runState, runTitle, taskSentence } from '../observe/timeline/words.ts';
import { visible } from '../observe/visible-text.ts';

export interface StatusStyle {
  /** Whether the output is a terminal: pictures there, plain lines elsewhere. */
  readonly terminal: boolean;
  readonly colour: boolean;
  readonly columns: number;
}

/** How many of the last lines of a task's output a terminal shows, and of how many runs. */
const OUTPUT_LINES = 3;
const SHOWN_RUNS = 4;

/** All of it, with a line end. Holds no control character but the colours. */
export function statusText(view: StatusView, { terminal, colour, columns }: StatusStyle): string {
  const runs = terminal ? view.runs.slice(-SHOWN_RUNS) : view.runs;
  const pictures = runs.flatMap((run) => {
    const timeline = timelineOf([run], marksOf(view, run), view.nowMs);
    if (!terminal) return plainLines(timeline);
    return ['', terminalTimeline(timeline, { columns, colour, outputLines: OUTPUT_LINES }).trimEnd()];
  });
  const none = runs.length === 0 ? ['no hook was delivered yet'] : [];
  const more = view.runs.length > runs.length ? [`the last ${runs.length} of ${view.runs.length} runs:`] : [];
  return `${[...serviceLines(view), ...none, ...more, ...pictures].join('\n')}\n`;
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

/** A line for each state that became another one since an earlier view: for where nothing can be drawn anew. */
export function statusNews(before: StatusView, now: StatusView): string[] {
  const service = now.state === before.state ? [] : [`hookkeeper ${now.version}: ${now.state}`];
  const runs = now.runs.flatMap((run) => {
    const earlier = before.runs.find(({ id }) => id === run.id);
    const bars = runBars(run, now.nowMs);
    const ofTasks = bars.tasks.filter(({ task }) => {
      const state = earlier?.tasks.find(({ name }) => name === task.name)?.state ?? 'pending';
      return state !== task.state;
    });
    const ofRun = earlier?.state === run.state ? [] : [`${runTitle(run)}: ${runState(bars)}`];
    return [...ofTasks.map((bar) => `${run.hook} of ${run.container}: ${taskSentence(bar)}`), ...ofRun];
  });
  return [...service, ...runs].map(visible);
}
