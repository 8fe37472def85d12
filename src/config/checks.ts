/** What no schema can say: how the settings of a file fit together, and whether they fit into the time there is. */
import { checkTime } from './budget-check.ts';
import type { GraceConfig } from './config.ts';
import { DEFAULTS, LIMITS } from './defaults.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { error, type Finding, isMapping, valueAt, warning } from './finding.ts';
import { checkKeptNames } from './kept-names.ts';
import type { KnownHook, KnownPart, KnownTask } from './known-hooks.ts';
import { checkLengths } from './length-check.ts';
import { type Path, showValue } from './problem.ts';
import type { ActionFacts } from './task-kind.ts';
import { readTokenFile } from './token-file.ts';
import { keysIn } from './used-table.ts';
import { checkVariables } from './variable-check.ts';

/**
 * Checks everything that is known. `data` is the file's plain data; `grace` is undefined when it isn't known; `elsewhere`: what
 * only the machine itself can tell is left out.
 */
export function checkAll<A extends ActionFacts>(
  data: unknown,
  hooks: readonly KnownHook<A>[],
  grace: GraceConfig | undefined,
  elsewhere: boolean,
): Finding[] {
  const ofHook = ({ hook, path, config, tasks, parts, taskPaths }: KnownHook<A>) => [
    ...taskPaths.flatMap((taskPath) => checkDurations(data, taskPath)),
    ...parts.flatMap((part) => checkPart(part, elsewhere)),
    ...tasks.flatMap(checkLengths),
    ...(hook === 'postStart' ? tasks.flatMap(checkPreStopOnly) : []),
    ...checkNames(data, taskPaths),
    ...checkVariables(tasks, config === undefined ? keysOfWrongTasks(data, taskPaths, tasks) : new Set()),
    ...checkCount(data, path, taskPaths.length),
    ...(config === undefined || grace === undefined ? [] : checkTime({ hook, path, config, tasks, grace })),
  ];
  return [
    ...(elsewhere ? [] : checkTokenFile(data)),
    ...hooks.flatMap(ofHook),
    ...checkKeptNames(hooks),
    ...checkPairs(data),
  ];
}

/** What a part of a task itself knows to be wrong. */
function checkPart({ path, part }: KnownPart, elsewhere: boolean): Finding[] {
  const problems = [...(part.checkText?.() ?? []), ...(elsewhere ? [] : part.check())];
  return problems.map((problem) => ({ ...problem, part: 'value', path: [...path, ...problem.path] }));
}

/** A postStart is never left out, and stops nothing that could have a reason. */
function checkPreStopOnly<A extends ActionFacts>({ path, task }: KnownTask<A>): Finding[] {
  const rule = 'must stand at a task of a preStop';
  const { alsoWithoutHook, whenReason, undo } = task;
  const remedy = 'remove it';
  return [
    ...(alsoWithoutHook ? [error({ path: [...path, 'alsoWithoutHook'], rule, value: 'true', remedy })] : []),
    ...(whenReason === undefined
      ? []
      : [error({ path: [...path, 'when', 'reason'], rule, value: whenReason, remedy })]),
    ...(undo === undefined
      ? []
      : [
          error({
            path: [...path, 'undo'],
            rule: `${rule}, as it takes back what a preStop took away`,
            value: undo.kind,
            remedy: 'take back what a postStart did with a task of the preStop',
          }),
        ]),
  ];
}

/** Read from the plain data, so that a task that is otherwise wrong is checked too. */
function checkDurations(data: unknown, path: Path): Finding[] {
  return [
    ...atMost(data, [...path, 'attemptTimeout'], [...path, 'timeout'], undefined),
    ...atMost(data, [...path, 'minimum'], [...path, 'timeout'], undefined),
    ...atMost(data, [...path, 'retry', 'minDelay'], [...path, 'retry', 'maxDelay'], DEFAULTS.retry.maxDelayMs),
    ...atMost(data, [...path, 'undo', 'attemptTimeout'], [...path, 'undo', 'timeout'], DEFAULTS.undo.timeoutMs),
  ];
}

