import { HOOKS } from '../config/config.ts';
import type { StatusView } from '../observe/status-view.ts';
import { type Element, element } from '../observe/timeline/markup.ts';
import type { RunView } from '../observe/timeline/run-view.ts';
import { STATE_WORDS } from '../observe/timeline/words.ts';
import { visible } from '../observe/visible-text.ts';

const HEADS = ['container', 'life', 'postStart', 'preStop', 'how the life was told'];

/** Each container with the lives that the runs tell of, newest first. */
export function livesOf({ containers, runs }: StatusView): Element {
  const names = [...new Set([...containers.map(({ name }) => name), ...runs.map(({ container }) => container)])];
  const rows = names.flatMap((name) => {
    const own = runs.filter(({ container }) => container === name).toReversed();
    const lives = [...new Set(own.map(({ life }) => life.id))];
    const configured = containers.find((each) => each.name === name)?.hooks ?? [];
    const notYet = HOOKS.map((hook) => {
      const tasks = configured.find((each) => each.hook === hook)?.tasks;
      return tasks === undefined ? 'not configured' : `not yet (${tasks === 1 ? '1 task' : `${tasks} tasks`})`;
    });
    if (lives.length === 0) return [row(name, 'none known', notYet, '')];
    return lives.map((life, index) => {
      const ofLife = own.filter((run) => run.life.id === life);
      const states = HOOKS.map((hook, place) => stateOf(ofLife, hook) ?? (index === 0 ? (notYet[place] ?? '') : ''));
      const { evidence = '', why = '' } = ofLife.at(-1)?.life ?? {};
      return row(index === 0 ? name : '', life, states, `${evidence}: ${why}`);
    });
  });
  const head = HEADS.map((words) => element('th', { scope: 'col' }, words));
  return element(
    'section',
    { 'aria-labelledby': 'lives' },
    element('h2', { id: 'lives' }, 'Containers and their lives'),
    element(
      'div',
      { class: 'wide lives', tabindex: 0, role: 'region', 'aria-labelledby': 'lives' },
      element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows)),
    ),
  );
}

function stateOf(runs: readonly RunView[], hook: string): string | undefined {
  const run = runs.find((each) => each.hook === hook);
  return run === undefined ? undefined : STATE_WORDS[run.state];
}

function row(container: string, life: string, states: readonly string[], why: string): Element {
  const first = container === '' ? element('td', {}) : element('th', { scope: 'row' }, visible(container));
  // A phone has no room for five columns: each cell says there what it is.
  const cells = [life, ...states, why].map((text, index) =>
    element('td', { 'data-head': HEADS[index + 1] ?? '' }, visible(text)),
  );
  return element('tr', {}, first, ...cells);
}
