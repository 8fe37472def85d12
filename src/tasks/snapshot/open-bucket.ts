import { readFileSync } from 'node:fs';
import type { Bucket } from './bucket.ts';
import type { ClientSettings, ObjectClient } from './object-client.ts';
import type { BucketPlace } from './place.ts';
import { attempting, SnapshotProblem } from './problem.ts';
import { asked, cannotDo, nameOf, statusOf } from './s3-failure.ts';

const DEFAULT_REGION = 'us-east-1';

/** A manifest names at most a few hundred paths. */
const LARGEST_TEXT_BYTES = 1024 * 1024;

/** So many times in a row a download goes on after it broke, without a byte in between. */
const MOST_BREAKS = 3;

/** S3 copies at most 5 GB in one request; what is larger is copied in parts (its API reference, CopyObject). */
const COPY_PART_BYTES = 1024 ** 3;

/** A bucket through a client whose failures get words here. */
export function openBucket(
  client: ObjectClient,
  place: BucketPlace,
  signal: AbortSignal,
  copyPartBytes = COPY_PART_BYTES,
): Bucket {
  const on = asked(place, signal);

  async function copyInParts(from: string, key: string, bytes: number): Promise<void> {
    const upload = { key, id: await bucket.beginUpload(key) };
    try {
      const tags: string[] = [];
      for (let begin = 0; begin < bytes; begin += copyPartBytes) {
        const end = Math.min(begin + copyPartBytes, bytes) - 1;
        tags.push(given('tag of a part', await client.copyPart(upload, tags.length + 1, from, begin, end)));
      }
      await client.completeUpload(upload, tags);
    } catch (error) {
      await client.abortUpload(upload).catch(() => {});
      throw error;
    }
  }

  const bucket: Bucket = {
    list: (prefix) => on('list', `${prefix}…`, () => client.list(prefix)),
    text: (key) =>
      on('read', key, async () => {
        try {
          const { bytes, pieces } = await client.get(key, 0, undefined);
          return await textOf(pieces, bytes);
        } catch (error) {
          if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') return undefined;
          throw error;
        }
      }),
    async *bytes(key) {
      let offset = 0;
      let tag: string | undefined;
      for (let breaks = 0; ; ) {
        try {
          const content = await client.get(key, offset, tag);
          tag = content.tag;
          for await (const piece of content.pieces) {
            if (!(piece instanceof Uint8Array)) continue;
            offset += piece.byteLength;
            breaks = 0;
            yield piece;
          }
          return;
        } catch (error) {
          breaks += 1;
          const problem = cannotDo('read', key, place, error, signal);
          if (!problem.retryable || signal.aborted || breaks > MOST_BREAKS) throw problem;
        }
      }
    },
    put: (key, text) => on('write', key, () => client.put(key, text)),
    copy: (from, to, bytes) =>
      on('write', to, async () => {
        await (bytes > copyPartBytes ? copyInParts(from, to, bytes) : client.copy(from, to));
        const copied = await client.length(to);
        if (copied !== bytes) throw new SnapshotProblem(`the copy ${to} has ${copied} bytes, and not ${bytes}`, true);
      }),
    remove: (key) => on('remove', key, () => client.remove(key)),
    beginUpload: (key) => on('write', key, async () => given('upload ID', await client.beginUpload(key))),
    uploadPart: (upload, number, bytes) =>
      on('write', upload.key, async () => given('tag of a part', await client.uploadPart(upload, number, bytes))),
    completeUpload: (upload, tags) => on('write', upload.key, () => client.completeUpload(upload, tags)),
    abortUpload: (upload) => on('remove', upload.key, () => client.abortUpload(upload)),
    uploads: (prefix) =>
      on('list', `${prefix}…`, async () => {
        try {
          return await client.uploads(prefix);
        } catch (error) {
          if (statusOf(error) === 501 || statusOf(error) === 405) return [];
          throw error;
        }
      }),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
  return bucket;
}

/** Undefined for one that is too large. */
async function textOf(pieces: AsyncIterable<unknown>, bytes: number): Promise<string | undefined> {
  const read: Uint8Array[] = [];
  for await (const piece of pieces) {
    if (bytes > LARGEST_TEXT_BYTES) return undefined;
    if (piece instanceof Uint8Array) read.push(piece);
  }
  return Buffer.concat(read).toString('utf8');
}

function given(what: string, value: string | undefined): string {
  if (value === undefined) throw new SnapshotProblem(`the server gave no ${what}`, true);
  return value;
}

/**
 * What the client is told: the settings, then the variables that all of Amazon's tools know. Files are read for each job, as
 * secrets are rotated. Throws `SnapshotProblem`.
 */
export function clientSettings(place: BucketPlace, env: Readonly<NodeJS.ProcessEnv>): ClientSettings {
  const endpoint = place.endpoint ?? fromEnvironment(env, ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'], ENDPOINT);
  const region = place.region ?? fromEnvironment(env, ['AWS_REGION', 'AWS_DEFAULT_REGION'], REGION);
  return {
    bucket: place.bucket,
    endpoint,
    region: region ?? DEFAULT_REGION,
    pathStyle: place.pathStyle ?? endpoint !== undefined,
    keys: place.keyFiles === undefined ? undefined : keysOf(place.keyFiles),
    ca: place.ca === undefined ? undefined : readText(place.ca, 'ca'),
  };
}

interface Rule {
  readonly text: string;
  holds(value: string): boolean;
}

const ENDPOINT: Rule = {
  text: 'an http or https URL, such as http://minio:9000',
  holds: (value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''),
};

const REGION: Rule = {
  text: 'a region, such as eu-central-1',
  holds: (value) => /^[A-Za-z0-9-]{1,50}$/.test(value),
};

/** The first that is set. What is wrong is said without the value: a URL may hold a password. */
function fromEnvironment(
  env: Readonly<NodeJS.ProcessEnv>,
  names: readonly string[],
  { text, holds }: Rule,
): string | undefined {
  for (const name of names) {
    const value = env[name];
    if (value === undefined || value === '') continue;
    if (!holds(value)) throw new SnapshotProblem(`cannot use ${name} of the environment: it must be ${text}`, false);
    return value;
  }
  return undefined;
}

function keysOf({ accessKeyId, secretAccessKey, sessionToken }: NonNullable<BucketPlace['keyFiles']>) {
  return {
    accessKeyId: readText(accessKeyId, 'accessKeyIdFile').trim(),
    secretAccessKey: readText(secretAccessKey, 'secretAccessKeyFile').trim(),
    ...(sessionToken !== undefined && { sessionToken: readText(sessionToken, 'sessionTokenFile').trim() }),
  };
}

function readText(path: string, field: string): string {
  return attempting(`read ${field}, ${path}`, () => readFileSync(path, 'utf8'));
}
