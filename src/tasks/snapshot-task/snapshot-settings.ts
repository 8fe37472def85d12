import * as z from 'zod/mini';
import { durationField } from '../../config/fields.ts';
import { onDemand } from '../../config/on-demand.ts';
import { execTask } from '../exec.ts';
import { methodField, requestChecks, requestFields } from '../http/http-request-settings.ts';
import { httpTask } from '../http.ts';
import { NAME } from '../snapshot/file-names.ts';
import { FORMATS } from '../snapshot/format-names.ts';
import { snapshotName } from './snapshot-name.ts';
import { absolutePath, destinationPlace } from './snapshot-place.ts';
import { dataRate, dataSize } from './snapshot-sizes.ts';

/** Thawing takes a moment; what takes longer says so. */
const AFTER_TIMEOUT_MS = 5000;

const fetched = onDemand(() =>
  z
    .strictObject({
      method: methodField(),
      ...requestFields(),
      as: z
        .string()
        .check(z.regex(NAME, 'must be a plain file name'), z.describe('The name of the file in the archive.')),
    })
    .check(...requestChecks()),
);

const source = onDemand(() => z.union([absolutePath(), fetched()]));

/** Kinds that may stand before and after the copy. What else the table has would make the schema hold itself. */
const action = onDemand(() =>
  z
    .strictObject({
      exec: z.optional(execTask.schema()).check(z.describe('As the task `exec`.')),
      http: z.optional(httpTask.schema()).check(z.describe('As the task `http`.')),
    })
    .check(
      z.refine(({ exec, http }) => (exec === undefined) !== (http === undefined), {
        error: 'must have either exec or http',
        params: { remedy: 'make an entry of the list of each', unlessUnknownKeys: true },
        when: ({ value }) => typeof value === 'object' && value !== null,
      }),
    ),
);

const glob = onDemand(() => z.string().check(z.minLength(1), z.maxLength(1000)));

const written = onDemand(() =>
  z
    .strictObject({
      source: z
        .optional(source())
        .check(
          z.describe(
            'What is saved: the absolute path of a folder or file, or one with `*`, `?` and `**`; or a map with a `url` to fetch and ' +
              '`as`, and the fields of `http` for its request. Either this or `sources`.',
          ),
        ),
      sources: z
        .optional(z.array(source()).check(z.minLength(1), z.maxLength(100)))
        .check(
          z.describe(
            'Several of them. In the archive they lie below the folder that all have in common. Either this or `source`.',
          ),
        ),
      destination: destinationPlace().check(
        z.describe(
          'Where the snapshots are kept: a folder, such as a mounted volume, which is made if its parent is there; `s3://BUCKET/PREFIX`, ' +
            'or a map with a `bucket`, for S3-compatible object storage; or a map with a `url` that takes one archive.',
        ),
      ),
      name: z
        .prefault(snapshotName, '{container}')
        .check(
          z.describe(
            'What the snapshots are called: `NAME-TIME.tar.zst`. `{container}` and `{hostname}` are filled in; pods that share a ' +
              'folder need different names.',
          ),
        ),
      format: z.prefault(z.enum(FORMATS), 'tar.zst').check(z.describe('How the archive is made.')),
      level: z
        .optional(z.int().check(z.gte(1), z.lte(12)))
        .check(
          z.describe('How much work is put into compression, up to 12, for tar.gz up to 9. Default: 3, for tar.gz 6.'),
        ),
      keep: z
        .prefault(z.int().check(z.gte(1), z.lte(1000)), 3)
        .check(
          z.describe('How many good snapshots stay, the new one included; of smaller ones kept beside them, as many.'),
        ),
      minBytes: z
        .prefault(dataSize(), '0B')
        .check(z.describe('With less content than this, such as 10MB or 1Gi, nothing is kept and the task fails.')),
      minFiles: z
        .prefault(z.int().check(z.gte(0)), 0)
        .check(z.describe('With fewer files than this nothing is kept and the task fails.')),
      onSmaller: z
        .prefault(z.enum(['keepBoth', 'fail', 'allow']), 'keepBoth')
        .check(
          z.describe(
            'What happens with a snapshot that is smaller than the last good one: it is kept beside it and never restored by ' +
              'itself (keepBoth), not kept at all (fail), or takes its place (allow).',
          ),
        ),
      smallerThan: z
        .prefault(z.string().check(z.regex(/^([1-9][0-9]?|100)%$/, 'must be a share from 1% to 100%')), '50%')
        .check(
          z.describe(
            "What counts as smaller: fewer files or bytes than this share of the last good one's. None at all always does.",
          ),
        ),
      exclude: z
        .prefault(z.array(glob()).check(z.maxLength(100)), [])
        .check(
          z.describe(
            'What is left out: patterns with `*`, `?` and `**` for paths in the archive, or, without a slash, for names anywhere.',
          ),
        ),
      limit: z
        .optional(dataRate())
        .check(
          z.describe(
            'How much is read from the sources in a second at most, and of object storage read back, and to a URL sent, such as 50MB/s. ' +
              'Default: no limit.',
          ),
        ),
      before: z
        .prefault(z.array(action()).check(z.maxLength(20)), [])
        .check(
          z.describe(
            'What is done before the copy, in order, as a list of `exec` and `http`: a flush, a freeze. If one fails, there is no copy.',
          ),
        ),
      after: z
        .prefault(z.array(action()).check(z.maxLength(20)), [])
        .check(z.describe('What is done after it whatever happened, each of the list: the thaw.')),
      afterTimeout: durationField(
        'The longest time for all of `after`. It is kept free for when the time of the task is over; of a short grace half at most is.',
        AFTER_TIMEOUT_MS,
      ),
    })
    .check(
      z.refine(({ source: one, sources }) => (one === undefined) !== (sources === undefined), {
        error: 'must have either source or sources',
        params: { remedy: 'write source: /data', unlessUnknownKeys: true },
        when: ({ value }) => typeof value === 'object' && value !== null,
      }),
      z.refine(({ format, level }) => format !== 'tar.gz' || level === undefined || level <= 9, {
        error: 'must have a level of at most 9 for tar.gz',
        params: { remedy: 'lower it, or use tar.zst' },
      }),
      z.refine(({ sources = [] }) => new Set(namesOf(sources)).size === namesOf(sources).length, {
        error: 'must have each name of a fetched file once',
        params: { remedy: 'give them different names with as' },
      }),
    ),
);

/** What stands below `snapshot`. */
export const snapshotSettings = onDemand(() =>
  z.pipe(
    written(),
    z.transform(({ source: one, sources = [], smallerThan, level, ...rest }) => ({
      ...rest,
      sources: one === undefined ? sources : [one],
      /** Where each of the sources stands. */
      pathOf: (index: number) => (one === undefined ? ['sources', index] : ['source']),
      smallerThan: Number.parseInt(smallerThan, 10) / 100,
      level: level ?? (rest.format === 'tar.gz' ? 6 : 3),
    })),
  ),
);
export type SnapshotSettings = z.output<ReturnType<typeof snapshotSettings>>;

/** Something to fetch over HTTP. */
export type FetchedSource = z.output<ReturnType<typeof fetched>>;
/** An entry of `before` or `after`. */
export type QuiesceAction = z.output<ReturnType<typeof action>>;

function namesOf(sources: readonly (string | FetchedSource)[]): string[] {
  return sources.flatMap((each) => (typeof each === 'string' ? [] : [each.as]));
}
