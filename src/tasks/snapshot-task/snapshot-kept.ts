import { basename } from 'node:path';
import type { Kept, Sought } from '../../config/task-kind.ts';
import { fillContainer } from './snapshot-name.ts';
import type { WrittenSource } from './snapshot-place.ts';
import type { SnapshotSettings } from './snapshot-settings.ts';

/** What is at the URL of an upload has no name; undefined for it. */
export function keptBy({ destination, name, sources, exclude }: SnapshotSettings, container: string): Kept | undefined {
  const place = typeof destination === 'string' || 'kind' in destination ? placeOf(destination) : undefined;
  if (place === undefined) return undefined;
  const fill = (written: string) => fillContainer(written, container);
  const content = JSON.stringify([sources.map(textOf).toSorted(), exclude.toSorted()]);
  return { place, name: fill(name), content, word: wordFor(sources[0]), fill };
}

/** What a restore looks for. */
export function soughtBy(from: WrittenSource, name: string, container: string): Sought {
  return { place: placeOf(from), name: fillContainer(name, container) };
}

/** Where the environment says the rest, two places that are written alike are the same. */
function placeOf(place: WrittenSource): string {
  if (typeof place === 'string') return place;
  const { endpoint = '', bucket, prefix } = place;
  return JSON.stringify([endpoint, bucket, prefix]);
}

type Source = SnapshotSettings['sources'][number];

/** With the query, which may say what is fetched: it is shown to nobody. */
function textOf(source: Source): string {
  if (typeof source === 'string') return source;
  const { method, url, unixSocket = '', as } = source;
  return JSON.stringify([method, url.href, unixSocket, as]);
}

/** Short enough for a name with placeholders and a number. */
const LONGEST_WORD = 40;

function wordFor(source: Source | undefined): string {
  if (source === undefined) return '';
  const word = typeof source === 'string' ? basename(source) : source.as;
  return word.replaceAll(/[^-A-Za-z0-9_.]/g, '').slice(0, LONGEST_WORD);
}
