import * as z from 'zod/mini';
import { byteSize } from './byte-size.ts';
import { captureSettings } from './http-capture.ts';
import { fileHeaders, inlineHeaders } from './http-headers.ts';
import { expectedStatuses, statusMeanings } from './http-status.ts';
import { httpUrl } from './http-url.ts';

const file = z.string().check(z.minLength(1));

/** What stands below `http`. */
export const httpSettings = z
  .strictObject({
    method: z
      .prefault(z.string().check(z.regex(/^(?!CONNECT$)[A-Z]+$/, 'must be a method such as POST, in capitals')), 'GET')
      .check(z.describe('The method.')),
    url: httpUrl.check(
      z.describe(
        'The http or https URL, without user and password. It is shown without its query. Path and query may use captured values.',
      ),
    ),
    headers: z
      .prefault(inlineHeaders, {})
      .check(z.describe('Headers. Their values are never shown, and may use captured values.')),
    headersFromFiles: z
      .prefault(fileHeaders, {})
      .check(z.describe('Headers whose values are files, read again for each attempt: a file, or {file, prefix}.')),
    body: z
      .optional(z.string())
      .check(z.describe('The body, which may use captured values. At most one of this and `bodyFile`.')),
    bodyFile: z
      .optional(file)
      .check(z.describe('The file that is the body, at most 1Mi, read again for each attempt.')),
    expect: z
      .prefault(expectedStatuses, ['2xx'])
      .check(z.describe('Statuses, such as 200, and classes of them, such as "2xx", that mean success.')),
    onStatus: z
      .prefault(statusMeanings, {})
      .check(
        z.describe(
          'What statuses or classes mean: ok, retry, skip (there is nothing to do, a good end) or fail. ' +
            'Of those not expected and not listed, 408, 425, 429, 500, 502, 503 and 504 mean retry, all others fail.',
        ),
      ),
    capture: z
      .prefault(captureSettings, {})
      .check(
        z.describe(
          'Values that later tasks of the hook may use as `$(name)`: by name, the JSON path of each in the answer, such as ' +
            '`nodeId: $.node_id`. All have to be there and not empty, at most 20 of 1 KiB; they stand in the journal, so no secrets.',
        ),
      ),
    unixSocket: z.optional(file).check(z.describe("The Unix socket to connect to, instead of the URL's host.")),
    ca: z.optional(file).check(z.describe('A PEM file with the certificates to trust. Default: those of Node.js.')),
    insecureSkipTLSVerify: z.prefault(z.boolean(), false).check(z.describe('Whether every certificate is accepted.')),
    maxBody: z
      .prefault(byteSize, '64Ki')
      .check(z.describe("How much of the answer's body is read, in Ki or Mi. Its first lines are shown.")),
  })
  .check(
    z.refine(({ body, bodyFile }) => body === undefined || bodyFile === undefined, {
      error: 'must have at most one of body and bodyFile',
      params: { remedy: 'remove one of them' },
    }),
    z.refine(
      ({ url, ca, insecureSkipTLSVerify: insecure }) => url.protocol === 'https:' || (ca === undefined && !insecure),
      {
        error: 'must have an https URL where ca or insecureSkipTLSVerify is set',
        params: { remedy: 'write https://, or remove them' },
      },
    ),
    z.refine(
      ({ headers, headersFromFiles }) => areDistinct([...Object.keys(headers), ...Object.keys(headersFromFiles)]),
      {
        error: 'must name each header once',
        params: { remedy: 'remove one of them; upper and lower case are the same here' },
      },
    ),
  );

export type HttpSettings = z.output<typeof httpSettings>;

function areDistinct(names: readonly string[]): boolean {
  return new Set(names.map((name) => name.toLowerCase())).size === names.length;
}
