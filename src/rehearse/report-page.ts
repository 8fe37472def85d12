/** A rehearsal as one HTML file that needs nothing else: no script, no network. Everything in it is text from elsewhere: never markup. */
import { seconds } from '../hooks/sentence.ts';
import { type Element, element, escapeMarkup, toMarkup } from '../observe/timeline/markup.ts';
import { picture } from '../observe/timeline/picture.ts';
import { PICTURE_STYLE } from '../observe/timeline/picture-style.ts';
import type { RunBars } from '../observe/timeline/run-bars.ts';
import { runTable } from '../observe/timeline/table.ts';
import { runTitle, taskSentence } from '../observe/timeline/words.ts';
import { visible } from '../observe/visible-text.ts';
import {
  brokenOf,
  playedOf,
  type Rehearsal,
  type RehearsedScenario,
  timelineOfScenario,
  verdictName,
} from './rehearsal.ts';
import { REPORT_STYLE } from './report-style.ts';
import type { Verdict } from './verdict.ts';

/** Lets in the style that is in the file, and nothing else. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The pictures' widths, in pixels: for screens, and for phones. */
const [WIDE, NARROW] = [1040, 344];

/** The whole file. */
export function reportPage(rehearsal: Rehearsal): string {
  const title = `Rehearsal of ${visible(rehearsal.config.file)}`;
  const body = [head(rehearsal, title), contents(rehearsal), main(rehearsal)].map(toMarkup).join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escapeMarkup(POLICY)}">
<link rel="icon" href="data:,">
<title>${escapeMarkup(title)}</title>
<style>${REPORT_STYLE}${PICTURE_STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

function head({ config, grace, dryRun, scenarios }: Rehearsal, title: string): Element {
  const broken = brokenOf({ scenarios }).length;
  const [first, ...others] = playedOf({ scenarios });
  const played = first === undefined ? 0 : 1 + others.length;
  const held = first !== undefined && broken === 0;
  const sum = held ? 'Everything was kept' : `${broken} ${broken === 1 ? 'thing' : 'things'} broken`;
  const told = first === undefined ? 'Nothing was played' : sum;
  const at = utc(first?.startedAtMs ?? 0);
  const how = dryRun
    ? 'foreseen, without running a task'
    : `played against the built program and the real tasks on ${at}`;
  const facts = `config ${config.digest}, grace ${seconds(grace.periodMs)}, reserve ${seconds(grace.reserveMs)}`;
  return element(
    'header',
    {},
    element('h1', {}, title),
    element('p', { class: held ? 'sum held' : 'sum broken' }, `${held ? '✔' : '✘'} ${told}`),
    element('p', { class: 'soft' }, `${played} of ${scenarios.length} scenarios ${how}; ${visible(facts)}`),
  );
}

function utc(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replace('T', ' at ')} UTC`;
}

function contents({ scenarios }: Rehearsal): Element {
  const items = scenarios.map((scenario) =>
    element('li', {}, element('a', { href: `#${scenario.name}` }, scenario.name), ' ', badge(scenario)),
  );
  return element('nav', { 'aria-label': 'Scenarios' }, element('ol', {}, ...items));
}

function badge({ notPlayed, verdicts }: RehearsedScenario): Element {
  if (notPlayed !== null) return element('span', { class: 'badge' }, 'not played');
  return verdicts.every(({ held }) => held)
    ? element('span', { class: 'badge held' }, '✔ kept')
    : element('span', { class: 'badge broken' }, '✘ broken');
}

function main({ scenarios }: Rehearsal): Element {
  return element('main', {}, ...scenarios.map(section));
}

function section(scenario: RehearsedScenario): Element {
  const { name, about, notPlayed, verdicts } = scenario;
  const heading = element('h2', { id: `${name}-title` }, name, ' ', badge(scenario));
  const names = { id: name, 'aria-labelledby': `${name}-title` };
  const told = element('p', {}, visible(about));
  if (notPlayed !== null) {
    return element(
      'section',
      names,
      heading,
      told,
      element('p', { class: 'soft' }, visible(`Not played: ${notPlayed}`)),
    );
  }
  const timeline = timelineOfScenario(scenario);
  const drawn = (width: number, form: string) =>
    element(
      'div',
      { class: form },
      picture(timeline, { width, prefix: `${name}-${form}`, title: `${name}: ${about}` }),
    );
  return element(
    'section',
    names,
    heading,
    told,
    element('ul', { class: 'verdicts' }, ...verdicts.map(verdictItem)),
    ...reasons(timeline.runs),
    ...(timeline.runs.length === 0 ? [] : [drawn(WIDE, 'wide'), drawn(NARROW, 'narrow')]),
    ...timeline.runs.flatMap((bars) => outputs(bars, timeline.runs)),
    element(
      'details',
      {},
      element('summary', {}, 'As tables'),
      ...timeline.runs.map((bars) =>
        element(
          'div',
          { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': visible(`Table: ${runTitle(bars.run)}`) },
          runTable(bars),
        ),
      ),
    ),
  );
}

function verdictItem(verdict: Verdict): Element {
  const { held, why } = verdict;
  return element(
    'li',
    { class: held ? 'held' : 'broken' },
    element('span', { 'aria-hidden': 'true' }, held ? '✔ ' : '✘ '),
    element('strong', {}, visible(verdictName(verdict))),
    ` ${held ? 'held' : 'broken'}: ${visible(why)}`,
  );
}

/** Pictures have no room for reasons: why tasks did not succeed, in full. */
function reasons(runs: readonly RunBars[]): Element[] {
  const told = runs.flatMap(({ run, tasks, undo }) =>
    [...tasks, ...undo]
      .filter(({ task }) => task.state !== 'succeeded')
      .map((bar) => element('li', {}, visible(`${run.hook} of ${run.container}: ${taskSentence(bar)}`))),
  );
  return told.length === 0 ? [] : [element('ul', { class: 'reasons' }, ...told)];
}

/** What tasks printed; where a hook ran more than once, in which run. */
function outputs({ run }: RunBars, all: readonly RunBars[]): Element[] {
  const same = all.filter((other) => other.run.hook === run.hook && other.run.container === run.container);
  const where = same.length > 1 ? runTitle(run) : `${run.hook} of ${run.container}`;
  return [...run.tasks, ...(run.undo?.tasks ?? [])].flatMap(({ name, output }) => {
    if (output === '') return [];
    const words = visible(`Output of ${name}, ${where}`);
    const text = output
      .replace(/\r?\n$/, '')
      .split(/\r?\n/)
      .map(visible)
      .join('\n');
    return [
      element(
        'details',
        {},
        element('summary', {}, words),
        element('pre', { tabindex: 0, role: 'region', 'aria-label': words }, text),
      ),
    ];
  });
}
