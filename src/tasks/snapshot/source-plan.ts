import { statSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { baseOf, globExpression, isGlob } from './glob.ts';
import { codeOf, problemOf, SnapshotProblem } from './problem.ts';
import { rawOf } from './raw-path.ts';

/** Where the walk begins. All paths are raw. */
export interface Start {
  readonly path: string;
  /** Its name in the archive; empty where its content stands at the root. */
  readonly name: string;
  /** Of what lies in it only what matches, and what lies below that; undefined: everything. */
  readonly matches: RegExp | undefined;
  /** How many folders deep something can match that is in none that matches. */
  readonly depth: number;
}

export interface SourcePlan {
  /** The folder that the archive's root stands for. */
  readonly root: string;
  readonly starts: readonly Start[];
}

/**
 * Says where each source stands in the archive. One folder is the archive's root itself; else the root is the folder that
 * all sources have in common, so that they keep their places below it. Throws `SnapshotProblem` for a missing source.
 */
export function planSources(sources: readonly string[]): SourcePlan {
  const found = sources.map(lookAt);
  const [only] = found;
  if (only?.kind === 'folder' && found.length === 1) {
    return { root: rawOf(only.path), starts: [{ path: rawOf(only.path), name: '', matches: undefined, depth: 0 }] };
  }
  const root = commonFolder(found.map(({ path, kind }) => (kind === 'glob' ? baseOf(path) : dirname(path))));
  const starts = found.map(({ path, kind }): Start => {
    const base = kind === 'glob' ? baseOf(path) : path;
    const place = { path: rawOf(base), name: rawOf(relative(root, base)) };
    if (kind !== 'glob') return { ...place, matches: undefined, depth: 0 };
    const glob = relative(base, path);
    const depth = glob.includes('**') ? Number.POSITIVE_INFINITY : glob.split('/').length;
    return { ...place, matches: globExpression(glob), depth };
  });
  return { root: rawOf(root), starts };
}

function lookAt(path: string): { path: string; kind: 'folder' | 'file' | 'glob' } {
  const place = isGlob(path) ? baseOf(path) : path;
  try {
    const stats = statSync(place);
    if (isGlob(path)) return { path, kind: 'glob' };
    if (stats.isDirectory()) return { path, kind: 'folder' };
    if (stats.isFile()) return { path, kind: 'file' };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new SnapshotProblem(`source ${place} is not there`, true);
    throw problemOf(`read source ${place}`, error);
  }
  throw new SnapshotProblem(`source ${basename(place)} is neither a folder nor a file`, false);
}

/** The deepest folder that all these are or lie in. */
function commonFolder(folders: readonly string[]): string {
  const [first = [], ...others] = folders.map((folder) => folder.split('/').filter((part) => part !== ''));
  const length = first.findIndex((part, index) => others.some((other) => other[index] !== part));
  return `/${(length === -1 ? first : first.slice(0, length)).join('/')}`;
}

/** Whether a start has what stands at this name in the archive. */
export function covers({ name: base, matches }: Start, name: string): boolean {
  if (base !== '' && name !== base && !name.startsWith(`${base}/`)) return false;
  if (matches === undefined) return true;
  const below = base === '' ? name : name.slice(base.length + 1);
  for (let end = below.indexOf('/'); end !== -1; end = below.indexOf('/', end + 1)) {
    if (matches.test(below.slice(0, end))) return true;
  }
  return matches.test(below);
}
