import { httpFailure } from '../http/http-failure.ts';
import { type BucketPlace, shownPlace } from './place.ts';
import { codeOf, SnapshotProblem, Stopped } from './problem.ts';

/** What the server's words for what went wrong mean to whoever has to mend it (S3's API reference, "Error responses"). */
const REMEDIES: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: 'the secret access key is wrong',
  InvalidAccessKeyId: 'the server does not know the access key ID',
  AccessDenied: 'the credentials do not permit it',
  Forbidden: 'the credentials do not permit it',
  ExpiredToken: 'the session token has expired',
  InvalidToken: 'the session token is wrong',
  RequestTimeTooSkewed: 'the clock of this machine is wrong',
  NoSuchBucket: 'there is no such bucket',
  NoSuchKey: 'it is not there',
  NotFound: 'it is not there',
  PermanentRedirect: 'the bucket is in another region: set region',
  AuthorizationHeaderMalformed: 'the region may be wrong',
  CredentialsProviderError: 'no credentials were found in files or in the AWS environment',
  EntityTooLarge: 'the archive is larger than the server takes',
};

/**
 * What another attempt may not meet again, whatever the status: an upload that somebody took back, a connection that was too slow,
 * which Amazon calls a bad request, and a token that is renewed in its file.
 */
const PASSING: ReadonlySet<string> = new Set(['NoSuchUpload', 'RequestTimeout', 'ExpiredToken']);

/** Runs requests and gives their failures words. */
export function asked(place: BucketPlace, signal: AbortSignal) {
  return async <T>(doing: string, key: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw cannotDo(doing, key, place, error, signal);
    }
  };
}

/** `cannot write s3://b/app.latest: the credentials do not permit it (AccessDenied, 403)`. */
export function cannotDo(
  doing: string,
  key: string,
  place: BucketPlace,
  error: unknown,
  signal: AbortSignal,
): SnapshotProblem {
  if (error instanceof SnapshotProblem) return error;
  if (signal.aborted) return new Stopped();
  const [status, name] = [statusOf(error), nameOf(error)];
  const { reason, retryable } = status === undefined ? unanswered(place, error) : answered(status, name);
  return new SnapshotProblem(`cannot ${doing} ${shownPlace({ ...place, prefix: key })}: ${reason}`, retryable);
}

function answered(status: number, name: string) {
  if (status < 300) return { reason: `the answer of the server cannot be understood (${name})`, retryable: true };
  const known = REMEDIES[name];
  const reason = known === undefined ? `the server answered ${status} (${name})` : `${known} (${name}, ${status})`;
  const passing = status >= 500 || status === 429 || status === 408 || PASSING.has(name);
  return { reason, retryable: passing };
}

function unanswered({ endpoint }: BucketPlace, error: unknown) {
  const name = nameOf(error);
  const known = REMEDIES[name];
  if (known !== undefined) return { reason: `${known} (${name})`, retryable: true };
  if (name === 'TimeoutError' || name === 'AbortError') {
    return { reason: 'the server did not answer in time', retryable: true };
  }
  const code = codeOf(error);
  // Without a code it is a body that broke off, or an answer that is none.
  if (code === '') return { reason: `the answer of the server broke off (${name})`, retryable: true };
  return httpFailure(error, endpoint === undefined ? 'the server' : new URL(endpoint).host);
}

/** The class of an error of the client, which is the server's code: `AccessDenied`. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** The status that the server answered with. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const { $metadata: metadata } = error;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
