import type { Bucket } from './bucket.ts';
import { ABANDONED_MS, type Debris, isHopeless, whyStuck } from './debris.ts';
import { parseArchiveName, parseTemporaryFile, SIDE_FILES } from './file-names.ts';
import { isAlive, type OwnWriter } from './writer-process.ts';

/** When an upload went on last is not known, only when it began; none of another pod lasts so long, in ms. */
const ABANDONED_UPLOAD_MS = 24 * ABANDONED_MS;

export interface DebrisOf {
  /** What all keys begin with, its slash included. */
  readonly base: string;
  readonly name: string;
  readonly own: OwnWriter;
  readonly nowMs: number;
}

/**
 * Removes what killed writers of this name have left in a bucket: uploads that were never completed, temporary objects, and
 * side files that never got their archive. What belongs to a living writer stays, and what may belong to one of another pod
 * stays for an hour, an upload for a day. Throws `SnapshotProblem` where it cannot look.
 */
export async function removeBucketDebris(bucket: Bucket, { base, name, own, nowMs }: DebrisOf): Promise<Debris> {
  const isOver = (key: string, ageMs: number, mostMs: number) => {
    const temporary = parseTemporaryFile(key.slice(base.length));
    if (temporary?.name !== name) return undefined;
    const alive = isAlive(temporary.writer, own);
    return alive === undefined ? ageMs > mostMs : !alive;
  };
  const uploads = (await bucket.uploads(`${base}.${name}~`)).map((upload) => ({
    upload,
    over: isOver(upload.key, nowMs - upload.begunAtMs, ABANDONED_UPLOAD_MS),
  }));
  const objects = (await bucket.list(`${base}.${name}~`)).map(({ key, changedAtMs }) => ({
    key,
    over: isOver(key, nowMs - changedAtMs, ABANDONED_MS),
  }));
  const debris: Debris = { removed: [], stuck: [] };
  const remove = async (what: string, act: () => Promise<void>) => {
    if (isHopeless(debris)) return;
    try {
      await act();
      debris.removed.push(what);
    } catch (error) {
      debris.stuck.push(whyStuck(error));
    }
  };
  for (const { upload, over } of uploads) {
    if (over === true) await remove(`the upload of ${upload.key.slice(base.length)}`, () => bucket.abortUpload(upload));
  }
  const someoneWrites = [...uploads, ...objects].some(({ over }) => over === false);
  const orphans = someoneWrites ? [] : await orphansOf(bucket, base, name);
  for (const key of [...objects.flatMap(({ key, over }) => (over === true ? [key] : [])), ...orphans]) {
    await remove(key.slice(base.length), () => bucket.remove(key));
  }
  return debris;
}

/** A writer puts the side files there just before the archive gets its name. */
async function orphansOf(bucket: Bucket, base: string, name: string): Promise<string[]> {
  const keys = new Set((await bucket.list(`${base}${name}-`)).map(({ key }) => key));
  return [...keys].filter((key) => {
    const extension = SIDE_FILES.find((each) => key.endsWith(each));
    if (extension === undefined) return false;
    const archive = key.slice(0, -extension.length);
    return parseArchiveName(archive.slice(base.length))?.name === name && !keys.has(archive);
  });
}
