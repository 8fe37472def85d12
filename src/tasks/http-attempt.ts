import type { AttemptContext, AttemptResult } from '../hooks/task.ts';
import { exchange, type HttpAnswer } from './http-exchange.ts';
import { resolveHeaders, withoutSentValues } from './http-headers.ts';
import type { HttpSettings } from './http-settings.ts';
import { meaningOf } from './http-status.ts';
import { LineSplitter } from './line-splitter.ts';
import { readSmallFile } from './small-file.ts';

/** How much of an answer's body is worth lines in the log. */
const SHOWN_LINES = 20;

/** Sends the request once. Never rejects; no reason or line of output holds a header's value or the URL's query. */
export async function attemptHttp(http: HttpSettings, attempt: AttemptContext): Promise<AttemptResult> {
  const { signal } = attempt;
  const prepared = await prepare(http);
  if (!prepared.ok) return failed(`could not be sent: ${prepared.problem}`);
  if (signal.aborted) return failed('was told to stop');
  const { headers } = prepared;

  let count = 0;
  const lines = new LineSplitter((line) => {
    count += 1;
    if (count <= SHOWN_LINES) attempt.output(withoutSentValues(line, headers, http.url));
  });
  const end = await exchange(
    { ...http, ...prepared, unixSocket: http.unixSocket },
    { signal, maxBodyBytes: http.maxBody, onBody: (chunk) => lines.push(chunk) },
  );
  lines.end();
  if (count > SHOWN_LINES) attempt.output(`hookkeeper: shows the first ${SHOWN_LINES} lines of the answer only`);
  return end.kind === 'unanswered' ? failed(end.reason, end.retryable) : judge(http, end);
}

type Prepared =
  | {
      readonly ok: true;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Buffer | undefined;
      readonly ca: Buffer | undefined;
    }
  | { readonly ok: false; readonly problem: string };

/** Reads what is in files, for each attempt anew: tokens and certificates are rotated. */
async function prepare(http: HttpSettings): Promise<Prepared> {
  const headers = await resolveHeaders(http);
  if (!headers.ok) return headers;
  const body = await optional(http.bodyFile, http.body === undefined ? undefined : Buffer.from(http.body));
  if (!body.ok) return { ok: false, problem: `bodyFile, ${http.bodyFile}, is ${body.problem}` };
  const ca = await optional(http.ca, undefined);
  if (!ca.ok) return { ok: false, problem: `ca, ${http.ca}, is ${ca.problem}` };
  return { ok: true, headers: headers.headers, body: body.bytes, ca: ca.bytes };
}

async function optional(path: string | undefined, otherwise: Buffer | undefined) {
  return path === undefined ? ({ ok: true, bytes: otherwise } as const) : readSmallFile(path);
}

function judge(http: HttpSettings, { status, complete }: HttpAnswer): AttemptResult {
  const answered = `answered ${status} ${process.getBuiltinModule('node:http').STATUS_CODES[status] ?? ''}`.trimEnd();
  const meaning = meaningOf(status, http);
  switch (meaning) {
    case 'ok':
      return complete ? { outcome: 'succeeded' } : failed(`${answered}, but the connection broke within the body`);
    case 'skip':
      return { outcome: 'skipped', reason: `${answered}, which means that there is nothing to do` };
    case 'retry':
    case 'fail':
      return failed(`${answered}, expected ${http.expect.join(' or ')}`, meaning === 'retry');
  }
}

function failed(reason: string, retryable = true): AttemptResult {
  return { outcome: 'failed', reason, retryable };
}
