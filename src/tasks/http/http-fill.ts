import type { Lookalike } from '../../config/task-kind.ts';
import { createFilling, type VariableUse, variablesIn } from '../captured-values.ts';
import { bracesIn } from '../lookalikes.ts';
import { isHeaderValue } from './http-headers.ts';

/** What of a request may hold captured values. What comes from files never does: it is sent as it is. */
interface Texts {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export type Filled =
  | { readonly ok: true; readonly filled: Texts }
  /** Holds no value: it may be meant for nobody to see. */
  | { readonly ok: false; readonly problem: string };

/** Where a request uses captured values. */
export function variablesOf({ url, headers, body }: Texts): VariableUse[] {
  return [
    ...variablesIn(url.pathname + url.search, ['url']),
    ...Object.entries(headers).flatMap(([name, value]) => variablesIn(value, ['headers', name])),
    ...variablesIn(body, ['body']),
  ];
}

/** Where it has `${name}`, for which nothing is put. */
export function lookalikesOf({ url, headers, body }: Texts): Lookalike[] {
  return [
    ...bracesIn(url.pathname + url.search, ['url']),
    ...Object.entries(headers).flatMap(([name, value]) => bracesIn(value, ['headers', name])),
    ...bracesIn(body, ['body']),
  ];
}

/**
 * Puts captured values into a request so that none can change its shape: percent-encoded in the path and query, one line in a
 * header, and escaped in a body that is JSON. Into any other body they go as they are.
 */
export function fillRequest(texts: Texts, captured: ReadonlyMap<string, string>): Filled {
  const { fill, problem } = createFilling(captured);
  const path = fill(texts.url.pathname, encodeURIComponent);
  const query = fill(texts.url.search, encodeURIComponent);
  const headers = Object.entries(texts.headers).map(([name, value]) => [name, fill(value)] as const);
  const body = texts.body === undefined ? undefined : fill(texts.body, isJson(texts.body) ? inJsonText : undefined);
  const missing = problem();
  if (missing !== undefined) return { ok: false, problem: missing };

  const url = new URL(texts.url);
  url.pathname = path;
  url.search = query;
  // "." and ".." are steps of a path however they are encoded.
  if (url.pathname !== path) return { ok: false, problem: 'a captured value would lead to another path' };
  const [bad] = headers.find(([, value]) => !isHeaderValue(value)) ?? [];
  if (bad !== undefined) return { ok: false, problem: `a captured value must not stand in a header, in ${bad}` };
  return { ok: true, filled: { url, headers: Object.fromEntries(headers), body } };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function inJsonText(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
