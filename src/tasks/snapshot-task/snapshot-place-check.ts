import type { ActionProblem } from '../../config/task-kind.ts';
import { readSmallFileSync } from '../small-file.ts';
import type { BucketPlace } from '../snapshot/place.ts';
import { checkWritableFolder, liesIn } from './snapshot-check.ts';
import type { WrittenDestination } from './snapshot-place.ts';
import { checkUpload } from './snapshot-upload.ts';

type Path = ActionProblem['path'];

/** Looks whether there is what a destination needs. */
export function checkDestination(place: WrittenDestination): ActionProblem[] {
  if (typeof place === 'string') return checkWritableFolder(place, ['destination']);
  if ('kind' in place) return checkBucket(place, ['destination']);
  const below = checkUpload(place).map((problem) => ({ ...problem, path: ['destination', ...problem.path] }));
  return [...below, ...checkWritableFolder(place.scratch, ['destination', 'scratch'])];
}

/** Looks whether a destination lies apart from `sources`, the paths that are saved. */
export function checkApart(place: WrittenDestination, sources: readonly string[]): ActionProblem[] {
  if (typeof place === 'string' || 'kind' in place) return [];
  const within = sources.filter((source) => liesIn(place.scratch, source));
  return within.map((source) => inSource(place.scratch, source));
}

/** The archive is written there: it would hold itself. */
function inSource(scratch: string, source: string): ActionProblem {
  const remedy = 'name another folder, such as an emptyDir';
  const rule = `must lie outside of what is saved, ${source}`;
  return { severity: 'error', path: ['destination', 'scratch'], rule, value: scratch, remedy };
}

/** Looks whether the files of a bucket's credentials can be read. */
export function checkBucket({ keyFiles, ca }: BucketPlace, path: Path): ActionProblem[] {
  const files = [
    ['accessKeyIdFile', keyFiles?.accessKeyId],
    ['secretAccessKeyFile', keyFiles?.secretAccessKey],
    ['sessionTokenFile', keyFiles?.sessionToken],
    ['ca', ca],
  ] as const;
  return files.flatMap(([key, file]) => {
    const read = file === undefined ? undefined : readSmallFileSync(file);
    if (read === undefined || read.ok) return [];
    const remedy = 'mount it into this container, or correct the path';
    const rule = 'must be a file that can be read';
    return [{ severity: 'error', path: [...path, key], rule, value: `${file} (${read.problem})`, remedy }];
  });
}
