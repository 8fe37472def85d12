/** A run in words: the alternative to its picture, as a table or as plain lines. */
import { seconds } from '../../hooks/sentence.ts';
import { visible } from '../visible-text.ts';
import { type Element, element } from './markup.ts';
import type { RunBars } from './run-bars.ts';
import type { Timeline } from './timeline.ts';
import {
  deliveryLabel,
  runState,
  runTitle,
  STATE_WORDS,
  taskRemark,
  taskSentence,
  timeUsed,
  undoLines,
} from './words.ts';

const HEADS = ['task', 'outcome', 'started', 'took', 'attempts', 'why'];

/** One row for each task of a run, as an HTML table with the run as its caption. */
export function runTable(bars: RunBars): Element {
  const head = HEADS.map((words) => element('th', { scope: 'col' }, words));
  const rows = [...bars.tasks, ...bars.undo].map((bar) => {
    const { task, span } = bar;
    const cells = [
      STATE_WORDS[task.state],
      span === undefined ? '' : `+${seconds(span.startMs - bars.span.startMs)}`,
      span === undefined ? '' : seconds(span.endMs - span.startMs),
      String(task.attempts),
      taskRemark(bar),
    ];
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, visible(task.name)),
      ...cells.map((text) => element('td', {}, visible(text))),
    );
  });
  return element(
    'table',
    {},
    element('caption', {}, visible(`${runTitle(bars.run)}: ${runState(bars)}; time used: ${timeUsed(bars)}`)),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
}

/** Plain lines for where there is no terminal: one for each delivery, task, line of output, run and mark. */
export function plainLines({ runs, marks }: Timeline): string[] {
  const lines = runs.flatMap((bars) => [
    `${runTitle(bars.run)}: ${runState(bars)}${bars.run.reason === null ? '' : `: ${bars.run.reason}`}`,
    ...bars.deliveries.map((bar) => `  ${deliveryLabel(bar)}${bar.delivery.served && `: ${bar.delivery.served}`}`),
    ...bars.tasks.flatMap((bar) => [`  ${taskSentence(bar)}`, ...outputOf(bar.task.output)]),
    `  time used: ${timeUsed(bars)}`,
    ...undoLines(bars).map((line) => `  ${line}`),
    ...bars.undo.flatMap(({ task }) => outputOf(task.output)),
  ]);
  return [...lines, ...marks.map(({ label, note }) => (note === '' ? label : `${label}: ${note}`))].map(visible);
}

function outputOf(output: string): string[] {
  return output === ''
    ? []
    : output
        .replace(/\r?\n$/, '')
        .split(/\r?\n/)
        .map((text) => `    | ${text}`);
}
