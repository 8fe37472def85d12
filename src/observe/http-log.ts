import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import { seconds } from '../hooks/sentence.ts';
import { cleanText } from './clean-text.ts';

/** What a request's line says of its answer, beyond the status. */
export type AnswerNote =
  | { readonly kind: 'ended'; readonly outcome: string; readonly ids: Readonly<Record<string, string>> }
  | { readonly kind: 'refused'; readonly reason: string };

/** One line a request, written when its answer is sent or its caller is gone. */
export interface HttpLog {
  readonly middleware: (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;
  /** Says what is being answered. `broken` is the answer on the socket that is no HTTP. */
  note(response: ServerResponse, note: AnswerNote, sent: 'http' | 'broken'): void;
  /** Logs what never became a request: bytes that are no HTTP, a connection too many. */
  noRequest(reason: string, address: string | undefined): void;
}

/** How a request is logged: `info` and above on the hook port, `debug` on the ops port, where probes come all day. */
export type HttpLogLevel = 'info' | 'debug';

/** Logs requests with pino-http: method, path without its query, source address, user agent, status, duration. No headers. */
export function createHttpLog(logger: Logger, level: HttpLogLevel, monotonicMs: () => number): HttpLog {
  // A socket that is gone has forgotten its peer, so the address is taken when the request comes.
  const arrivals = new WeakMap<ServerResponse, { readonly atMs: number; readonly address: string | undefined }>();
  const notes = new WeakMap<ServerResponse, { readonly note: AnswerNote; readonly sent: 'http' | 'broken' }>();

  function fieldsOf(request: IncomingMessage, response: ServerResponse) {
    const answered = notes.get(response);
    const arrival = arrivals.get(response);
    const durationMs = arrival === undefined ? 0 : Math.round(monotonicMs() - arrival.atMs);
    const sent = response.writableFinished ? response.statusCode : answered?.sent === 'broken' ? 'broken' : 'nothing';
    const told = answered?.note;
    return {
      method: request.method,
      path: pathOf(request),
      address: arrival?.address,
      userAgent: cleanText((request.headers['user-agent'] ?? '').slice(0, 200)),
      status: sent,
      callerGone: sent === 'nothing',
      durationMs,
      ...(told?.kind === 'ended' ? { ...told.ids, outcome: told.outcome } : {}),
      ...(told?.kind === 'refused' ? { refused: cleanText(told.reason) } : {}),
    };
  }

  function messageOf(request: IncomingMessage, response: ServerResponse): string {
    const { method, path, address, status, durationMs } = fieldsOf(request, response);
    const about = `${method} ${path} from ${address}`;
    if (status === 'nothing')
      return `${about}: the caller went away after ${seconds(durationMs)}, which cancels nothing`;
    const told = notes.get(response)?.note;
    const meaning = told === undefined ? '' : told.kind === 'ended' ? `, ${told.outcome}` : `, refused: ${told.reason}`;
    const answer = status === 'broken' ? 'connection broken with the reason' : String(status);
    return cleanText(`${about}: ${answer} after ${seconds(durationMs)}${meaning}`);
  }

  function levelOf(response: ServerResponse): 'debug' | 'info' | 'warn' {
    if (level === 'debug') return 'debug';
    const good = response.writableFinished && response.statusCode < 400;
    return good ? 'info' : 'warn';
  }

  const middleware = pinoHttp({
    logger,
    quietReqLogger: true,
    quietResLogger: true,
    // The request's own logger is not used, so neither is its number.
    customAttributeKeys: { reqId: 'request' },
    customLogLevel: (_request, response) => levelOf(response),
    customSuccessObject: fieldsOf,
    customErrorObject: fieldsOf,
    customSuccessMessage: messageOf,
    customErrorMessage: messageOf,
  });
  return {
    middleware(request, response, next) {
      arrivals.set(response, { atMs: monotonicMs(), address: request.socket.remoteAddress });
      middleware(request, response, next);
    },
    note: (response, note, sent) => notes.set(response, { note, sent }),
    noRequest: (reason, address) =>
      logger.warn({ address, refused: reason }, `call from ${address} refused: ${reason}`),
  };
}

/** The path without its query, which may hold a token. */
function pathOf(request: IncomingMessage): string {
  return cleanText((request.url ?? '').split('?', 1)[0]?.slice(0, 200) ?? '');
}
