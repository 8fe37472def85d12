import * as z from 'zod/mini';
import { onDemand } from '../../config/on-demand.ts';
import { fileHeaders, inlineHeaders } from './http-headers.ts';
import { httpUrl, shownUrl } from './http-url.ts';

const file = onDemand(() => z.string().check(z.minLength(1)));

/** unix(7): `sun_path` has 108 bytes, which Node.js fills to the last. A longer path makes every connect fail with EINVAL. */
const MAX_SOCKET_PATH_BYTES = 108;

const socketPath = onDemand(() =>
  z.string().check(
    z.minLength(1),
    z.refine((path) => Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES, {
      error: `must have at most ${MAX_SOCKET_PATH_BYTES} bytes, as Linux takes no longer path of a socket`,
      params: { remedy: 'mount its folder at a shorter path' },
    }),
  ),
);

/** The fields of everything that sends a request. */
export const requestFields = onDemand(() => ({
  url: httpUrl().check(
    z.describe(
      'The http or https URL, without user and password. It is shown without its query. Path and query may use captured values.',
    ),
  ),
  headers: z
    .prefault(inlineHeaders(), {})
    .check(z.describe('Headers. Their values are never shown, and may use captured values.')),
  headersFromFiles: z
    .prefault(fileHeaders(), {})
    .check(z.describe('Headers whose values are files, read again for each attempt: a file, or {file, prefix}.')),
  unixSocket: z.optional(socketPath()).check(z.describe("The Unix socket to connect to, instead of the URL's host.")),
  ca: z.optional(file()).check(z.describe('A PEM file with the certificates to trust. Default: those of Node.js.')),
  insecureSkipTLSVerify: z.prefault(z.boolean(), false).check(z.describe('Whether every certificate is accepted.')),
}));

export const methodField = onDemand(() =>
  z
    .prefault(z.string().check(z.regex(/^(?!CONNECT$)[A-Z]+$/, 'must be a method such as POST, in capitals')), 'GET')
    .check(z.describe('The method.')),
);

/** Where and how to send a request, decoded. */
export type RequestSettings = z.output<z.ZodMiniObject<ReturnType<typeof requestFields>>>;

/** What must hold between the fields. */
export const requestChecks = onDemand(
  () =>
    [
      z.refine<RequestSettings>(
        ({ url, ca, insecureSkipTLSVerify: insecure }) => url.protocol === 'https:' || (ca === undefined && !insecure),
        {
          error: 'must have an https URL where ca or insecureSkipTLSVerify is set',
          params: { remedy: 'write https://, or remove them' },
        },
      ),
      z.refine<RequestSettings>(
        ({ headers, headersFromFiles }) => areDistinct([...Object.keys(headers), ...Object.keys(headersFromFiles)]),
        {
          error: 'must name each header once',
          params: { remedy: 'remove one of them; upper and lower case are the same here' },
        },
      ),
    ] as const,
);

function areDistinct(names: readonly string[]): boolean {
  return new Set(names.map((name) => name.toLowerCase())).size === names.length;
}

/** The target of a request for people: the URL without its query, and the socket. */
export function shownTarget({ url, unixSocket, insecureSkipTLSVerify }: RequestSettings): string {
  const through = unixSocket === undefined ? '' : ` through ${unixSocket}`;
  return `${shownUrl(url)}${through}${insecureSkipTLSVerify ? ', any certificate accepted' : ''}`;
}
