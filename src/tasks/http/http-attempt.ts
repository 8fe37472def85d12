import type { AttemptContext, AttemptResult } from '../../hooks/task.ts';
import { LineSplitter } from '../line-splitter.ts';
import { captureFrom } from './http-capture.ts';
import { exchange, type HttpAnswer } from './http-exchange.ts';
import { whyCutOff } from './http-failure.ts';
import { withoutSentValues } from './http-headers.ts';
import { type PreparedRequest, prepareRequest } from './http-prepare.ts';
import type { HttpSettings } from './http-settings.ts';
import { meaningOf } from './http-status.ts';

/** How much of an answer's body is worth lines in the log. */
const SHOWN_LINES = 20;

/** Sends the request once. Never rejects; no reason or line of output holds a header's value or the URL's query. */
export async function attemptHttp(http: HttpSettings, attempt: AttemptContext): Promise<AttemptResult> {
  const { signal } = attempt;
  const prepared = await prepareRequest(http, attempt.captured);
  if (!prepared.ok) return failed(`could not be sent: ${prepared.problem}`);
  if (signal.aborted) return failed('was told to stop');

  const captures = Object.keys(http.capture).length > 0;
  const body: Buffer[] = [];
  const shown = showLines(attempt, prepared);
  const end = await exchange(
    { ...http, ...prepared, headers: traced(prepared.headers, attempt), unixSocket: http.unixSocket },
    {
      signal,
      maxBodyBytes: http.maxBody,
      onBody(chunk) {
        shown.push(chunk);
        if (captures) body.push(chunk);
      },
    },
  );
  shown.end();
  return end.kind === 'unanswered' ? failed(end.reason, end.retryable) : judge(http, end, Buffer.concat(body), signal);
}

/** A `traceparent` that the config has stays. */
function traced(headers: PreparedRequest['headers'], { traceparent }: AttemptContext): PreparedRequest['headers'] {
  const isSet = Object.keys(headers).some((name) => name.toLowerCase() === 'traceparent');
  return isSet ? headers : { ...headers, traceparent };
}

/** Shows the first lines of an answer, without what of our own request stands in them. */
function showLines(attempt: AttemptContext, { headers, url }: Pick<PreparedRequest, 'headers' | 'url'>) {
  let count = 0;
  const lines = new LineSplitter((line) => {
    count += 1;
    if (count <= SHOWN_LINES) attempt.output(withoutSentValues(line, headers, url));
  });
  return {
    push: (chunk: Buffer) => void lines.push(chunk),
    end() {
      lines.end();
      if (count > SHOWN_LINES) attempt.output(`hookkeeper: shows the first ${SHOWN_LINES} lines of the answer only`);
    },
  };
}

function judge(http: HttpSettings, { status, complete }: HttpAnswer, body: Buffer, signal: AbortSignal): AttemptResult {
  const answered = `answered ${status} ${process.getBuiltinModule('node:http').STATUS_CODES[status] ?? ''}`.trimEnd();
  const meaning = meaningOf(status, http);
  switch (meaning) {
    case 'ok':
      return complete ? succeeded(http, answered, body) : failed(`${answered}, but ${whyCutOff(signal)}`);
    case 'skip':
      return { outcome: 'skipped', reason: `${answered}, which means that there is nothing to do` };
    case 'retry':
    case 'fail':
      return failed(`${answered}, expected ${http.expect.join(' or ')}`, meaning === 'retry');
  }
}

function succeeded({ capture, maxBody }: HttpSettings, answered: string, body: Buffer): AttemptResult {
  if (Object.keys(capture).length === 0) return { outcome: 'succeeded' };
  const found = captureFrom(new TextDecoder().decode(body), capture);
  if (found.ok) return { outcome: 'succeeded', captured: found.captured };
  const cut = body.length >= maxBody ? `, of which maxBody had only ${maxBody / 1024}Ki read` : '';
  return failed(`${answered}, but ${found.problem}${cut}`);
}

function failed(reason: string, retryable = true): AttemptResult {
  return { outcome: 'failed', reason, retryable };
}
