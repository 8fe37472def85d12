/** The body of the page: the containers and their lives, then each run, newest first. */
import { seconds } from '../hooks/sentence.ts';
import { marksOf, type StatusView } from '../observe/status-view.ts';
import { type Element, element } from '../observe/timeline/markup.ts';
import { runTitle, STATE_WORDS } from '../observe/timeline/words.ts';
import { visible } from '../observe/visible-text.ts';
import { livesOf } from './lives.ts';
import { runSection } from './run-section.ts';

/** Draws it at an instant of the service's clock, for a width in pixels. */
export function viewOf(status: StatusView, nowMs: number, width: number): Element[] {
  const runs = status.runs.toReversed().map((run) => runSection(run, marksOf(status, run), nowMs, width));
  return [
    livesOf(status),
    element(
      'section',
      { 'aria-labelledby': 'runs' },
      element('h2', { id: 'runs' }, 'Runs'),
      ...(runs.length === 0 ? [element('p', { class: 'hint' }, 'No hook was delivered yet.')] : runs),
    ),
  ];
}

/** What a screen reader is told when it becomes different: never what changes all the time. */
export function latestNews({ runs, state }: StatusView): string {
  const last = runs.at(-1);
  if (last === undefined) return `hookkeeper is ${state}`;
  const took = last.durationMs === null ? '' : ` after ${seconds(last.durationMs)}`;
  return visible(`${runTitle(last)}: ${STATE_WORDS[last.state]}${took}`);
}
