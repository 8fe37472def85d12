/** Where snapshots are kept. All of it can be cloned into the thread that uses it. */

/** A bucket of an S3-compatible object storage, or a part of one. */
export interface BucketPlace {
  readonly kind: 'bucket';
  readonly bucket: string;
  /** What all keys begin with, without a slash at either end; empty: nothing. */
  readonly prefix: string;
  /** Undefined: what the AWS environment says, else Amazon's own. */
  readonly endpoint: string | undefined;
  /** Undefined: what the AWS environment says, else `us-east-1`. */
  readonly region: string | undefined;
  /** Whether the bucket stands in the path, not in the host's name. Undefined: with an endpoint it does. */
  readonly pathStyle: boolean | undefined;
  /** Files with the credentials. Undefined: they come from the usual AWS environment. */
  readonly keyFiles: KeyFiles | undefined;
  /** A PEM file with the certificates to trust. Undefined: those of Node.js. */
  readonly ca: string | undefined;
  /** How much is sent in one request, in bytes; twice as much is held in memory. */
  readonly partBytes: number;
  /** A folder for what has to be on a disk for a while. */
  readonly scratch: string;
}

export interface KeyFiles {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** A URL that takes an archive: it can be sent there, and nothing more is known of it. */
export interface UploadPlace {
  readonly kind: 'upload';
  readonly method: string;
  /** A secret. */
  readonly url: string;
  /** What may be shown of it. */
  readonly shown: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly unixSocket: string | undefined;
  /** PEM certificates. */
  readonly ca: Uint8Array | undefined;
  readonly insecureSkipTLSVerify: boolean;
  readonly scratch: string;
}

/** A text is the path of a folder. */
export type SourcePlace = string | BucketPlace;
export type Place = SourcePlace | UploadPlace;

export const DEFAULT_PART_BYTES = 8 * 1024 ** 2;
export const DEFAULT_SCRATCH = '/tmp';

/** A bucket's name. What a name really may be, the server knows. */
export const BUCKET_RULE =
  "must be a bucket's name of 3 to 63 letters, digits, dashes, dots and underscores, the first and the last a letter or digit";
export const BUCKET = /^[A-Za-z0-9][-A-Za-z0-9._]{1,61}[A-Za-z0-9]$/;

export const PREFIX_RULE =
  'must be a prefix such as team/app, without a slash at its begin, two in a row, or . and .. in it';

/** Keys are paths in URLs, whose empty parts and steps up servers take in different ways. */
export const PREFIX = /^(?!\/|(?:.*\/)?\.{0,2}\/|(?:.*\/)?\.{1,2}$)[^\0]{0,500}$/;

/** A bucket of which nothing but this is said: all else comes from the AWS environment. */
export function plainBucket(bucket: string, prefix: string): BucketPlace {
  return {
    kind: 'bucket',
    bucket,
    prefix: prefix.replace(/\/$/, ''),
    endpoint: undefined,
    region: undefined,
    pathStyle: undefined,
    keyFiles: undefined,
    ca: undefined,
    partBytes: DEFAULT_PART_BYTES,
    scratch: DEFAULT_SCRATCH,
  };
}

/** Reads `s3://BUCKET/PREFIX`; undefined for any other text. */
export function parseBucketUrl(text: string): BucketPlace | undefined {
  const parts = partsOfBucketUrl(text);
  if (parts === undefined || !BUCKET.test(parts.bucket) || !PREFIX.test(parts.prefix)) return undefined;
  return plainBucket(parts.bucket, parts.prefix);
}

/** The parts of `s3://BUCKET/PREFIX`, whether they may be what they are or not; undefined for any other text. */
export function partsOfBucketUrl(text: string): { readonly bucket: string; readonly prefix: string } | undefined {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(text) ?? [];
  return bucket === undefined ? undefined : { bucket, prefix };
}

/** For people. No secret. */
export function shownPlace(place: Place): string {
  if (typeof place === 'string') return place;
  return place.kind === 'upload' ? place.shown : `s3://${place.bucket}${place.prefix === '' ? '' : `/${place.prefix}`}`;
}

/** A snapshot of a place, for people. */
export function shownIn(place: Place, file: string): string {
  return typeof place !== 'string' && place.kind === 'upload' ? shownPlace(place) : `${shownPlace(place)}/${file}`;
}

/** The folder for what has to be on a disk for a while. */
export function workFolderOf(place: Place): string {
  return typeof place === 'string' ? place : place.scratch;
}
