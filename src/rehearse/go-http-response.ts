import type { Connection } from './go-connection.ts';
import { goQuote } from './go-text.ts';

/** How long the body is, as the head tells: so many bytes, in chunks, or up to the end of the connection. */
export type BodyLength = number | 'chunked' | 'untilClose';

export interface Head {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: BodyLength;
  /** The server will close the connection after this answer. */
  readonly close: boolean;
}

/** Go's default for the size of an answer's head, in bytes. */
const HEAD_LIMIT = 10 * 1024 * 1024;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Reads an answer's head, up to five interim answers (1xx) skipped; else the text of Go's error. */
export async function readHead(connection: Connection): Promise<Head | { readonly error: string }> {
  for (let interim = 0; interim <= 5; interim += 1) {
    const head = await readOneHead(connection);
    if ('error' in head || head.status >= 200 || head.status === 101) return head;
  }
  return { error: 'net/http: too many 1xx informational responses' };
}

async function readOneHead(connection: Connection): Promise<Head | { readonly error: string }> {
  const first = await connection.readLine(HEAD_LIMIT);
  if ('end' in first) return { error: first.end };
  const start = parseStatusLine(first.bytes);
  if ('error' in start) return start;
  const headers = await readHeaders(connection, HEAD_LIMIT - first.bytes.length);
  return 'error' in headers ? headers : withBody(start, headers.fields);
}

type StatusLine = { readonly status: number; readonly oneDotZero: boolean };

function parseStatusLine(bytes: Buffer): StatusLine | { readonly error: string } {
  const line = bytes.toString('latin1');
  const space = line.indexOf(' ');
  if (space === -1) return { error: `malformed HTTP response ${goQuote(bytes)}` };
  const proto = line.slice(0, space);
  const code = line.slice(space).trimStart().split(' ', 1)[0] ?? '';
  if (!/^\+?\d+$/.test(code) || code.length !== 3) {
    return { error: `malformed HTTP status code ${goQuote(Buffer.from(code, 'latin1'))}` };
  }
  const version = /^HTTP\/\d\.\d$/.test(proto);
  if (!version) return { error: `malformed HTTP version ${goQuote(Buffer.from(proto, 'latin1'))}` };
  return { status: Number(code), oneDotZero: proto === 'HTTP/1.0' };
}

type Headers = { readonly fields: Map<string, string[]> };

async function readHeaders(connection: Connection, limit: number): Promise<Headers | { readonly error: string }> {
  const fields = new Map<string, string[]>();
  let last: string[] | undefined;
  for (let left = limit; left > 0; ) {
    const line = await connection.readLine(left);
    if ('end' in line) return { error: line.end };
    left -= line.bytes.length + 1;
    const text = line.bytes.toString('utf8').trim();
    if (line.bytes.length === 0) return { fields };
    if (line.bytes[0] === 0x20 || line.bytes[0] === 0x09) {
      if (last === undefined) return { error: `malformed MIME header initial line: ${line.bytes.toString('utf8')}` };
      last.push(`${last.pop() ?? ''} ${text}`);
      continue;
    }
    const colon = text.indexOf(':');
    if (colon === -1) return { error: `malformed MIME header: missing colon: ${goQuote(line.bytes)}` };
    const name = text.slice(0, colon);
    if (!TOKEN.test(name)) return { error: `malformed MIME header line: ${text}` };
    last = fields.get(name.toLowerCase()) ?? [];
    last.push(text.slice(colon + 1).trim());
    fields.set(name.toLowerCase(), last);
  }
  return { error: `net/http: server response headers exceeded ${HEAD_LIMIT} bytes; aborted` };
}

function withBody(start: StatusLine, headers: Map<string, string[]>): Head | { readonly error: string } {
  const length = bodyLength(start, headers);
  if (typeof length === 'object') return length;
  const connection = (headers.get('connection') ?? [])
    .join(',')
    .toLowerCase()
    .split(/[\s,]+/);
  const keep = start.oneDotZero ? connection.includes('keep-alive') : !connection.includes('close');
  return { status: start.status, headers, body: length, close: !keep };
}

function bodyLength(start: StatusLine, headers: Map<string, string[]>): BodyLength | { readonly error: string } {
  const encodings = start.oneDotZero ? [] : (headers.get('transfer-encoding') ?? []);
  if (encodings.length > 1) {
    return { error: `too many transfer encodings: [${encodings.map((each) => goQuote(each)).join(' ')}]` };
  }
  const encoding = encodings[0];
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') {
    return { error: `unsupported transfer encoding: ${goQuote(encoding)}` };
  }
  if (start.status === 204 || start.status === 304) return 0;
  if (encoding !== undefined) return 'chunked';
  const lengths = headers.get('content-length');
  const length = lengths?.[0];
  if (lengths === undefined || length === undefined) return 'untilClose';
  if (lengths.some((each) => each !== length)) {
    const all = lengths.map((each) => goQuote(each)).join(' ');
    return { error: `http: message cannot contain multiple Content-Length headers; got [${all}]` };
  }
  return /^\d+$/.test(length) ? Number(length) : { error: `bad Content-Length ${goQuote(length)}` };
}

/** A body, as far as it was read. `complete` when its end was seen, so that the connection can serve the next request. */
export interface Body {
  readonly bytes: Buffer;
  readonly complete: boolean;
}

/** Reads at most `limit` bytes of the body. A body that breaks off is no error: nobody looks. */
export async function readBody(connection: Connection, length: BodyLength, limit: number): Promise<Body> {
  if (length === 'chunked') return readChunks(connection, limit);
  const wanted = length === 'untilClose' ? Number.POSITIVE_INFINITY : length;
  const parts: Buffer[] = [];
  let size = 0;
  while (size < Math.min(wanted, limit)) {
    const part = await connection.read(Math.min(wanted, limit) - size);
    if ('end' in part) break;
    parts.push(part.bytes);
    size += part.bytes.length;
  }
  return { bytes: Buffer.concat(parts), complete: size === wanted };
}

async function readChunks(connection: Connection, limit: number): Promise<Body> {
  const parts: Buffer[] = [];
  for (let left = limit; left > 0; ) {
    const line = await connection.readLine(4096);
    const size = 'end' in line ? Number.NaN : Number.parseInt(line.bytes.toString('latin1'), 16);
    if (size === 0) return { bytes: Buffer.concat(parts), complete: await skipTrailer(connection) };
    if (Number.isNaN(size)) break;
    const chunk = await readBody(connection, size, left);
    parts.push(chunk.bytes);
    left -= chunk.bytes.length;
    if (!chunk.complete || 'end' in (await connection.readLine(2))) break;
  }
  return { bytes: Buffer.concat(parts), complete: false };
}

async function skipTrailer(connection: Connection): Promise<boolean> {
  for (;;) {
    const line = await connection.readLine(4096);
    if ('end' in line) return false;
    if (line.bytes.length === 0) return true;
  }
}
