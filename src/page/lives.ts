import { HOOKS, type HookName } from '../config/config.ts';
import type { StatusView } from '../observe/status-view.ts';
import { type Element, element } from '../observe/timeline/markup.ts';
import type { RunView } from '../observe/timeline/run-view.ts';
import { STATE_WORDS } from '../observe/timeline/words.ts';
import { visible } from '../observe/visible-text.ts';

const HEADS = ['container', 'life', 'postStart', 'preStop', 'how the life was told'];

/** So many lives of a container are shown at once: what runs now stands below them. */
const SHOWN_LIVES = 3;

/** Each container with the lives that the runs tell of, newest first. */
export function livesOf(status: StatusView): Element {
  const { containers, runs } = status;
  const names = [...new Set([...containers.map(({ name }) => name), ...runs.map(({ container }) => container)])];
  const rows = names.map((name) => rowsOf(status, name));
  const earlier = rows.flatMap((each) => each.slice(SHOWN_LIVES));
  return element(
    'section',
    { 'aria-labelledby': 'lives' },
    element('h2', { id: 'lives' }, 'Containers and their lives'),
    tableOf(
      rows.flatMap((each) => each.slice(0, SHOWN_LIVES)),
      { 'aria-labelledby': 'lives' },
    ),
    ...(earlier.length === 0 ? [] : [earlierLives(earlier)]),
  );
}

function rowsOf({ containers, runs }: StatusView, name: string): Element[] {
  const own = runs.filter(({ container }) => container === name).toReversed();
  const lives = [...new Set(own.map(({ life }) => life.id))];
  const configured = containers.find((each) => each.name === name)?.hooks ?? [];
  const absent = (hook: HookName, passed: boolean) => {
    const tasks = configured.find((each) => each.hook === hook)?.tasks;
    if (tasks === undefined) return 'not configured';
    return passed ? 'did not come' : `not yet (${tasks === 1 ? '1 task' : `${tasks} tasks`})`;
  };
  if (lives.length === 0) {
    const states = HOOKS.map((hook) => absent(hook, false));
    return [row(name, 'none known', states, '')];
  }
  return lives.map((life, index) => {
    const ofLife = own.filter((run) => run.life.id === life);
    // A life that is known without its postStart is known by its preStop, which ends it.
    const none = (hook: HookName) => (index === 0 ? absent(hook, hook === 'postStart') : '');
    const states = HOOKS.map((hook) => stateOf(ofLife, hook) ?? none(hook));
    const { evidence = '', why = '' } = ofLife.at(-1)?.life ?? {};
    return row(index === 0 || index === SHOWN_LIVES ? name : '', life, states, `${evidence}: ${why}`);
  });
}

function earlierLives(rows: readonly Element[]): Element {
  const summary = rows.length === 1 ? '1 earlier life' : `${rows.length} earlier lives`;
  return element('details', {}, element('summary', {}, summary), tableOf(rows, { 'aria-label': 'earlier lives' }));
}

function tableOf(rows: readonly Element[], label: Readonly<Record<string, string>>): Element {
  const head = HEADS.map((words) => element('th', { scope: 'col' }, words));
  return element(
    'div',
    { class: 'wide lives', tabindex: 0, role: 'region', ...label },
    element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows)),
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
