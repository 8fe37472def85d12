/** What the tasks of a config need of the pod, read from the config's plain data. */
import { posix } from 'node:path';
import { HOOKS } from '../config/config.ts';
import { isMapping, valueAt } from '../config/finding.ts';
import { pathsOfTasks } from '../config/known-hooks.ts';
import type { Path } from '../config/problem.ts';
import { isScriptOf } from '../config/script-argument.ts';

/** Something that a task needs, and where the config says so. */
export interface TaskNeed {
  /** Where in the config. */
  readonly at: Path;
  readonly task: string;
}

export interface FileNeed extends TaskNeed {
  /** The folder or file, as Hookkeeper's container has to see it. */
  readonly file: string;
  /** The folder to mount for it. */
  readonly folder: string;
  /**
   * `keep`: what is written has to outlive the container. `share`: the app has to see it, or is who makes it. `read`: it has to be
   * there when Hookkeeper starts. `scratch`: none of these.
   */
  readonly use: 'keep' | 'share' | 'read' | 'scratch';
  readonly writes: boolean;
}

/** The tasks, and what takes them back, which is a task of its own. */
function tasksOf(data: unknown): { readonly path: Path; readonly name: string }[] {
  const containers = valueAt(data, ['containers']);
  const names = isMapping(containers) ? Object.keys(containers) : [];
  const paths = names.flatMap((name) => HOOKS.flatMap((hook) => pathsOfTasks(data, ['containers', name, hook])));
  return paths.flatMap((path) => {
    const name = String(valueAt(data, [...path, 'name']));
    const undo = [...path, 'undo'];
    return [{ path, name }, ...(isMapping(valueAt(data, undo)) ? [{ path: undo, name: `${name}/undo` }] : [])];
  });
}

const PROCESS_AT: readonly Path[] = [
  ['signal'],
  ['when', 'process'],
  ['waitFor', 'process'],
  ['waitFor', 'seenFirst', 'process'],
  ['drain', 'seenFirst', 'process'],
];

/** The tasks that look at processes of other containers. */
export function processNeeds(data: unknown): TaskNeed[] {
  return tasksOf(data).flatMap(({ path, name }) =>
    PROCESS_AT.filter((steps) => valueAt(data, [...path, ...steps]) !== undefined).map((steps) => ({
      at: [...path, ...steps],
      task: name,
    })),
  );
}

const FILES_AT: readonly (Pick<FileNeed, 'use' | 'writes'> & { readonly steps: Path })[] = [
  { steps: ['snapshot', 'source'], use: 'share', writes: false },
  { steps: ['snapshot', 'destination'], use: 'keep', writes: true },
  { steps: ['restore', 'from'], use: 'keep', writes: false },
  { steps: ['restore', 'to'], use: 'share', writes: true },
  { steps: ['file', 'write'], use: 'share', writes: true },
  { steps: ['file', 'touch'], use: 'share', writes: true },
  { steps: ['file', 'remove'], use: 'share', writes: true },
  ...[['waitFor'], ['when'], ['waitFor', 'seenFirst'], ['drain', 'seenFirst']].flatMap((condition) =>
    [[], ['path']].map((rest) => ({ steps: [...condition, 'file', ...rest], use: 'share' as const, writes: false })),
  ),
];

/** The files and folders that tasks share with the app or keep, and those in which they put something for a while. */
export function fileNeeds(data: unknown): FileNeed[] {
  return tasksOf(data).flatMap(({ path: task, name }) => {
    const scratch = scratchOf(data, [...task, 'snapshot']);
    const sources = valueAt(data, [...task, 'snapshot', 'sources']);
    const each = Array.isArray(sources) ? sources.map((_, index) => ['snapshot', 'sources', index]) : [];
    const all = [...FILES_AT, ...each.map((steps) => ({ steps, use: 'share' as const, writes: false }))];
    const shared = all.flatMap(({ steps, use, writes }) => {
      const at = [...task, ...steps];
      const file = valueAt(data, at);
      if (typeof file !== 'string' || !file.startsWith('/')) return [];
      const path = withoutGlob(file);
      const isFile = steps.includes('file');
      return [{ at, task: name, file: path, folder: isFile ? posix.dirname(path) : path, use, writes }];
    });
    const named = namedFiles(valueAt(data, task), task).map((each) => ({ ...each, task: name, writes: false }));
    const room = scratch === undefined ? [] : [{ ...scratch, task: name, use: 'scratch' as const, writes: true }];
    return [...shared, ...named, ...room];
  });
}

