/** What is said before a rehearsal begins: what it runs, whom it needs, how long it takes; and what keeps it from beginning. */
import { type Config, HOOKS, tasksOf } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import { seconds } from '../hooks/sentence.ts';
import { visible } from '../observe/visible-text.ts';
import type { RehearsedApp } from '../rehearse/app-process.ts';
import type { NamedPort } from '../rehearse/config-ports.ts';
import { type Graces, timeNeeded } from '../rehearse/rehearsal-time.ts';
import type { ScenarioName } from '../rehearse/scenarios.ts';

/** Why a scenario can't be played with this config; undefined where it can. */
export function whyNotPlayed(
  name: ScenarioName,
  { containers }: Config<ActionFacts>,
  heldPorts: readonly number[],
): string | undefined {
  const has = (hook: (typeof HOOKS)[number]) =>
    [...containers.values()].some((container) => container[hook] !== undefined);
  if (name === 'failing-start' && !has('postStart')) return 'the config has no postStart';
  if (name === 'never-drains' && heldPorts.length === 0) {
    return 'the config names no port to which a connection could be held: name that of the app with --app-port';
  }
  return undefined;
}

/** The ports on which a connection is held: the app's, else those that are watched, else those that are called. */
export function portsToHold(named: readonly NamedPort[], appPort: number | undefined): number[] {
  if (appPort !== undefined) return [appPort];
  const watched = named.filter(({ called }) => !called);
  return (watched.length > 0 ? watched : named).map(({ port }) => port);
}

/** What is missing on this machine; `listens` are the ports that somebody listens on. */
export function missingTargets(named: readonly NamedPort[], listens: ReadonlySet<number>, app: RehearsedApp): string[] {
  // Whoever names the app says that it is there when it is needed.
  if (app.kind === 'command') return [];
  return named.flatMap(({ port, tasks, called }) => {
    if (!called || listens.has(port) || port === app.port) return [];
    return [`nobody listens on 127.0.0.1:${port}, which ${tasks.join(', ')} ${tasks.length === 1 ? 'calls' : 'call'}`];
  });
}

/** What to do about that. */
export const TARGET_REMEDY =
  "start it before, or have it started with --app 'COMMAND' as the app; --app-port PORT lets a stand-in answer 200 there; " +
  '--dry-run runs no task';

/** What the tasks do, a line for each hook, and the time that all of it takes. */
export function readyLines(
  config: Config<ActionFacts>,
  names: readonly ScenarioName[],
  graces: Graces,
  app: RehearsedApp,
): string[] {
  const hooks = [...config.containers.values()].flatMap((container) =>
    HOOKS.flatMap((hook) => {
      const own = container[hook];
      if (own === undefined) return [];
      const tasks = tasksOf(own).map(({ name, action }) => `${name} (${action.summary})`);
      return [`  ${hook} of ${container.name}: ${tasks.join(', ') || 'no tasks'}`];
    }),
  );
  const times = names.map((name) => timeNeeded(name, config, graces));
  const sum = (of: 'leastMs' | 'mostMs') => seconds(times.reduce((all, time) => all + time[of], 0));
  return [
    `grace ${seconds(graces.graceMs)}, reserve ${seconds(config.grace.reserveMs)}; ${appText(app)}`,
    'the tasks are really run, on this machine and in this order:',
    ...hooks.map(visible),
    `${names.length === 1 ? '1 scenario takes' : `${names.length} scenarios take`} at least ${sum('leastMs')} and at most ${sum('mostMs')}: ${names.join(', ')}`,
  ];
}

function appText(app: RehearsedApp): string {
  if (app.kind === 'command') return `the app is ${visible(app.command)}`;
  const port = app.port === undefined ? '' : ` that answers 200 to everything on port ${app.port}`;
  return `the app is a stand-in${port}`;
}
