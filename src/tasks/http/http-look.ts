import type { ReadContext, Reading } from '../../config/condition.ts';
import { type ExchangeLimits, exchange, type HttpAnswer } from './http-exchange.ts';
import { withoutSentValues } from './http-headers.ts';
import { prepareRequest } from './http-prepare.ts';
import type { RequestSettings } from './http-request-settings.ts';

export type Unreadable = Reading & { readonly kind: 'unreadable' };

export interface Looked extends HttpAnswer {
  /** Hides in a text what of our own request an answer may have quoted. */
  readonly hide: (text: string) => string;
}

/** Sends the request of a condition, which has no body. An answer that breaks off can't be read. Never rejects. */
export async function lookAt(
  request: RequestSettings & { readonly method: string },
  { signal, captured }: ReadContext,
  limits: Omit<ExchangeLimits, 'signal'>,
): Promise<Looked | Unreadable> {
  const prepared = await prepareRequest(request, captured);
  if (!prepared.ok) return unreadable(`the request could not be sent: ${prepared.problem}`);
  const end = await exchange({ ...request, ...prepared, unixSocket: request.unixSocket }, { ...limits, signal });
  if (end.kind === 'unanswered') return unreadable(end.reason, end.refused);
  if (!end.complete) return unreadable(`answered ${end.status}, but the connection broke within the body`);
  return { ...end, hide: (text) => withoutSentValues(text, prepared.headers, prepared.url) };
}

/** Why nothing is known, as a reading. */
export function unreadable(reason: string, refused = false): Unreadable {
  return { kind: 'unreadable', reason, refused };
}
