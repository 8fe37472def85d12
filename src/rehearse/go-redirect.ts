import type { Head } from './go-http-response.ts';
import { goQuote } from './go-text.ts';
import type { Target } from './go-url.ts';

/** One place that a GET is sent to. */
export interface Hop {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly target: Target;
}

const REDIRECTS = [301, 302, 303, 307, 308];

/** The address that an answer redirects to; undefined for every other answer. */
export function locationOf(head: Head): string | undefined {
  const location = head.headers.get('location')?.[0];
  return REDIRECTS.includes(head.status) && location !== '' ? location : undefined;
}

/**
 * Where a redirect leads: to the same host, whatever its port, it is followed; for any other host the answer that
 * redirects is the last one, which is undefined here. Source: `RedirectChecker(false)` of the kubelet.
 */
export function nextHop(from: Hop, location: string): Hop | { readonly error: string } | undefined {
  const url = URL.parse(location, from.target.url);
  if (url === null) return { error: `failed to parse Location header ${goQuote(location)}` };
  if (url.hostname !== URL.parse(from.target.url)?.hostname) return undefined;
  const scheme = url.protocol === 'http:' ? 'http' : 'https';
  const port = url.port === '' ? { http: 80, https: 443 }[scheme] : Number(url.port);
  return { scheme, host: from.host, port, target: { requestUri: url.pathname + url.search, url: url.href } };
}
