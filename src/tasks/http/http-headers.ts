import * as z from 'zod/mini';
import { onDemand } from '../../config/on-demand.ts';
import { withoutWords } from '../hidden-words.ts';
import { readSmallFile } from '../small-file.ts';

/** Tokens are far smaller; Node's own servers refuse headers of 16 KiB. */
export const MAX_HEADER_FILE_BYTES = 16 * 1024;

/** RFC 9110, 5.6.2, but for what belongs to the connection, which is ours. */
const NAME =
  /^(?!(?:[Cc]onnection|[Cc]ontent-[Ll]ength|[Tt]ransfer-[Ee]ncoding|[Uu]pgrade)$)[-!#$%&'*+.^_`|~0-9A-Za-z]+$/;

const name = onDemand(() =>
  z
    .string()
    .check(z.regex(NAME, 'must be the name of a header that is not about the connection (Connection, Content-Length)')),
);

/** RFC 9110, 5.5: what may stand in a value. */
const VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/** Whether a text may be the value of a header. */
export function isHeaderValue(text: string): boolean {
  return VALUE.test(text);
}

const value = onDemand(() => z.string().check(z.regex(VALUE, 'must be one line of Latin-1 text')));

const file = onDemand(() => z.string().check(z.minLength(1)));

const prefixed = onDemand(() =>
  z.strictObject({
    file: file().check(z.describe('The file.')),
    prefix: z.prefault(value(), '').check(z.describe('What stands before its content, such as "Bearer ".')),
  }),
);

/** Headers whose values stand in the config. */
export const inlineHeaders = onDemand(() => z.record(name(), value()));

/** Headers whose values are files, so that secrets need not stand in the config and may be rotated. */
export const fileHeaders = onDemand(() => z.record(name(), z.union([prefixed(), file()])));

export interface HeaderSettings {
  readonly headers: z.output<ReturnType<typeof inlineHeaders>>;
  readonly headersFromFiles: z.output<ReturnType<typeof fileHeaders>>;
}

/** Reads the files and puts all headers together. Never rejects; a problem never holds a value. */
export async function resolveHeaders(
  settings: HeaderSettings,
): Promise<{ ok: true; headers: Record<string, string> } | { ok: false; problem: string }> {
  const headers = { ...settings.headers };
  for (const [name, source] of Object.entries(settings.headersFromFiles)) {
    const { file: path, prefix } = typeof source === 'string' ? { file: source, prefix: '' } : source;
    const read = await readSmallFile(path, MAX_HEADER_FILE_BYTES);
    if (!read.ok) return { ok: false, problem: `file of header ${name}, ${path}, is ${read.problem}` };
    const content = read.bytes.toString('latin1').trim();
    if (content === '') return { ok: false, problem: `file of header ${name}, ${path}, is empty` };
    if (!isHeaderValue(content))
      return { ok: false, problem: `file of header ${name}, ${path}, has more than one line` };
    headers[name] = prefix + content;
  }
  return { ok: true, headers };
}

/** Hides whatever of the headers' values and the URL's query stands in a line: a server may quote the request in its answer. */
export function withoutSentValues(line: string, headers: Readonly<Record<string, string>>, url: URL): string {
  // Of `session=abc` and `token="abc"` a server may quote the value alone.
  const words = Object.values(headers).flatMap((text) => [/[\s,;]+/, /[\s,;="']+/].flatMap((gap) => text.split(gap)));
  const query = url.search.slice(1);
  const values = query.split('&').map((part) => part.slice(part.indexOf('=') + 1));
  return withoutWords(line, [query, ...values, ...url.searchParams.values(), ...words]);
}
