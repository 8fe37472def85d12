/** Where snapshots go to and come from, as the config has it. */
import * as z from 'zod/mini';
import { onDemand } from '../../config/on-demand.ts';
import { variableName } from '../captured-values.ts';
import { exactlyOneOf } from '../exactly-one.ts';
import { requestFields } from '../http/http-request-settings.ts';
import { httpUrl } from '../http/http-url.ts';
import {
  BUCKET,
  BUCKET_RULE,
  type BucketPlace,
  DEFAULT_PART_BYTES,
  DEFAULT_SCRATCH,
  PREFIX,
  PREFIX_RULE,
  parseBucketUrl,
  partsOfBucketUrl,
  plainBucket,
} from '../snapshot/place.ts';
import { dataSize } from './snapshot-sizes.ts';

const withoutLastSlash = (path: string) => path.replace(/(?!^)\/+$/, '');

/** A path from the root, without a slash at its end. */
export const absolutePath = onDemand(() =>
  z.pipe(z.string().check(z.regex(/^\/[^\0]*$/, 'must be an absolute path')), z.transform(withoutLastSlash)),
);

const placeText = onDemand(() =>
  z.pipe(
    z.string().check(
      z.refine((text) => /^\/[^\0]*$/.test(text) || partsOfBucketUrl(text) !== undefined, {
        error: 'must be an absolute path, or s3://BUCKET/PREFIX',
        params: { remedy: 'correct it' },
      }),
      z.refine((text) => BUCKET.test(partsOfBucketUrl(text)?.bucket ?? 'none'), {
        error: BUCKET_RULE.replace('must be', 'must have behind s3://'),
        params: { remedy: 'correct it' },
      }),
      z.refine((text) => PREFIX.test(partsOfBucketUrl(text)?.prefix ?? ''), {
        error: PREFIX_RULE.replace('must be', 'must have behind the bucket'),
        params: { remedy: 'correct it' },
      }),
    ),
    z.transform((text) => parseBucketUrl(text) ?? withoutLastSlash(text)),
  ),
);

const file = onDemand(() => z.string().check(z.minLength(1)));

/** S3 takes no smaller part but the last, and none larger than 5 GiB; two of them are held in memory. */
const SMALLEST_PART_BYTES = 5 * 1024 ** 2;
const LARGEST_PART_BYTES = 256 * 1024 ** 2;

/** A key that shows that the other kind of map is meant. */
const forbidden = (form: string) =>
  z
    .optional(z.never({ error: `must be ${form}` }))
    .check(z.describe('Not together with the keys of the other kind of place.'));
const withoutUrl = onDemand(() => forbidden('a mapping with a bucket and no URL'));
const withoutBucket = onDemand(() => forbidden('a mapping with a URL and no bucket'));

const scratch = onDemand(() =>
  z
    .prefault(absolutePath(), DEFAULT_SCRATCH)
    .check(
      z.describe(
        'A folder for what has to be on a disk for a while: what is fetched, and the archive itself where a URL takes it.',
      ),
    ),
);

const bucketFields = onDemand(() => ({
  bucket: z.string().check(z.regex(BUCKET, BUCKET_RULE), z.describe('The bucket.')),
  prefix: z
    .prefault(z.string().check(z.regex(PREFIX, PREFIX_RULE)), '')
    .check(z.describe('What all keys begin with, such as team/app.')),
  endpoint: z
    .optional(httpUrl())
    .check(
      z.describe('The URL of the server, where it is not Amazon. Default: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.'),
    ),
  region: z
    .optional(z.string().check(z.regex(/^[a-z0-9-]{1,50}$/, 'must be a region such as eu-central-1')))
    .check(z.describe('The region. Default: AWS_REGION or AWS_DEFAULT_REGION, else us-east-1.')),
  pathStyle: z
    .optional(z.boolean())
    .check(z.describe('Whether the bucket stands in the path of URLs, not in the host. Default: with an endpoint.')),
  accessKeyIdFile: z
    .optional(file())
    .check(
      z.describe(
        'A file with the access key ID, read for each snapshot. Default: what the AWS environment has: variables, the token of ' +
          'a service account, container credentials, ~/.aws.',
      ),
    ),
  secretAccessKeyFile: z.optional(file()).check(z.describe('A file with the secret access key.')),
  sessionTokenFile: z.optional(file()).check(z.describe('A file with the session token, if there is one.')),
  ca: z.optional(file()).check(z.describe('A PEM file with the certificates to trust. Default: those of Node.js.')),
  partSize: z
    .prefault(
      dataSize().check(
        z.refine((bytes) => bytes >= SMALLEST_PART_BYTES && bytes <= LARGEST_PART_BYTES, {
          error: 'must be from 5Mi to 256Mi',
          params: { remedy: 'leave it out, unless archives are larger than 80 GB' },
        }),
      ),
      `${DEFAULT_PART_BYTES / 1024 ** 2}Mi`,
    )
    .check(
      z.describe('How much is sent in one request; an archive has at most 10,000 parts, and two are held in memory.'),
    ),
  scratch: scratch(),
}));

const bucket = onDemand(() =>
  z.pipe(
    z.strictObject({ ...bucketFields(), url: withoutUrl(), urlFile: withoutUrl(), urlVariable: withoutUrl() }).check(
      z.refine(
        ({ accessKeyIdFile: id, secretAccessKeyFile: secret, sessionTokenFile: token }) =>
          id === undefined ? secret === undefined && token === undefined : secret !== undefined,
        {
          error: 'must have both accessKeyIdFile and secretAccessKeyFile, or none of them',
          params: { remedy: 'add the other one', unlessUnknownKeys: true },
        },
      ),
    ),
    z.transform((written): BucketPlace => {
      const { accessKeyIdFile: accessKeyId, secretAccessKeyFile: secretAccessKey, sessionTokenFile } = written;
      const hasKeys = accessKeyId !== undefined && secretAccessKey !== undefined;
      return {
        ...plainBucket(written.bucket, written.prefix),
        endpoint: written.endpoint?.href,
        region: written.region,
        pathStyle: written.pathStyle,
        keyFiles: hasKeys ? { accessKeyId, secretAccessKey, sessionToken: sessionTokenFile } : undefined,
        ca: written.ca,
        partBytes: written.partSize,
        scratch: written.scratch,
      };
    }),
  ),
);

const upload = onDemand(() => {
  const { url, ...otherRequestFields } = requestFields();
  return z
    .strictObject({
      bucket: withoutBucket(),
      url: z.optional(url),
      urlFile: z
        .optional(file())
        .check(z.describe('A file with the URL, read for each attempt: a presigned URL is a secret.')),
      urlVariable: z
        .optional(variableName())
        .check(
          z.describe(
            'The name of a captured value that is the URL: an answer decides who gets the archive. What is captured stands in the journal; what is in a file does not.',
          ),
        ),
      method: z.prefault(z.enum(['PUT', 'POST']), 'PUT').check(z.describe('The method.')),
      ...otherRequestFields,
      scratch: scratch(),
    })
    .check(exactlyOneOf(['url', 'urlFile', 'urlVariable'], 'name the URL'));
});

/** A URL that takes an archive, and where that URL stands. */
export type WrittenUpload = z.output<ReturnType<typeof upload>>;

/** A place that snapshots can be read from. */
export const sourcePlace = onDemand(() => z.union([placeText(), bucket()]));
export type WrittenSource = z.output<ReturnType<typeof sourcePlace>>;

/** A place that they are written to. */
export const destinationPlace = onDemand(() => z.union([placeText(), bucket(), upload()]));
export type WrittenDestination = z.output<ReturnType<typeof destinationPlace>>;
