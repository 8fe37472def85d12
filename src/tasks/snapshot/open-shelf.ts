import { bucketShelf } from './bucket-shelf.ts';
import { stopSignal } from './control.ts';
import { folderShelf } from './folder-shelf.ts';
import { clientSettings, openBucket } from './open-bucket.ts';
import { mustHaveProxy } from './outward.ts';
import type { BucketPlace, Place, SourcePlace } from './place.ts';
import type { Shelf, ShelfUse, WritableShelf } from './shelf.ts';
import { uploadShelf } from './upload-shelf.ts';

/** Opens a place to read from. Connects to nothing yet. Throws `SnapshotProblem`. */
export async function openShelf(place: SourcePlace, use: ShelfUse): Promise<Shelf> {
  return typeof place === 'string' ? folderShelf(place, use.own) : openBucketShelf(place, use);
}

/** Opens a place to write to. Connects to nothing yet. Throws `SnapshotProblem`. */
export async function openWritable(place: Place, use: ShelfUse): Promise<WritableShelf> {
  if (typeof place === 'string') return folderShelf(place, use.own);
  return place.kind === 'upload' ? uploadShelf(place, use) : openBucketShelf(place, use);
}

/** The client of object storage is loaded here, and nowhere else. */
async function openBucketShelf(place: BucketPlace, use: ShelfUse): Promise<WritableShelf> {
  const settings = clientSettings(place, process.env);
  mustHaveProxy();
  const { openClient } = await import('./s3-client.ts');
  const stop = stopSignal(use.control);
  // Failures name the server.
  const at = { ...place, endpoint: settings.endpoint };
  const bucket = openBucket(openClient(settings, stop.signal), at, stop.signal);
  const shelf = bucketShelf(bucket, place, use);
  return {
    ...shelf,
    [Symbol.dispose]() {
      stop[Symbol.dispose]();
      bucket[Symbol.dispose]();
    },
  };
}
