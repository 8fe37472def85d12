import type { Bucket } from './bucket.ts';
import { removeBucketDebris } from './bucket-debris.ts';
import { type ByteSource, streamSource } from './byte-source.ts';
import { type Listed, mismatch } from './catalogue.ts';
import { createRateLimit, type RateLimit } from './control.ts';
import { removeDebris } from './debris.ts';
import { type ArchiveName, latestFile, parseArchiveName, SIDE_FILES, temporaryFile } from './file-names.ts';
import { decodeManifest, encodeManifest } from './manifest.ts';
import type { BucketPlace } from './place.ts';
import type { Draft, ShelfUse, WritableShelf } from './shelf.ts';
import { uploadSink } from './upload-sink.ts';

/** How many manifests are asked for at a time. */
const MANIFESTS_AT_A_TIME = 8;

/**
 * A bucket with snapshots, under the names of a folder's files. An archive is sent under a temporary key. When it was read
 * back whole, the server copies it to its own: what has that key is whole at any moment.
 */
export function bucketShelf(
  bucket: Bucket,
  place: BucketPlace,
  { own, control, limitBytesPerS }: ShelfUse,
): WritableShelf {
  const base = place.prefix === '' ? '' : `${place.prefix}/`;
  const limit = createRateLimit(limitBytesPerS, control);
  /** They never change. */
  const manifests = new Map<string, string>();

  async function inspect(archive: ArchiveName, archiveBytes: number): Promise<Listed> {
    const text = manifests.get(archive.file) ?? (await bucket.text(`${base}${archive.file}.json`));
    const manifest = decodeManifest(text ?? '');
    if (text !== undefined) manifests.set(archive.file, text);
    const missing = text === undefined ? 'its manifest is missing' : 'its manifest cannot be understood';
    const problem = manifest === undefined ? missing : mismatch(archive, archiveBytes, manifest);
    return { ...archive, archiveBytes, manifest, problem };
  }

  async function removeAll(file: string, extensions: readonly string[]): Promise<void> {
    for (const extension of extensions) await bucket.remove(base + file + extension);
  }

  function beginDraft(name: string): Draft {
    const temporary = base + temporaryFile(name, own, 'archive');
    const sink = uploadSink(bucket, temporary, place.partBytes);
    return {
      sink,
      read: () => limited(bucket.bytes(temporary), limit),
      async publish(manifest) {
        const { archive, sha256, archiveBytes } = manifest;
        const text = encodeManifest(manifest);
        try {
          await bucket.put(`${base}${archive}.json`, text);
          await bucket.put(`${base}${archive}.sha256`, `${sha256}  ${archive}\n`);
          await bucket.copy(temporary, base + archive, archiveBytes);
        } catch (error) {
          await removeAll(archive, ['', ...SIDE_FILES]).catch(() => {});
          throw error;
        }
        manifests.set(archive, text);
        return true;
      },
      async discard() {
        // What cannot be removed now, the next run removes, and says so.
        await sink.abort().catch(() => {});
        await bucket.remove(temporary).catch(() => {});
      },
    };
  }

  return {
    async list(name) {
      const objects = await bucket.list(name === undefined ? base : `${base}${name}-`);
      const found = objects.flatMap(({ key, bytes }) => {
        const archive = parseArchiveName(key.slice(base.length));
        return archive === undefined || (name !== undefined && archive.name !== name) ? [] : [{ archive, bytes }];
      });
      found.sort((a, b) => b.archive.takenAtMs - a.archive.takenAtMs);
      const listed: Listed[] = [];
      for (let from = 0; from < found.length; from += MANIFESTS_AT_A_TIME) {
        control.throwIfStopped();
        const some = found.slice(from, from + MANIFESTS_AT_A_TIME);
        listed.push(...(await Promise.all(some.map(({ archive, bytes }) => inspect(archive, bytes)))));
      }
      return listed;
    },
    read: (file) => limited(bucket.bytes(base + file), limit),
    async prepare(name, nowMs) {
      const local = removeDebris(place.scratch, name, own, nowMs);
      const remote = await removeBucketDebris(bucket, { base, name, own, nowMs });
      return { removed: [...local.removed, ...remote.removed], stuck: [...local.stuck, ...remote.stuck] };
    },
    begin: beginDraft,
    point: (name, file) => bucket.put(base + latestFile(name), `${file}\n`),
    // The archive first: side files alone are debris, which goes with the next run.
    remove: (file) => removeAll(file, ['', ...SIDE_FILES]),
    [Symbol.dispose]: () => bucket[Symbol.dispose](),
  };
}

function limited(pieces: AsyncGenerator<Uint8Array, void, void>, limit: RateLimit): ByteSource {
  async function* slowed(): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of pieces) {
      await limit.take(piece.byteLength);
      yield piece;
    }
  }
  return streamSource(slowed());
}
