/** What is said before a rehearsal begins: what it runs, whom it needs, how long it takes; and what keeps it from beginning. */
import { type Config, type ContainerConfig, HOOKS, tasksOf } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import { seconds } from '../hooks/sentence.ts';
import { lookAtProcesses } from '../kubernetes/process-evidence.ts';
import { lookAtSockets } from '../kubernetes/socket-evidence.ts';
import { visible } from '../observe/visible-text.ts';
import { appContainer, type RehearsedApp } from '../rehearse/app-process.ts';
import type { NamedPort } from '../rehearse/config-ports.ts';
import { stateOfPort } from '../rehearse/free-port.ts';
import { type Graces, timeNeeded } from '../rehearse/rehearsal-time.ts';
import { sidecarKind } from '../rehearse/rehearse.ts';
import type { ScenarioName } from '../rehearse/scenarios.ts';

/** What there is on this machine before the app of a rehearsal is started. */
export interface Surroundings {
  /** How each port is that the config or `--app-port` names. */
  readonly ports: ReadonlyMap<number, 'free' | 'held' | 'unknown'>;
  /** What would be taken for the app, by its container: it is there already, and stays whatever becomes of the app. */
  readonly strangers: ReadonlyMap<string, string>;
}

/** Looks with the eyes of Hookkeeper at what there is. */
export async function surroundingsOf(
  { containers }: Config<ActionFacts>,
  named: readonly NamedPort[],
  app: RehearsedApp,
): Promise<Surroundings> {
  const ports = new Set([...named.map(({ port }) => port), ...(app.port === undefined ? [] : [app.port])]);
  const states = await Promise.all([...ports].map(async (port) => [port, await stateOfPort(port)] as const));
  const strangers = [...containers.values()].flatMap((container) => {
    const why = strangerOf(container);
    return why === undefined ? [] : [[container.name, why] as const];
  });
  return { ports: new Map(states), strangers: new Map(strangers) };
}

function strangerOf(container: ContainerConfig<ActionFacts>): string | undefined {
  if (container.process !== undefined && lookAtProcesses(container, false).kind === 'seen') {
    return 'a process that its process names runs already';
  }
  const sockets = lookAtSockets(container);
  if (sockets.kind !== 'seen' || sockets.seen.inodes.length === 0) return undefined;
  return 'a process that was there before listens on its ports';
}

/** Why a scenario can't be played with this config on this machine; undefined where it can. */
export function whyNotPlayed(
  name: ScenarioName,
  { containers }: Config<ActionFacts>,
  heldPorts: readonly number[],
  { ports, strangers }: Surroundings,
  app: RehearsedApp,
): string | undefined {
  const starting = [...containers.values()].find(({ postStart }) => postStart !== undefined)?.name;
  switch (name) {
    case 'failing-start':
      if (starting === undefined) return 'the config has no postStart';
      return mistaken(strangers.has(starting) ? starting : undefined, strangers);
    case 'kubelet-restart':
    case 'sidecar-killed':
      // They have to be in the middle of one.
      return [...containers.values()].some(({ preStop }) => preStop !== undefined)
        ? undefined
        : 'the config has no preStop';
    case 'app-restart':
      return mistaken([...strangers.keys()][0], strangers);
    case 'never-drains': {
      if (heldPorts.length === 0) {
        return 'the config names no port to which a connection could be held: name that of the app with --app-port';
      }
      const nobody = heldPorts.find((port) => port !== app.port && ports.get(port) === 'free');
      if (nobody === undefined || app.kind === 'command') return undefined;
      return `nobody listens on 127.0.0.1:${nobody}, where a connection is to be held: have the app started with --app, start it before, or let a stand-in listen with --app-port`;
    }
    case 'stop':
    case 'short-grace':
      return undefined;
  }
}

function mistaken(container: string | undefined, strangers: Surroundings['strangers']): string | undefined {
  if (container === undefined) return undefined;
  return `Hookkeeper would see no new life of ${container}, as ${strangers.get(container)} and stays: end it, and have it started with --app`;
}

/** The ports on which a connection is held: the app's, else those that are watched, else those that are called. */
export function portsToHold(named: readonly NamedPort[], appPort: number | undefined): number[] {
  if (appPort !== undefined) return [appPort];
  const watched = named.filter(({ called }) => !called);
  return (watched.length > 0 ? watched : named).map(({ port }) => port);
}

/** What is missing on this machine. */
export function missingTargets(
  named: readonly NamedPort[],
  { ports }: Pick<Surroundings, 'ports'>,
  app: RehearsedApp,
): string[] {
  // Whoever names the app says that it is there when it is needed.
  if (app.kind === 'command') return [];
  return named.flatMap(({ port, tasks, called }) => {
    if (!called || ports.get(port) !== 'free' || port === app.port) return [];
    return [`nobody listens on 127.0.0.1:${port}, which ${tasks.join(', ')} ${tasks.length === 1 ? 'calls' : 'call'}`];
  });
}

/** The ports on which the app could not listen, as somebody else does. */
export function takenPorts(
  { containers }: Config<ActionFacts>,
  { ports }: Pick<Surroundings, 'ports'>,
  app: RehearsedApp,
): string[] {
  const ours = app.kind === 'command' ? containers.get(appContainer([...containers.values()], app) ?? '')?.ports : [];
  const wanted = new Set([...(app.port === undefined ? [] : [app.port]), ...(ours ?? [])]);
  const who = app.kind === 'command' ? 'the app' : 'the stand-in';
  return [...wanted].flatMap((port) =>
    ports.get(port) === 'held' ? [`another process listens on port ${port}, where ${who} is to: end it before`] : [],
  );
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
    `grace ${seconds(graces.graceMs)}, reserve ${seconds(config.grace.reserveMs)}; Hookkeeper is a ${sidecarKind(config)} sidecar, ${appText(app)}`,
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
