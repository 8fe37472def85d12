import { open, rm } from 'node:fs/promises';
import type { AttemptContext } from '../../hooks/task.ts';
import { exchange } from '../http/http-exchange.ts';
import { whyCutOff } from '../http/http-failure.ts';
import { prepareRequest } from '../http/http-prepare.ts';
import { shownTarget } from '../http/http-request-settings.ts';
import { meaningOf } from '../http/http-status.ts';
import { problemOf } from '../snapshot/problem.ts';
import type { FetchedSource } from './snapshot-settings.ts';

export type Fetched =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly retryable: boolean };

const GOOD = { expect: ['2xx'], onStatus: {} } as const;

/**
 * Fetches the body of an answer into a new file: its length is not known before, and only a whole one may go into an archive.
 * Never rejects; where it fails, the file is gone.
 */
export async function fetchSource(source: FetchedSource, path: string, attempt: AttemptContext): Promise<Fetched> {
  const failed = (reason: string, retryable = true): Fetched => {
    return { ok: false, reason: `${shownTarget(source)} could not be fetched: ${reason}`, retryable };
  };
  const prepared = await prepareRequest(source, attempt.captured);
  if (!prepared.ok) return failed(prepared.problem);
  try {
    const why = await receive({ ...source, ...prepared, unixSocket: source.unixSocket }, path, attempt);
    if (why === undefined) return { ok: true };
    await rm(path, { force: true });
    return failed(why.reason, why.retryable);
  } catch (error) {
    await rm(path, { force: true }).catch(() => {});
    return failed(problemOf(`write ${path}`, error).message);
  }
}

type Request = Parameters<typeof exchange>[0];
type Why = { readonly reason: string; readonly retryable: boolean };

async function receive(request: Request, path: string, { signal }: AttemptContext): Promise<Why | undefined> {
  await using file = await open(path, 'wx', 0o600);
  const broken = new AbortController();
  let writeError: unknown;
  const end = await exchange(request, {
    signal: AbortSignal.any([signal, broken.signal]),
    maxBodyBytes: Number.MAX_SAFE_INTEGER,
    async onBody(chunk) {
      try {
        await file.writeFile(chunk);
      } catch (error) {
        writeError ??= error;
        broken.abort();
      }
    },
  });
  if (writeError !== undefined) throw writeError;
  if (end.kind === 'unanswered') return end;
  const meaning = meaningOf(end.status, GOOD);
  if (meaning !== 'ok') return { reason: `answered ${end.status}`, retryable: meaning === 'retry' };
  if (!end.complete) return { reason: whyCutOff(signal), retryable: true };
  if (!end.framed) return { reason: 'the answer does not say where its body ends', retryable: false };
  return undefined;
}
