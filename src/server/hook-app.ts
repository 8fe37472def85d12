import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import type { HookName } from '../config/config.ts';
import { OWN_CONTAINER } from '../config/hook-path.ts';
import type { Clock } from '../hooks/clock.ts';
import type { Deliveries } from '../hooks/delivery.ts';
import type { HttpLog } from '../observe/http-log.ts';
import { admit, type ConfiguredHooks, type Readiness, type Refusal } from './admission.ts';
import { answerJson, type EndedResult } from './answer.ts';
import { breakConnection, failureSentence, refusalSentence } from './broken-answer.ts';
import { callerOf } from './caller.ts';
import { sendJson } from './send-json.ts';
import type { TokenCheck } from './token.ts';

/** What the hook port needs of the rest of the program. */
export interface HookAppInput {
  readonly deliveries: Pick<Deliveries, 'deliver'>;
  /** The containers of the config of now. */
  readonly containers: () => ConfiguredHooks;
  readonly token: TokenCheck;
  readonly ready: () => Readiness;
  readonly clock: Clock;
  /** Told of every refusal of the port itself, to count it; what the deliveries refuse, they tell as an event. */
  readonly onRefused: (refusal: Refusal) => void;
  /** Told of what was thrown where nothing should throw. */
  readonly onBug: (error: unknown) => void;
  readonly httpLog: HttpLog;
}

/** Where something came from that is no request. */
type NoRequest = { readonly socket: Socket } | { readonly address: string | undefined };

/** What a server does with the hook port's traffic. */
export interface HookApp {
  /** `waitedMs`: how long it was held before. Default: not at all. */
  readonly onRequest: (request: IncomingMessage, response: ServerResponse, waitedMs?: number) => void;
  /**
   * Refuses what never became a request: on its socket, or from an address whose connection is closed already. Who calls
   * can't be known, so the connection is broken with the reason.
   */
  readonly onNoRequest: (refusal: Refusal, from: NoRequest) => void;
}

/**
 * The hook port: `GET` or `POST` `/poststart[/CONTAINER]` and `/prestop[/CONTAINER]`. A delivery is answered when its run has
 * ended, however long that takes; a caller that goes away cancels nothing (P2). To a kubelet every failure and every refusal
 * is a broken answer, as it takes any status for success.
 */
export function createHookApp(input: HookAppInput): HookApp {
  const { deliveries, clock, httpLog, onRefused, onBug } = input;
  const waits = new WeakMap<IncomingMessage, number>();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // No hook has a body; it is read and thrown away, so that it can't hold up the answer.
    request.resume();
    const admission = admit(
      {
        method: request.method ?? '',
        target: request.url ?? '',
        authorization: request.headers.authorization,
        idempotencyKey: headerOf(request, 'idempotency-key'),
      },
      { containers: input.containers(), readiness: input.ready(), token: input.token },
    );
    if (!admission.admitted) {
      onRefused(admission.refusal);
      refuse(request, response, admission.refusal);
      return;
    }
    if (admission.admitted === 'own') {
      answerOwn(response, admission.hook);
      return;
    }
    const { hook, container, key } = admission;
    const caller = callerOf(request.headers['user-agent']);
    // A kubelet has no trace to join.
    const traceparent = caller === 'kubelet' ? undefined : headerOf(request, 'traceparent');
    const grace = headerOf(request, 'hookkeeper-grace');
    const gone = new AbortController();
    if (response.closed) gone.abort();
    response.once('close', () => gone.abort());
    const waitedMs = waits.get(request) ?? 0;
    const about = { hook, container, caller, key, traceparent, grace };
    const atMs = Math.round(clock.epochMs() - waitedMs);
    const result = await deliveries.deliver({ ...about, atMs, waitedMs, gone: gone.signal });
    if (response.closed) return;
    if (result.kind === 'ended') answer(request, response, result);
    else refuse(request, response, { status: 503, reason: result.reason, remedy: "see hookkeeper's log" });
  }

  function answerOwn(response: ServerResponse, hook: HookName): void {
    const note = `Hookkeeper's own ${hook} does nothing, and is not needed: told to end, it waits for the hooks of the others`;
    httpLog.note(response, { kind: 'ended', outcome: note, ids: { hook, container: OWN_CONTAINER } }, 'http');
    sendJson(response, 200, JSON.stringify({ hook, container: OWN_CONTAINER, note }), { Connection: 'close' });
  }

  function answer(request: IncomingMessage, response: ServerResponse, result: EndedResult): void {
    const { run, delivery } = result;
    const ids = { run: run.id, hook: run.hook, container: run.container, delivery };
    const succeeded = run.outcome === 'succeeded';
    const broken = !succeeded && callerOf(request.headers['user-agent']) === 'kubelet';
    httpLog.note(response, { kind: 'ended', outcome: run.outcome, ids }, broken ? 'broken' : 'http');
    if (broken) {
      breakConnection(request.socket, failureSentence(run), clock);
      return;
    }
    const headers = { Connection: 'close', 'X-Hookkeeper-Run': run.id, 'X-Hookkeeper-Delivery': delivery };
    sendJson(response, succeeded ? 200 : 500, answerJson(result), headers);
  }

  function refuse(
    request: IncomingMessage,
    response: ServerResponse,
    { status, reason, remedy }: Pick<Refusal, 'status' | 'reason' | 'remedy'>,
  ): void {
    const broken = callerOf(request.headers['user-agent']) === 'kubelet';
    httpLog.note(response, { kind: 'refused', reason }, broken ? 'broken' : 'http');
    if (broken) {
      breakConnection(request.socket, refusalSentence({ reason, remedy }), clock);
      return;
    }
    const headers: Record<string, string> = { Connection: 'close' };
    if (status === 405) headers['Allow'] = 'GET, POST';
    if (status === 401) headers['WWW-Authenticate'] = 'Bearer';
    sendJson(response, status, JSON.stringify({ error: reason, remedy }), headers);
  }

  const onError: ErrorRequestHandler = (error, request, response, _next) => {
    onBug(error);
    const refusal: Refusal = {
      kind: 'bug',
      status: 500,
      reason: 'hookkeeper has a bug',
      remedy: "see hookkeeper's log, and report it",
    };
    onRefused(refusal);
    if (!response.headersSent) refuse(request, response, refusal);
    else request.socket.destroy();
  };

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(serve);
  app.use(onError);
  const handle: (request: IncomingMessage, response: ServerResponse, unhandled: () => void) => void = app;
  return {
    onRequest(request, response, waitedMs = 0) {
      waits.set(request, waitedMs);
      httpLog.middleware(request, response);
      // Express hands back, without calling anybody, a target that its URL parser rejects. To us it is one more unknown path.
      handle(request, response, () => void serve(request, response));
    },
    onNoRequest(refusal, from) {
      onRefused(refusal);
      httpLog.noRequest(refusal.reason, 'socket' in from ? from.socket.remoteAddress : from.address);
      if ('socket' in from) breakConnection(from.socket, refusalSentence(refusal), clock);
    },
  };
}

/** A header that may stand more than once; Node joins those it does not know with a comma. */
function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
