import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import { seconds } from '../hooks/sentence.ts';
import { cleanText } from './clean-text.ts';
import { createLineAllowance } from './line-allowance.ts';

/** What a request's line says of its answer, beyond the status. */
type AnswerNote =
  | { readonly kind: 'ended'; readonly outcome: string; readonly ids: Readonly<Record<string, string>> }
  | { readonly kind: 'refused'; readonly reason: string };

/** One line a request, written when its answer is sent or its caller is gone. */
export interface HttpLog {
  /** Must be called before the request is answered. */
  readonly middleware: (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;
  /** Says what is being answered. `broken` is the answer on the socket that is no HTTP. */
  readonly note: (response: ServerResponse, note: AnswerNote, sent: 'http' | 'broken') => void;
  /** Logs what never became a request: bytes that are no HTTP, a connection too many. */
  readonly noRequest: (reason: string, address: string | undefined) => void;
}

/** How requests are logged: from `info` up on the hook port; at `debug` on the ops port, where probes come all day. */
export type HttpLogLevel = 'info' | 'debug';

/** What is known of a request that is being answered. */
interface Exchange {
  readonly atMs: number;
  /** Taken at the beginning: a socket that is gone has forgotten its peer. */
  readonly address: string | undefined;
  readonly answer?: { readonly note: AnswerNote; readonly sent: 'http' | 'broken' };
}

type Status = number | 'broken' | 'none';

/**
 * Logs requests with pino-http: method, path without its query, source address, user agent, status, duration. No headers. Of a
 * flood of refusals some are logged and the others told as a number: lines that matter would be rotated away by it (P9).
 */
export function createHttpLog(logger: Logger, level: HttpLogLevel, monotonicMs: () => number): HttpLog {
  const exchanges = new WeakMap<ServerResponse, Exchange>();
  const allowance = createLineAllowance(monotonicMs);

  const middleware = pinoHttp({
    logger,
    // pino-http would put the whole request into each line, headers and all.
    serializers: { req: () => undefined },
    customLogLevel(_request, response) {
      if (level === 'debug') return 'debug';
      const isRefusal = exchangeOf(response).answer?.note.kind === 'refused';
      return isRefusal && !mayTell() ? 'silent' : levelOf(response);
    },
    customSuccessObject: fieldsOf,
    customErrorObject: fieldsOf,
    customSuccessMessage: messageOf,
    customErrorMessage: messageOf,
  });

  function fieldsOf(request: IncomingMessage, response: ServerResponse) {
    const { atMs, address, answer } = exchangeOf(response);
    const status = statusOf(response);
    const userAgent = cleanText((request.headers['user-agent'] ?? '').slice(0, 200));
    const about = { method: request.method, path: pathOf(request), address, userAgent };
    const result = { status, callerGone: status === 'none', durationMs: Math.round(monotonicMs() - atMs) };
    if (answer === undefined) return { ...about, ...result };
    if (answer.note.kind === 'refused') return { ...about, ...result, refused: cleanText(answer.note.reason) };
    return { ...about, ...result, ...answer.note.ids, outcome: answer.note.outcome };
  }

  function messageOf(request: IncomingMessage, response: ServerResponse): string {
    const { atMs, address, answer } = exchangeOf(response);
    const about = `${request.method} ${pathOf(request)} from ${address}`;
    const after = `after ${seconds(monotonicMs() - atMs)}`;
    const status = statusOf(response);
    if (status === 'none') return `${about}: the caller went away ${after}, which cancels nothing`;
    const sent = status === 'broken' ? 'connection broken with the reason' : status;
    return cleanText(`${about}: ${sent} ${after}${answer === undefined ? '' : meaningOf(answer.note)}`);
  }

  function statusOf(response: ServerResponse): Status {
    if (response.writableFinished) return response.statusCode;
    return exchangeOf(response).answer?.sent === 'broken' ? 'broken' : 'none';
  }

  function exchangeOf(response: ServerResponse): Exchange {
    return exchanges.get(response) ?? { atMs: monotonicMs(), address: undefined };
  }

  /** Whether one more refusal may have its line; tells before it how many had none. */
  function mayTell(): boolean {
    const untold = allowance.take();
    if (untold === undefined) return false;
    if (untold > 0) logger.warn({ untold }, `${untold} more calls were refused, too many for a line each`);
    return true;
  }

  return {
    middleware(request, response, next) {
      exchanges.set(response, { atMs: monotonicMs(), address: request.socket.remoteAddress });
      middleware(request, response, next);
    },
    note(response, note, sent) {
      exchanges.set(response, { ...exchangeOf(response), answer: { note, sent } });
    },
    noRequest(reason, address) {
      if (!mayTell()) return;
      logger.warn({ address, refused: reason }, cleanText(`call from ${address ?? 'somebody'} refused: ${reason}`));
    },
  };
}

function levelOf(response: ServerResponse): 'info' | 'warn' {
  return response.writableFinished && response.statusCode < 400 ? 'info' : 'warn';
}

function meaningOf(note: AnswerNote): string {
  return note.kind === 'ended' ? `, ${note.outcome}` : `, refused: ${note.reason}`;
}

/** The path without its query, which may hold a token. */
function pathOf(request: IncomingMessage): string {
  return cleanText((request.url ?? '').split('?', 1)[0]?.slice(0, 200) ?? '');
}
