import { readSmallFile } from '../small-file.ts';
import { fillRequest } from './http-fill.ts';
import { resolveHeaders } from './http-headers.ts';
import type { RequestSettings } from './http-request-settings.ts';

/** What is sent, and whom to trust. */
export interface PreparedRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly ca: Buffer | undefined;
}

export type Prepared = ({ readonly ok: true } & PreparedRequest) | { readonly ok: false; readonly problem: string };

type Settings = Pick<RequestSettings, 'url' | 'headers' | 'headersFromFiles' | 'ca'> & {
  readonly body?: string | undefined;
  readonly bodyFile?: string | undefined;
};

/** Fills in captured values, and reads what is in files, for each attempt anew: tokens and certificates are rotated. Never rejects. */
export async function prepareRequest(http: Settings, captured: ReadonlyMap<string, string>): Promise<Prepared> {
  const request = fillRequest(http, captured);
  if (!request.ok) return request;
  const { url, headers: inline, body: text } = request.filled;
  const headers = await resolveHeaders({ ...http, headers: inline });
  if (!headers.ok) return headers;
  const body = await optional(http.bodyFile, text === undefined ? undefined : Buffer.from(text));
  if (!body.ok) return { ok: false, problem: `bodyFile, ${http.bodyFile}, is ${body.problem}` };
  const ca = await optional(http.ca, undefined);
  if (!ca.ok) return { ok: false, problem: `ca, ${http.ca}, is ${ca.problem}` };
  return { ok: true, url, headers: headers.headers, body: body.bytes, ca: ca.bytes };
}

async function optional(path: string | undefined, otherwise: Buffer | undefined) {
  return path === undefined ? ({ ok: true, bytes: otherwise } as const) : readSmallFile(path);
}
