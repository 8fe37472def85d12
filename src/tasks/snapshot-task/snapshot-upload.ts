import { existsSync } from 'node:fs';
import type { ActionProblem } from '../../config/task-kind.ts';
import { type VariableUse, variablesIn } from '../captured-values.ts';
import { checkHttp } from '../http/http-check.ts';
import { prepareRequest } from '../http/http-prepare.ts';
import { shownUrl } from '../http/http-url.ts';
import { readSmallFile } from '../small-file.ts';
import type { UploadPlace } from '../snapshot/place.ts';
import type { WrittenUpload } from './snapshot-place.ts';

/** Presigned URLs have up to two thousand characters. */
const LONGEST_URL_BYTES = 16 * 1024;

/** The URL for people: without its query, or where it stands. */
export function shownUpload({ url, urlFile, urlVariable }: WrittenUpload): string {
  if (url !== undefined) return shownUrl(url);
  return urlFile === undefined ? `the URL captured as ${urlVariable}` : `the URL in ${urlFile}`;
}

/** Where an upload uses captured values. */
export function variablesOfUpload({ url, urlVariable, headers }: WrittenUpload): VariableUse[] {
  return [
    ...(urlVariable === undefined ? [] : [{ name: urlVariable, path: ['urlVariable'] }]),
    ...(url === undefined ? [] : variablesIn(url.pathname + url.search, ['url'])),
    ...Object.entries(headers).flatMap(([name, value]) => variablesIn(value, ['headers', name])),
  ];
}

export function checkUpload(upload: WrittenUpload): ActionProblem[] {
  const { urlFile } = upload;
  const problems = checkHttp(upload);
  if (urlFile === undefined || existsSync(urlFile)) return problems;
  const remedy = 'mount it into this container, unless it is written later';
  const rule = 'must be a file that can be read';
  return [...problems, { severity: 'warning', path: ['urlFile'], rule, value: `${urlFile} (not there)`, remedy }];
}

export type PreparedUpload =
  | { readonly ok: true; readonly place: UploadPlace }
  | { readonly ok: false; readonly problem: string };

/** What stands for the URL while the rest is filled in. */
const NO_URL = new URL('http://localhost/');

/** Reads the files and fills in captured values, for each attempt anew. Never rejects; a problem never holds the URL. */
export async function prepareUpload(
  upload: WrittenUpload,
  captured: ReadonlyMap<string, string>,
): Promise<PreparedUpload> {
  const { method, unixSocket, insecureSkipTLSVerify, scratch } = upload;
  const prepared = await prepareRequest({ ...upload, url: upload.url ?? NO_URL }, captured);
  if (!prepared.ok) return prepared;
  const url = upload.url === undefined ? await findUrl(upload, captured) : prepared.url;
  if (typeof url === 'string') return { ok: false, problem: url };
  const { headers, ca } = prepared;
  const shown = shownUpload(upload);
  return {
    ok: true,
    place: { kind: 'upload', method, url: url.href, shown, headers, unixSocket, ca, insecureSkipTLSVerify, scratch },
  };
}

/** A text is what is wrong. */
async function findUrl({ urlFile, urlVariable = '' }: WrittenUpload, captured: ReadonlyMap<string, string>) {
  if (urlFile === undefined) {
    const value = captured.get(urlVariable);
    if (value === undefined) return `no earlier task of this run captured ${urlVariable}`;
    return parseUrl(value) ?? `what was captured as ${urlVariable} is not an http or https URL`;
  }
  const read = await readSmallFile(urlFile, LONGEST_URL_BYTES);
  if (!read.ok) return `urlFile, ${urlFile}, is ${read.problem}`;
  return parseUrl(read.bytes.toString('utf8')) ?? `urlFile, ${urlFile}, holds no http or https URL`;
}

function parseUrl(text: string): URL | undefined {
  const url = URL.parse(text.trim());
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined;
}
