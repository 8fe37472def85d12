import { seconds } from '../hooks/sentence.ts';
import { type Element, element } from '../observe/timeline/markup.ts';
import { picture } from '../observe/timeline/picture.ts';
import type { RunBars } from '../observe/timeline/run-bars.ts';
import type { RunView, TaskView } from '../observe/timeline/run-view.ts';
import { runTable } from '../observe/timeline/table.ts';
import { type Mark, timelineOf } from '../observe/timeline/timeline.ts';
import { runTitle, STATE_WORDS, taskSentence, undoLines } from '../observe/timeline/words.ts';
import { visible } from '../observe/visible-text.ts';

/** One run: how it stands, its picture, the same as a table, and what its tasks printed. */
export function runSection(run: RunView, marks: readonly Mark[], nowMs: number, width: number): Element {
  const timeline = timelineOf([run], marks, nowMs);
  const [bars] = timeline.runs;
  const id = `run-${run.sequence}`;
  const title = runTitle(run);
  return element(
    'article',
    { class: 'run', 'data-key': run.id, 'aria-labelledby': id },
    element(
      'h3',
      { id },
      `${run.hook} of ${visible(run.container)} `,
      element('span', { class: `badge run-${run.state}` }, STATE_WORDS[run.state]),
    ),
    element('p', { class: 'soft' }, visible(factsOf(run))),
    ...(run.stop === null
      ? []
      : [element('p', { class: 'soft' }, visible(`why it came: ${run.stop.reason}, ${run.stop.why}`))]),
    ...(run.reason === null ? [] : [element('p', { class: 'reason' }, visible(run.reason))]),
    ...(bars === undefined || run.state !== 'running' ? [] : [countdown(bars)]),
    picture(timeline, { width: Math.max(280, width - 26), prefix: id, title, headings: false }),
    ...(bars === undefined ? [] : [...reasons(bars), ...undoOf(bars), asTable(bars)]),
    ...[...run.tasks, ...(run.undo?.tasks ?? [])].filter(({ output }) => output !== '').map(outputOf),
  );
}

function factsOf(run: RunView): string {
  const { graceMs, reserveMs, source } = run.deadline;
  const deliveries = run.deliveryCount === 1 ? '1 delivery' : `${run.deliveryCount} deliveries`;
  const kept = reserveMs === 0 ? '' : ` with ${seconds(reserveMs)} in reserve`;
  const started = new Date(run.startedAtMs)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
  return `run ${run.id}, ${run.life.id}, ${deliveries}, since ${started}, grace ${seconds(graceMs)}${kept} (${source}), config ${run.configDigest}`;
}

/** What is left, large: it is what somebody who watches a pod end wants to know. */
function countdown({ leftMs, run }: RunBars): Element {
  const { graceMs, reserveMs } = run.deadline;
  const kill = run.hook === 'preStop' ? `; the grace ends in ${seconds(leftMs + reserveMs)}` : '';
  return element(
    'p',
    { class: 'countdown' },
    element('strong', {}, `${(leftMs / 1000).toFixed(1)} s`),
    ` left of ${seconds(graceMs - reserveMs)} for the tasks${kill}`,
  );
}

/** The picture has no room for reasons: why tasks did not succeed, in full. */
function reasons({ tasks }: RunBars): Element[] {
  const told = tasks.filter(({ task: { state, reason } }) => reason !== null && state !== 'succeeded');
  const items = told.map((bar) => element('li', { 'data-key': bar.task.name }, visible(taskSentence(bar))));
  return items.length === 0 ? [] : [element('ul', { class: 'reasons' }, ...items)];
}

/** What became of taking the stop back: the picture, which ends with the run, has nothing of it. */
function undoOf(bars: RunBars): Element[] {
  const [first, ...undos] = undoLines(bars);
  if (first === undefined) return [];
  const items = undos.map((line) => element('li', {}, visible(line.trimStart())));
  return [
    element('p', { class: 'reason', 'data-key': 'undo' }, visible(first)),
    element('ul', { class: 'reasons', 'data-key': 'undo' }, ...items),
  ];
}

function asTable(bars: RunBars): Element {
  return element(
    'details',
    {},
    element('summary', {}, 'As a table'),
    element(
      'div',
      { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'the tasks of the run' },
      runTable(bars),
    ),
  );
}

/** What a task printed. Open while it runs, and where it did not end well. */
function outputOf({ name, output, state }: TaskView): Element {
  const open = state === 'succeeded' || state === 'skipped' ? {} : { open: '' };
  const shown = output.split('\n').map(visible).join('\n');
  return element(
    'details',
    { ...open, 'data-key': name },
    element('summary', {}, `What ${visible(name)} printed`),
    element('pre', { tabindex: 0, 'aria-label': `output of ${visible(name)}` }, element('code', {}, shown)),
  );
}
