import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline } from 'node:stream/promises';
import { httpFailure } from '../http/http-failure.ts';
import { meaningOf } from '../http/http-status.ts';
import { mustHaveProxy, OUTWARD } from './outward.ts';
import type { UploadPlace } from './place.ts';
import { SnapshotProblem, Stopped } from './problem.ts';

export interface ArchiveBody {
  readonly bytes: number;
  readonly md5: Buffer;
  readonly body: AsyncGenerator<Buffer, void, void>;
}

/** A server that says and takes nothing for so long is given up, in ms. */
const SILENCE_MS = 60_000;

/** A server that does not know `Expect` is not waited for longer, in ms. */
const INVITATION_MS = 1000;

const GOOD = { expect: ['2xx'], onStatus: {} } as const;

/**
 * Sends an archive in one request, with its length and MD5 (RFC 1864), by which servers that know it see whether it came
 * whole. Follows no redirect: the body is sent but once. Throws `SnapshotProblem`, in which nothing of the URL stands but
 * its host.
 */
export async function sendArchive(
  place: UploadPlace,
  { bytes, md5, body }: ArchiveBody,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(place.url);
  const target = place.unixSocket ?? url.host;
  const failed = (why: string, retryable: boolean) =>
    new SnapshotProblem(`the archive was not taken by ${place.shown}: ${why}`, retryable);
  if (place.unixSocket === undefined) mustHaveProxy();
  const request = openRequest(place, url, { 'Content-Length': bytes, 'Content-MD5': md5.toString('base64') }, signal);
  const { promise: status, resolve, reject } = Promise.withResolvers<number>();
  let isEarly = false;
  request.on('response', (answer) => {
    isEarly = !request.writableFinished;
    answer.resume();
    resolve(answer.statusCode ?? 0);
  });
  request.on('error', reject);
  request.on('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  request.setTimeout(SILENCE_MS, () => request.destroy(Object.assign(new Error('silent'), { code: 'ETIMEDOUT' })));
  status.catch(() => {});
  try {
    await Promise.race([status, invited(request)]);
    // What goes wrong is seen by the request's own events; an answer may come before all is sent.
    const sent = pipeline(isEarly ? [] : body, request).catch((error: unknown) => error);
    const got = await status.catch(async (error: unknown) => {
      // The body itself may be what broke off.
      const why = await sent;
      throw why instanceof SnapshotProblem ? why : error;
    });
    const meaning = meaningOf(got, GOOD);
    if (meaning !== 'ok') throw failed(`it answered ${got}`, meaning === 'retry');
    if (isEarly) throw failed('it answered before it had all', true);
  } catch (error) {
    if (error instanceof SnapshotProblem) throw error;
    if (signal.aborted) throw new Stopped();
    const { reason, retryable } = httpFailure(error, target);
    throw failed(reason, retryable);
  } finally {
    request.destroy();
    await body.return();
  }
}

/**
 * Resolves when the server wants the body, or says nothing of it (RFC 9110, 10.1.1). One that refuses it says so before any
 * of it is sent: later, its answer may be lost with the connection.
 */
async function invited(request: http.ClientRequest): Promise<undefined> {
  const wanted = Promise.withResolvers<void>();
  request.once('continue', wanted.resolve);
  const timer = setTimeout(wanted.resolve, INVITATION_MS);
  request.flushHeaders();
  await wanted.promise;
  clearTimeout(timer);
}

function openRequest(place: UploadPlace, url: URL, own: http.OutgoingHttpHeaders, signal: AbortSignal) {
  const { method, unixSocket, ca, insecureSkipTLSVerify } = place;
  const headers = { 'User-Agent': 'hookkeeper', ...place.headers, ...own, Expect: '100-continue', Connection: 'close' };
  const options = { method, headers, signal };
  // One that no pool keeps.
  const through = unixSocket === undefined ? undefined : { agent: false, socketPath: unixSocket };
  if (url.protocol === 'http:')
    return http.request(url, { ...options, ...(through ?? { agent: new http.Agent(OUTWARD) }) });
  const trusted = { ...(ca !== undefined && { ca: Buffer.from(ca) }), rejectUnauthorized: !insecureSkipTLSVerify };
  const agent = () => new https.Agent({ ...OUTWARD, ...trusted });
  return https.request(url, { ...options, ...trusted, ...(through ?? { agent: agent() }) });
}
