import { goQuote, hasControlCharacter } from './go-text.ts';

export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

export interface RequestHead {
  readonly requestUri: string;
  readonly host: string;
  readonly userAgent: string;
  /** In any order and case: Go makes the names canonical and sorts them. */
  readonly fields: readonly HeaderField[];
  /** What Go's transport adds behind the sorted fields. */
  readonly extra: readonly HeaderField[];
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Written from other places of a request than its header fields. */
const NOT_A_FIELD = new Set(['Host', 'User-Agent', 'Content-Length', 'Transfer-Encoding', 'Trailer']);

/** The name as Go writes it: `x-api-KEY` becomes `X-Api-Key`; what is no token stays. */
export function canonicalName(name: string): string {
  return TOKEN.test(name) ? name.toLowerCase().replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase()) : name;
}

/** The value of a field, the first one where it stands more than once. */
export function fieldValue(fields: readonly HeaderField[], name: string): string | undefined {
  return fields.find((field) => canonicalName(field.name) === name)?.value;
}

/** Why Go refuses to send these fields; undefined when it sends them. */
export function fieldError(fields: readonly HeaderField[]): string | undefined {
  for (const { name, value } of fields) {
    if (!TOKEN.test(name)) return `net/http: invalid header field name ${goQuote(name)}`;
    if (hasControlCharacter(value.replaceAll('\t', ''))) {
      return `net/http: invalid header field value for ${goQuote(canonicalName(name))}`;
    }
  }
  return undefined;
}

/** The bytes of a GET, as Go's HTTP client writes them. */
export function requestBytes(head: RequestHead): Buffer {
  const fields = head.fields
    .map(({ name, value }) => ({ name: canonicalName(name), value: value.trim() }))
    .filter(({ name }) => !NOT_A_FIELD.has(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const agent = head.userAgent === '' ? [] : [{ name: 'User-Agent', value: head.userAgent }];
  const lines = [{ name: 'Host', value: head.host }, ...agent, ...fields, ...head.extra];
  const text = lines.map(({ name, value }) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`GET ${head.requestUri} HTTP/1.1\r\n${text}\r\n`);
}
