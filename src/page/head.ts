/** The top of the page: what the service is doing, its deadline, its config, its journal. */
import { seconds } from '../hooks/sentence.ts';
import { type StatusView, toldSentence } from '../observe/status-view.ts';
import { type Element, element } from '../observe/timeline/markup.ts';
import { visible } from '../observe/visible-text.ts';

/** The state of a service that does not answer any more. */
export const LOST = 'not reachable';

export function headOf(status: StatusView, connected: boolean, nowMs: number): Element[] {
  const state = connected ? status.state : LOST;
  const { source, graceMs, reserveMs } = status.deadline;
  const { file, digest, loadedAtMs, problems } = status.config;
  const { journal } = status;
  return [
    element(
      'h1',
      {},
      'Hookkeeper ',
      element('span', { class: `badge state-${connected ? status.state : 'lost'}` }, visible(state)),
    ),
    ...(connected ? [] : [lost()]),
    ...(status.told === null ? [] : [element('p', {}, visible(`${toldSentence(status.told)}.`))]),
    element(
      'dl',
      { class: 'facts' },
      ...fact('Deadline', `${seconds(graceMs)} of grace, ${seconds(reserveMs)} kept in reserve`, `from ${source}`),
      ...fact(
        'Journal',
        journal.state,
        journal.state === 'degraded' ? journal.reason : 'what was done is on the disk',
        journal.state === 'degraded',
      ),
      ...fact('Config', `${file} ${digest}`, `loaded ${ago(nowMs - loadedAtMs)}`),
      ...fact('Program', `version ${status.version}`, `started ${ago(nowMs - status.startedAtMs)}`),
    ),
    ...(problems.length === 0 ? [] : [problemList(problems)]),
  ];
}

function lost(): Element {
  return element(
    'p',
    { class: 'warning' },
    'Hookkeeper does not answer any more: it may have ended, or the port-forward has. Below is what it said last; this page tries again by itself.',
  );
}

function problemList(problems: readonly string[]): Element {
  return element(
    'section',
    { class: 'warning', 'aria-labelledby': 'problems' },
    element('h2', { id: 'problems' }, 'The config has problems'),
    element('ul', {}, ...problems.map((problem) => element('li', {}, visible(problem)))),
  );
}

function fact(name: string, value: string, more: string, bad = false): Element[] {
  return [
    element(
      'div',
      bad ? { class: 'bad' } : {},
      element('dt', {}, name),
      element('dd', {}, visible(value)),
      element('dd', { class: 'soft' }, visible(more)),
    ),
  ];
}

/** How long ago, in words that do not change every moment. */
export function ago(ms: number): string {
  if (ms < 60_000) return 'less than a minute ago';
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} days ago`;
}