/** One duration must not be longer than another, which may have a default. */
function atMost(data: unknown, shorter: Path, longer: Path, defaultMs: number | undefined): Finding[] {
  const ms = durationAt(data, shorter);
  const limitMs = durationAt(data, longer) ?? defaultMs;
  if (ms === undefined || limitMs === undefined || ms <= limitMs) return [];
  const rule = `must be at most the ${longer.at(-1)} of ${formatDuration(limitMs)}`;
  return [
    error({ path: shorter, rule, value: formatDuration(ms), remedy: `shorten it, or raise the ${longer.at(-1)}` }),
  ];
}

function durationAt(data: unknown, path: Path): number | undefined {
  const parsed = parseDuration(valueAt(data, path));
  return parsed.ok ? parsed.ms : undefined;
}

/** The names of what a task captures are keys in it. */
function keysOfWrongTasks<A extends ActionFacts>(
  data: unknown,
  taskPaths: readonly Path[],
  tasks: readonly KnownTask<A>[],
): ReadonlySet<string> {
  const right = new Set(tasks.map(({ path }) => path));
  return keysIn(taskPaths.filter((path) => !right.has(path)).map((path) => valueAt(data, path)));
}

/** Read from the plain data, so that a task that is otherwise wrong has its name checked too. */
function checkNames(data: unknown, taskPaths: readonly Path[]): Finding[] {
  const seen = new Set<string>();
  const findings: Finding[] = [];
  for (const taskPath of taskPaths) {
    const path = [...taskPath, 'name'];
    const name = valueAt(data, path);
    if (typeof name !== 'string') continue;
    const value = showValue(name, []);
    if (seen.has(name))
      findings.push(error({ path, rule: 'must be unique within its hook', value, remedy: 'rename it' }));
    seen.add(name);
  }
  return findings;
}

/** The length of each list is the schema's business; here it is the sum. */
function checkCount(data: unknown, path: Path, tasks: number): Finding[] {
  const list = valueAt(data, path);
  const steps = Array.isArray(list) ? list : valueAt(data, [...path, 'tasks']);
  if (tasks <= LIMITS.tasks || (Array.isArray(steps) && steps.length > LIMITS.tasks)) return [];
  const rule = `must have at most ${LIMITS.tasks} tasks, those in groups included`;
  return [error({ path, rule, value: String(tasks), remedy: 'put several of them into one script' })];
}

/**
 * Without a postStart nothing tells a new life of the container from the old one, unless its sockets do. A regular sidecar starts
 * together with the app, and a postStart that comes before it listens gets the app killed: there they have to.
 */
function checkPairs(data: unknown): Finding[] {
  const containers = valueAt(data, ['containers']);
  if (!isMapping(containers)) return [];
  const isRegular = valueAt(data, ['lifecycle', 'sidecar']) === 'regular';
  return Object.entries(containers)
    .filter(([, hooks]) => isMapping(hooks) && 'preStop' in hooks && !('postStart' in hooks))
    .filter(([name]) => !isRegular || !hasItems(valueAt(data, ['containers', name, 'ports'])))
    .map(([name]) =>
      warning({
        path: ['containers', name],
        rule: isRegular
          ? "should list its ports, as without a postStart only a new listening socket tells the container's restart from a repeated delivery"
          : "should have a postStart too, as without one a restart of the container can't be told from a repeated delivery",
        value: 'preStop alone',
        remedy: isRegular
          ? 'list its ports: ports: [8080]'
          : 'write "postStart: []" and point the container\'s postStart at it',
      }),
    );
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** Without a token that can be read every call would be refused. */
function checkTokenFile(data: unknown): Finding[] {
  const path = ['access', 'tokenFile'];
  const file = valueAt(data, path);
  if (typeof file !== 'string' || file === '') return [];
  const read = readTokenFile(file);
  if (read.state === 'known') return [];
  // The path stands before it.
  const why = read.state === 'empty' ? 'the file is empty' : read.reason.replace(/, \w+ '.*/s, '');
  return [
    error({
      path,
      rule: 'must be a file that holds a token',
      value: `${showValue(file, [])} (${why})`,
      remedy: 'check the mount of the secret',
    }),
  ];
}
