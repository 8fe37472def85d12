/**
 * Amazon's own client. It is as large as the program: only who keeps snapshots in a bucket loads this file, from a bundle of
 * its own.
 */
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { OpenUpload, StoredObject } from './bucket.ts';
import type { ClientSettings, ObjectClient } from './object-client.ts';
import { OUTWARD } from './outward.ts';

/** A server that takes no connection for so long, or says nothing for so long, is asked again, in ms. */
const CONNECT_MS = 5000;
const SILENCE = {
  mostMs: 30_000,
  /** A server copies up to 1 GiB without a word; one whose disks are slow, at 4 MB a second. */
  mostOfCopyMs: 300_000,
};

/** What removes something is given up after this time, in ms: where a server is gone, it comes after what has failed. */
const REMOVAL_MS = 10_000;

/** When the time of the task is over, cleaning up may not take long, in ms. */
const CLEANUP_MS = 1500;

/** An upload that is just beginning has this long to tell its ID, in ms: what cleans up comes after it. */
const BEGINNING_MS = 500;

/** Connects to nothing yet. `signal` ends what is under way, but what cleans up, and what that needs to know. */
export function openClient(settings: ClientSettings, signal: AbortSignal, silence = SILENCE): ObjectClient {
  const client = clientOf(settings, silence.mostMs);
  let copying: S3Client | undefined;
  const copier = () => {
    copying ??= clientOf(settings, silence.mostOfCopyMs);
    return copying;
  };
  const { bucket: Bucket } = settings;
  const running = { abortSignal: signal };
  const sourceOf = (key: string) => `${Bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;

  return {
    async list(Prefix) {
      const found: StoredObject[] = [];
      for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix, Delimiter: '/' }, running)) {
        for (const { Key: key, Size: bytes = 0, LastModified: changed } of page.Contents ?? []) {
          if (key !== undefined) found.push({ key, bytes, changedAtMs: changed?.getTime() ?? Number.NaN });
        }
      }
      return found;
    },
    async get(Key, from, tag) {
      const part = from === 0 ? {} : { Range: `bytes=${from}-`, IfMatch: tag };
      const {
        Body,
        ContentLength = 0,
        ETag,
      } = await client.send(new GetObjectCommand({ Bucket, Key, ...part }), running);
      // On Node.js a body is such a stream.
      return { bytes: ContentLength, tag: ETag, pieces: Body instanceof Readable ? Body : Readable.from([]) };
    },
    async put(Key, Body) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }), running);
    },
    async length(Key) {
      return (await client.send(new HeadObjectCommand({ Bucket, Key }), running)).ContentLength;
    },
    async copy(from, Key) {
      await copier().send(new CopyObjectCommand({ Bucket, Key, CopySource: sourceOf(from) }), running);
    },
    async remove(Key) {
      using cleanup = cleanupSignal(signal);
      await client.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal: cleanup.signal });
    },
    async beginUpload(Key) {
      // Broken off, the server has begun one all the same, and only its answer says how to take that back.
      using late = abortedLater(signal, BEGINNING_MS);
      const options = { abortSignal: late.signal };
      return (await client.send(new CreateMultipartUploadCommand({ Bucket, Key }), options)).UploadId;
    },
    async uploadPart({ key: Key, id: UploadId }, PartNumber, Body) {
      return (await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }), running)).ETag;
    },
    async copyPart({ key: Key, id: UploadId }, PartNumber, from, begin, end) {
      const CopySourceRange = `bytes=${begin}-${end}`;
      const input = { Bucket, Key, UploadId, PartNumber, CopySource: sourceOf(from), CopySourceRange };
      return (await copier().send(new UploadPartCopyCommand(input), running)).CopyPartResult?.ETag;
    },
    async completeUpload({ key: Key, id: UploadId }, tags) {
      const Parts = tags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
      const input = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
      await client.send(new CompleteMultipartUploadCommand(input), running);
    },
    async abortUpload({ key: Key, id: UploadId }) {
      using cleanup = cleanupSignal(signal);
      const options = { abortSignal: cleanup.signal };
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), options);
    },
    async uploads(Prefix) {
      const found: OpenUpload[] = [];
      for (let after = {}; ; ) {
        const page = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix, ...after }), running);
        for (const { Key: key, UploadId: id, Initiated } of page.Uploads ?? []) {
          if (key === undefined || id === undefined) continue;
          found.push({ key, id, begunAtMs: Initiated?.getTime() ?? Number.NaN });
        }
        if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return found;
        after = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      }
    },
    [Symbol.dispose]() {
      client.destroy();
      copying?.destroy();
    },
  };
}

interface LateSignal extends Disposable {
  readonly signal: AbortSignal;
}

/** For what removes something. */
function cleanupSignal(signal: AbortSignal): LateSignal {
  const late = abortedLater(signal, CLEANUP_MS);
  return {
    signal: AbortSignal.any([late.signal, AbortSignal.timeout(REMOVAL_MS)]),
    [Symbol.dispose]: () => late[Symbol.dispose](),
  };
}

/** Aborts so many ms after `signal`; until it is disposed of. */
function abortedLater(signal: AbortSignal, ms: number): LateSignal {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => late.abort(signal.reason), ms);
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return {
    signal: late.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener('abort', begin);
    },
  };
}

/**
 * Checksums only where they are required: by default the client sends them in trailers, which older servers store as part
 * of the object. What was stored is read back anyway.
 */
function clientOf({ endpoint, region, pathStyle, keys, ca }: ClientSettings, silenceMs: number): S3Client {
  return new S3Client({
    region,
    forcePathStyle: pathStyle,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: silenceMs,
      httpAgent: OUTWARD,
      httpsAgent: ca === undefined ? OUTWARD : { ...OUTWARD, ca },
    },
    ...(endpoint !== undefined && { endpoint }),
    ...(keys !== undefined && { credentials: keys }),
  });
}
