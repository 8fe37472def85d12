/** What can be understood of a file's hooks, also when other parts of the file can't. */
import * as z from 'zod/mini';
import { type ContainerConfig, HOOKS, type HookConfig, type HookName, type TaskConfig, tasksOf } from './config.ts';
import { LIMITS } from './defaults.ts';
import { isMapping, valueAt } from './finding.ts';
import type { Path } from './problem.ts';
import type { Checkable, ConfigSchema } from './schema.ts';
import type { ActionFacts } from './task-kind.ts';

export interface KnownTask<A extends ActionFacts> {
  readonly path: Path;
  readonly task: TaskConfig<A>;
}

export interface KnownPart {
  readonly path: Path;
  readonly part: Checkable;
}

export interface KnownHook<A extends ActionFacts> {
  readonly hook: HookName;
  readonly path: Path;
  /** Undefined when some of it is wrong; then `tasks` are those that are right. */
  readonly config: HookConfig<A> | undefined;
  readonly tasks: readonly KnownTask<A>[];
  /** What can be checked by itself, also of a task that is otherwise wrong. */
  readonly parts: readonly KnownPart[];
  /** Where each task stands, also one that is wrong, in order. */
  readonly taskPaths: readonly Path[];
}

/** Finds the hooks in `data`, the plain data of the file; `decoded` is what it was decoded to as a whole, if it could be. */
export function knownHooks<A extends ActionFacts>(
  data: unknown,
  schema: ConfigSchema<A>,
  decoded?: ReadonlyMap<string, ContainerConfig<A>>,
): KnownHook<A>[] {
  const containers = valueAt(data, ['containers']);
  if (!isMapping(containers)) return [];
  const names = Object.keys(containers).slice(0, LIMITS.containers);
  const places = names.flatMap((name) => HOOKS.map((hook) => ({ name, hook, path: ['containers', name, hook] })));
  return places
    .filter(({ path }) => valueAt(data, path) !== undefined)
    .map(({ name, hook, path }) => knownHook(data, hook, path, schema, decoded?.get(name)?.[hook]));
}

function knownHook<A extends ActionFacts>(
  data: unknown,
  hook: HookName,
  path: Path,
  schema: ConfigSchema<A>,
  decoded: HookConfig<A> | undefined,
): KnownHook<A> {
  const taskPaths = pathsOfTasks(data, path);
  const config = decoded ?? z.safeParse(schema.hooks[hook], valueAt(data, path)).data;
  const parsed = config
    ? tasksOf(config)
    : taskPaths.slice(0, LIMITS.tasks).map((taskPath) => z.safeParse(schema.task, valueAt(data, taskPath)).data);
  const tasks = taskPaths.flatMap((taskPath, index) => {
    const task = parsed[index];
    return task === undefined ? [] : [{ path: taskPath, task }];
  });
  const parts = taskPaths.slice(0, LIMITS.tasks).flatMap((taskPath, index) => {
    const task = parsed[index];
    return task === undefined ? partsOf(data, taskPath, schema) : partsOfTask(taskPath, task);
  });
  return { hook, path, config, tasks, parts, taskPaths };
}

function partsOfTask(path: Path, { kind, action, when, undo }: TaskConfig<ActionFacts>): KnownPart[] {
  return [
    { path: [...path, kind], part: action },
    ...(when === undefined ? [] : [{ path: [...path, 'when'], part: when }]),
    ...(undo === undefined ? [] : [{ path: [...path, 'undo', undo.kind], part: undo.action }]),
  ];
}

/** Reads each part of a task alone. */
function partsOf<A extends ActionFacts>(data: unknown, taskPath: Path, { checkable }: ConfigSchema<A>): KnownPart[] {
  return [...checkable].flatMap(([key, schema]) => {
    const path = [...taskPath, key];
    const value = valueAt(data, path);
    if (value === undefined) return [];
    const { data: part } = z.safeParse(schema(), value);
    return part === undefined ? [] : [{ path, part }];
  });
}

/** Where the tasks of the hook at `path` stand, those in groups included. */
export function pathsOfTasks(data: unknown, path: Path): Path[] {
  const steps = Array.isArray(valueAt(data, path)) ? path : [...path, 'tasks'];
  return items(data, steps).flatMap((step) => {
    const group = [...step, 'parallel'];
    return valueAt(data, group) === undefined ? [step] : items(data, group);
  });
}

function items(data: unknown, path: Path): Path[] {
  const list = valueAt(data, path);
  return Array.isArray(list) ? list.map((_, index) => [...path, index]) : [];
}