export interface SnapshotNeed extends TaskNeed {
  /** What its snapshots are called, as the config says it. */
  readonly name: string;
  /** The folder that they are kept in; undefined for a bucket. */
  readonly folder: string | undefined;
}

/** The snapshots that are kept by name; not those that are sent to a URL. */
export function snapshotNeeds(data: unknown): SnapshotNeed[] {
  return tasksOf(data).flatMap(({ path, name: task }) => {
    const at = [...path, 'snapshot', 'destination'];
    const destination = valueAt(data, at);
    const isFolder = typeof destination === 'string' && destination.startsWith('/');
    const isBucket = isMapping(destination) ? 'bucket' in destination : String(destination).startsWith('s3://');
    if (!isFolder && !isBucket) return [];
    const name = valueAt(data, [...path, 'snapshot', 'name']);
    return [
      {
        at,
        task,
        name: typeof name === 'string' ? name : '{container}',
        folder: isFolder ? destination : undefined,
      },
    ];
  });
}

/** Where a snapshot puts on a disk what a URL takes, or what it fetches for object storage. */
function scratchOf(data: unknown, snapshot: Path): Omit<NamedFile, 'use'> | undefined {
  const place = valueAt(data, [...snapshot, 'destination']);
  const sources = [valueAt(data, [...snapshot, 'source']), valueAt(data, [...snapshot, 'sources'])].flat();
  const toBucket = typeof place === 'string' ? place.startsWith('s3://') : isMapping(place) && 'bucket' in place;
  const isNeeded = toBucket ? sources.some(isMapping) : isMapping(place);
  if (!isNeeded) return undefined;
  const named = valueAt(data, [...snapshot, 'destination', 'scratch']);
  const file = typeof named === 'string' ? named : '/tmp';
  return { at: [...snapshot, 'destination', 'scratch'], file, folder: file };
}

/** The keys of files that tasks name, at whatever depth: read ones, and those that other containers make. */
const FILE_KEYS: Readonly<Record<string, 'read' | 'share'>> = {
  bodyFile: 'read',
  contentFile: 'read',
  ca: 'read',
  urlFile: 'read',
  accessKeyIdFile: 'read',
  secretAccessKeyFile: 'read',
  sessionTokenFile: 'read',
  unixSocket: 'share',
  pidFile: 'share',
};

/** The key of a folder in which a command is started, and may write what nobody knows. */
export const WORKING_DIR = 'workingDir';

/** Maps whose keys are people's own, and what is looked at by itself. */
const PASSED_OVER = new Set(['headers', 'env', 'labels', 'without', 'capture', 'undo']);

type NamedFile = Pick<FileNeed, 'at' | 'file' | 'folder' | 'use'>;

function namedFiles(value: unknown, path: Path): NamedFile[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => namedFiles(each, [...path, index]));
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([key, each]) => {
    const at = [...path, key];
    if (PASSED_OVER.has(key)) return [];
    if (key === 'headersFromFiles' && isMapping(each))
      return Object.entries(each).flatMap(([header, file]) =>
        namedFile([...at, header], isMapping(file) ? file['file'] : file, 'read'),
      );
    // The program of an `exec` and its script, and the folder that it is started in.
    if (key === 'command' && Array.isArray(each)) {
      const [program, script] = each.map(String);
      const scripts = isScriptOf(program ?? '', script) ? namedFile([...at, 1], script, 'read') : [];
      return [...namedFile([...at, 0], program, 'read'), ...scripts];
    }
    // Every image has a `/tmp`, whoever has it on a volume.
    if (key === WORKING_DIR && each !== '/tmp')
      return namedFile(at, each, 'read').map((folder) => ({ ...folder, folder: folder.file }));
    const use = Object.hasOwn(FILE_KEYS, key) ? FILE_KEYS[key] : undefined;
    return use === undefined ? namedFiles(each, at) : namedFile(at, each, use);
  });
}

function namedFile(at: Path, file: unknown, use: FileNeed['use']): NamedFile[] {
  if (typeof file !== 'string' || !file.startsWith('/')) return [];
  return [{ at, file, folder: posix.dirname(file), use }];
}

/** The folder above the first pattern. */
function withoutGlob(path: string): string {
  const glob = path.search(/[*?]/);
  return glob === -1 ? path : posix.dirname(`${path.slice(0, glob)}x`);
}
