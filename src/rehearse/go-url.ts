import { goQuote, hasControlCharacter } from './go-text.ts';

/** Where a GET goes: what stands in its request line, and the URL as Go writes it into an error. */
export interface Target {
  readonly requestUri: string;
  readonly url: string;
}

/** What may stand in a path as it is, a percent sign with its two digits included. */
const PLAIN_PATH = /^(?:[\w\-.~!$&'()*+,;=:@[\]/]|%[0-9a-f]{2})*$/i;
const BAD_ESCAPE = /%(?![0-9a-f]{2}).{0,2}/i;

/** Host and port as they stand in a URL: IPv6 in brackets. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The target of a hook's path since Kubernetes 1.25: the path is read as a URL reference, whose authority is thrown
 * away (`//x/y` becomes `/y`); what is no URL reference is escaped as a whole. The query is passed on as it is, raw
 * spaces and bad escapes included. Source: `formatURL` of the kubelet, `url.Parse` and `URL.String` of Go.
 */
export function targetOfReference(scheme: string, authority: string, reference: string): Target {
  const { path, query, fragment } = split(reference);
  const wire = hasControlCharacter(reference) ? undefined : onTheWire(withoutAuthority(path));
  const requestUri = wire === undefined ? rooted(escapeBytes(Buffer.from(reference))) : rooted(wire) + query;
  return { requestUri, url: `${scheme}://${authority}${requestUri}${wire === undefined ? '' : fragment}` };
}

/**
 * The target of a hook's path up to Kubernetes 1.24, which wrote a slash between authority and path whatever the path
 * began with. A path that makes no URL fails the hook: then it is the error's text.
 */
export function targetByConcatenation(authority: string, reference: string): Target | { readonly error: string } {
  const url = `http://${authority}/${reference}`;
  if (hasControlCharacter(url)) return { error: `parse ${goQuote(url)}: net/url: invalid control character in URL` };
  const { path, query, fragment } = split(`/${reference}`);
  const wire = onTheWire(path);
  if (wire !== undefined) return { requestUri: wire + query, url: `http://${authority}${wire}${query}${fragment}` };
  const bad = BAD_ESCAPE.exec(path)?.[0] ?? '';
  return { error: `parse ${goQuote(url)}: invalid URL escape ${goQuote(bad)}` };
}

/** The parts of a URL reference, the query and the fragment with the character that begins them. */
function split(reference: string): { readonly path: string; readonly query: string; readonly fragment: string } {
  const [, path = '', query = '', fragment = ''] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(reference) ?? [];
  return { path, query, fragment };
}

function withoutAuthority(path: string): string {
  if (!path.startsWith('//') || path.startsWith('///')) return path;
  const slash = path.indexOf('/', 2);
  return slash === -1 ? '' : path.slice(slash);
}

function rooted(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

/** The path itself where every character may stand in a path, else escaped; undefined where an escape is broken. */
function onTheWire(path: string): string | undefined {
  if (PLAIN_PATH.test(path)) return path;
  return BAD_ESCAPE.test(path) ? undefined : escapeBytes(bytesOf(path));
}

function bytesOf(path: string): Buffer {
  const parts = path.split(/(%[0-9a-f]{2})/i);
  return Buffer.concat(parts.map((part, i) => (i % 2 === 1 ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part))));
}

function escapeBytes(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    text += /[\w\-.~$&+,/:;=@]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}
