import { type Dir, lstatSync, opendirSync, type Stats, statSync } from 'node:fs';
import { attempting, codeOf, problemOf, SnapshotProblem } from './problem.ts';
import { bytesOf, joinRaw, shownPath } from './raw-path.ts';
import { covers, type SourcePlan, type Start } from './source-plan.ts';
import { leftByRestore } from './swap.ts';

/** What the walk comes across, a folder before what is in it. Paths and names are raw. */
export type Found =
  | { readonly kind: 'file'; readonly path: string; readonly name: string }
  | { readonly kind: 'folder'; readonly path: string; readonly name: string; readonly stats: Stats }
  | { readonly kind: 'link'; readonly path: string; readonly name: string; readonly stats: Stats }
  /** What is not in the archive, and why. */
  | { readonly kind: 'leftOut'; readonly name: string; readonly why: string };

export interface WalkSettings {
  readonly excluded: (name: string) => boolean;
  /** A folder that is never entered, as it is where the archive is written. */
  readonly workFolder: string;
}

/** How many names are asked for at a time; a folder may have millions. */
const NAMES_AT_A_TIME = 256;

interface Level {
  readonly dir: Dir;
  readonly path: string;
  readonly name: string;
  /** Undefined: everything in it is wanted. */
  readonly matches: RegExp | undefined;
}

/** Walks over all sources. Each name comes once. Throws `SnapshotProblem` for what cannot be read. */
export function* walk(plan: SourcePlan, settings: WalkSettings): Generator<Found, void, void> {
  const workFolder = attempting(`read ${settings.workFolder}`, () =>
    statSync(settings.workFolder, { throwIfNoEntry: false }),
  );
  /** Folders that are in the archive only for what lies below them: they may lead to several sources. */
  const connecting = new Set<string>();

  function* connect(name: string): Generator<Found, void, void> {
    for (let end = name.indexOf('/'); end !== -1; end = name.indexOf('/', end + 1)) {
      const folder = name.slice(0, end);
      if (connecting.has(folder)) continue;
      connecting.add(folder);
      const path = joinRaw(plan.root, folder);
      yield { kind: 'folder', path, name: folder, stats: statsOf(path) };
    }
  }

  function* walkStart(start: Start, earlier: readonly Start[]): Generator<Found, void, void> {
    const has = (name: string) => earlier.some((other) => covers(other, name));
    const stats = attempting(`read source ${shownPath(start.path)}`, () => statSync(bytesOf(start.path)));
    if (start.name !== '' && has(start.name)) return;
    if (start.name !== '' && start.matches === undefined) yield* connect(start.name);
    if (!stats.isDirectory()) {
      yield { kind: 'file', path: start.path, name: start.name };
      return;
    }
    if (start.name !== '' && start.matches === undefined && !connecting.has(start.name)) {
      yield { kind: 'folder', path: start.path, name: start.name, stats };
    }
    const stack: Level[] = [];
    try {
      stack.push({ ...start, dir: open(start.path) });
      for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
        const next = nextIn(level);
        if (next === undefined) {
          stack.pop();
          level.dir.closeSync();
          continue;
        }
        if (settings.excluded(next.name) || has(next.name)) continue;
        const below = start.name === '' ? next.name : next.name.slice(start.name.length + 1);
        const wanted = level.matches === undefined || level.matches.test(below);
        const found = look(next, stack.length === 1, workFolder);
        if (found === undefined || (!wanted && found.kind !== 'folder')) continue;
        if (wanted && level.matches !== undefined) yield* connect(next.name);
        if (wanted && !(found.kind === 'folder' && connecting.has(next.name))) yield found;
        if (found.kind !== 'folder' || (!wanted && stack.length >= start.depth)) continue;
        const dir = openUnlessGone(next.path);
        if (dir !== undefined) stack.push({ ...next, dir, matches: wanted ? undefined : level.matches });
        else if (wanted) yield { kind: 'leftOut', name: next.name, why: VANISHED };
      }
    } finally {
      for (const { dir } of stack) dir.closeSync();
    }
  }

  for (const [index, start] of plan.starts.entries()) yield* walkStart(start, plan.starts.slice(0, index));
}

/** Why something that the walk saw is not in the archive. */
export const VANISHED = 'vanished';

interface Next {
  readonly path: string;
  readonly name: string;
  readonly kind: 'file' | 'other';
}

function nextIn({ dir, path, name }: Level): Next | undefined {
  const entry = attempting(`read ${shownPath(path)}`, () => dir.readSync());
  if (entry === null) return undefined;
  const kind = entry.isFile() ? 'file' : 'other';
  return { path: joinRaw(path, entry.name), name: joinRaw(name, entry.name), kind };
}

function look({ path, name, kind }: Next, atTop: boolean, workFolder: Stats | undefined): Found | undefined {
  // It is opened and looked at when it is read.
  if (kind === 'file') return { kind: 'file', path, name };
  const leftOut = (why: string): Found => ({ kind: 'leftOut', name, why });
  const stats = statsUnlessGone(path);
  if (stats === undefined) return leftOut(VANISHED);
  if (stats.isFile()) return { kind: 'file', path, name };
  if (stats.isSymbolicLink()) return { kind: 'link', path, name, stats };
  if (!stats.isDirectory()) return leftOut(`is ${nounOf(stats)}`);
  if (stats.dev === workFolder?.dev && stats.ino === workFolder.ino) return leftOut('is where snapshots go');
  const left = leftByRestore(name.slice(name.lastIndexOf('/') + 1));
  // What is there now may be half of what was.
  if (left === 'unfinished') {
    throw new SnapshotProblem(
      `a restore has not finished, as ${shownPath(path)} shows: let it be done again first`,
      true,
    );
  }
  if (left === 'over') return leftOut('is what a restore has left');
  if (atTop && name.endsWith('lost+found')) return leftOut('belongs to the file system');
  return { kind: 'folder', path, name, stats };
}

/** What is no file, folder or link. */
export function nounOf(stats: Stats): string {
  if (stats.isSocket()) return 'a socket';
  return stats.isFIFO() ? 'a FIFO' : 'a device';
}

function statsOf(path: string): Stats {
  return attempting(`read ${shownPath(path)}`, () => statSync(bytesOf(path)));
}

function statsUnlessGone(path: string): Stats | undefined {
  return attempting(`read ${shownPath(path)}`, () => lstatSync(bytesOf(path), { throwIfNoEntry: false }));
}

function open(path: string): Dir {
  return attempting(`read ${shownPath(path)}`, () => openDir(path));
}

function openUnlessGone(path: string): Dir | undefined {
  try {
    return openDir(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw problemOf(`read ${shownPath(path)} (exclude it if it is not needed)`, error);
  }
}

function openDir(path: string): Dir {
  return opendirSync(bytesOf(path), { encoding: 'latin1', bufferSize: NAMES_AT_A_TIME });
}
