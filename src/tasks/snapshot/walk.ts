import { lstatSync, type Stats, statSync } from 'node:fs';
import { LONGEST_SAVED_NAME_BYTES } from './inside.ts';
import { NameSet } from './name-set.ts';
import { close, type OpenFolder, openStart, openUnlessGone } from './open-folder.ts';
import { attempting, SnapshotProblem } from './problem.ts';
import { bytesOf, joinRaw, shownPath } from './raw-path.ts';
import { covers, type SourcePlan, type Start } from './source-plan.ts';
import { leftByRestore } from './swap.ts';

/** Something in a source. All is raw. */
export interface SourceItem {
  /** Where it is opened while the walk stands at it: through its folder, whatever is in that one's place by now. */
  readonly at: string;
  /** Where it is for people. */
  readonly path: string;
  /** In the archive. */
  readonly name: string;
}

/** What the walk comes across, a folder before what is in it. */
export type Found =
  /** Whoever saves it adds it to `saved`: it may come again, as one that was removed and made anew while its folder was read. */
  | (SourceItem & { readonly kind: 'file'; readonly saved: NameSet })
  | (SourceItem & { readonly kind: 'folder'; readonly stats: Stats })
  | (SourceItem & { readonly kind: 'link'; readonly stats: Stats })
  /** What is not in the archive, and why. */
  | { readonly kind: 'leftOut'; readonly name: string; readonly why: string };

export interface WalkSettings {
  readonly excluded: (name: string) => boolean;
  /** A folder that is never entered, as it is where the archive is written. */
  readonly workFolder: string;
}

interface Level extends OpenFolder {
  readonly path: string;
  readonly name: string;
  /** Undefined: everything in it is wanted. */
  readonly matches: RegExp | undefined;
  /** What of it came, and was not gone when it was looked at. */
  readonly saved: NameSet;
}

/**
 * Walks over all sources. Each name comes once. Whoever may write into a source meanwhile can have nothing read that lies elsewhere:
 * a folder that gave its place to a link is gone on with as the folder that it was. Throws `SnapshotProblem` for what cannot be read. */
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
      yield { kind: 'folder', at: path, path, name: folder, stats: statsOf(path) };
    }
  }

  function* walkStart(start: Start, earlier: readonly Start[]): Generator<Found, void, void> {
    const has = (name: string) => earlier.some((other) => covers(other, name));
    const stats = attempting(`read source ${shownPath(start.path)}`, () => statSync(bytesOf(start.path)));
    if (start.name !== '' && has(start.name)) return;
    if (start.name !== '' && start.matches === undefined) yield* connect(start.name);
    if (!stats.isDirectory()) {
      // What is looked for in it, or its content at the archive's root, would have no name.
      if (start.name === '' || start.matches !== undefined) {
        throw new SnapshotProblem(`source ${shownPath(start.path)} is not a folder`, true);
      }
      yield { kind: 'file', at: start.path, path: start.path, name: start.name, saved: new NameSet() };
      return;
    }
    if (start.name !== '' && start.matches === undefined && !connecting.has(start.name)) {
      yield { kind: 'folder', at: start.path, path: start.path, name: start.name, stats };
    }
    const stack: Level[] = [];
    try {
      stack.push({ ...start, ...openStart(start.path), saved: new NameSet() });
      for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
        const next = nextIn(level);
        if (next === undefined) {
          stack.pop();
          close(level);
          continue;
        }
        if (settings.excluded(next.name) || has(next.name)) continue;
        if (next.name.length > LONGEST_SAVED_NAME_BYTES) {
          yield { kind: 'leftOut', name: next.name, why: 'has a path that is too long to be restored' };
          continue;
        }
        if (level.saved.has(next.name)) {
          yield { kind: 'leftOut', name: next.name, why: 'was made anew while its folder was read' };
          continue;
        }
        const below = start.name === '' ? next.name : next.name.slice(start.name.length + 1);
        const wanted = level.matches === undefined || level.matches.test(below);
        const found = look(next, level.saved, { atTop: stack.length === 1, workFolder });
        if (found.kind === 'folder' || found.kind === 'link') level.saved.add(next.name);
        if (!wanted && found.kind !== 'folder') continue;
        if (wanted && level.matches !== undefined) yield* connect(next.name);
        if (wanted && !connecting.has(next.name)) yield found;
        else if (wanted && found.kind === 'link') {
          yield { kind: 'leftOut', name: next.name, why: 'is there as a folder, as another source leads through it' };
        }
        if (found.kind !== 'folder' || (!wanted && stack.length >= start.depth)) continue;
        const folder = openUnlessGone(next);
        const matches = wanted ? undefined : level.matches;
        if (folder !== undefined) stack.push({ ...next, ...folder, matches, saved: new NameSet() });
        else if (wanted) yield { kind: 'leftOut', name: next.name, why: VANISHED };
      }
    } finally {
      stack.forEach(close);
    }
  }

  for (const [index, start] of plan.starts.entries()) yield* walkStart(start, plan.starts.slice(0, index));
}

/** Why something that the walk saw is not in the archive. */
export const VANISHED = 'vanished';

interface Next extends SourceItem {
  readonly kind: 'file' | 'other';
}

function nextIn({ dir, inside, path, name }: Level): Next | undefined {
  const entry = attempting(`read ${shownPath(path)}`, () => dir.readSync());
  if (entry === null) return undefined;
  const kind = entry.isFile() ? 'file' : 'other';
  const at = joinRaw(inside ?? path, entry.name);
  return { at, path: joinRaw(path, entry.name), name: joinRaw(name, entry.name), kind };
}

interface Surroundings {
  readonly atTop: boolean;
  readonly workFolder: Stats | undefined;
}

function look({ at, path, name, kind }: Next, saved: NameSet, { atTop, workFolder }: Surroundings): Found {
  // It is opened and looked at when it is read.
  if (kind === 'file') return { kind: 'file', at, path, name, saved };
  const leftOut = (why: string): Found => ({ kind: 'leftOut', name, why });
  const stats = statsUnlessGone(at, path);
  if (stats === undefined) return leftOut(VANISHED);
  if (stats.isFile()) return { kind: 'file', at, path, name, saved };
  if (stats.isSymbolicLink()) return { kind: 'link', at, path, name, stats };
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
  return { kind: 'folder', at, path, name, stats };
}

/** What is no file, folder or link. */
export function nounOf(stats: Stats): string {
  if (stats.isSocket()) return 'a socket';
  return stats.isFIFO() ? 'a FIFO' : 'a device';
}

function statsOf(path: string): Stats {
  return attempting(`read ${shownPath(path)}`, () => statSync(bytesOf(path)));
}

function statsUnlessGone(at: string, path: string): Stats | undefined {
  return attempting(`read ${shownPath(path)}`, () => lstatSync(bytesOf(at), { throwIfNoEntry: false }));
}
