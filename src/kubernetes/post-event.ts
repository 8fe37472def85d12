import type { ApiSettings, Credentials } from './api-access.ts';
import { apiCall } from './api-call.ts';
import { TOKEN_REFUSED, wordsOf } from './api-refusal.ts';
import type { QueuedEvent } from './pod-event-queue.ts';

/** What the API server made of an Event. */
export type Posted =
  | { readonly kind: 'created' }
  /** This one is refused, and would be again. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The pod is not meant to talk to the API server: it has no token. */
  | { readonly kind: 'noAccount' }
  /** So is every one, until somebody grants the right, or more quota. */
  | { readonly kind: 'forbidden'; readonly reason: string }
  /** Another time it may work. */
  | { readonly kind: 'unreachable'; readonly reason: string };

/** The longest message, in characters: the API server takes 1024, and people read one line. */
const LONGEST_MESSAGE = 400;

export interface PostInput {
  readonly settings: ApiSettings;
  readonly credentials: Credentials;
  readonly podUid: string;
  readonly queued: QueuedEvent;
  /** Takes secrets and control characters out of a text. */
  readonly clean: (text: string) => string;
}

/**
 * Creates an Event of core/v1. Those of events.k8s.io/v1 are the same objects to the API server; these have a count from the
 * start, so that the right to create is enough, and none to patch. Never rejects.
 */
export async function postEvent(input: PostInput, signal: AbortSignal): Promise<Posted> {
  const { settings, credentials } = input;
  const path = `/api/v1/namespaces/${encodeURIComponent(credentials.namespace)}/events`;
  const answer = await apiCall(settings, credentials, { path, body: eventObject(input) }, signal);
  if (answer.kind === 'failed') return { kind: 'unreachable', reason: answer.reason };
  const { status, body } = answer;
  if (status >= 200 && status < 300) return { kind: 'created' };
  if (status === 401) return { kind: 'forbidden', reason: TOKEN_REFUSED };
  if (status === 429 || status >= 500) return { kind: 'unreachable', reason: `the API server answered ${status}` };
  const words = wordsOf(body);
  // A quota, a policy and the end of the namespace forbid it, too, and no Role helps.
  if (status === 403 && (words === undefined || words.includes('cannot create resource')))
    return { kind: 'forbidden', reason: NO_RIGHT };
  const reason = `the API server answered ${status}${words === undefined ? '' : `: ${words}`}`;
  return { kind: status === 403 ? 'forbidden' : 'refused', reason };
}

const NO_RIGHT = "the API server answered 403: a Role must allow the pod's service account to create events";

/** The object that is sent. */
export function eventObject({ settings, credentials, podUid, queued, clean }: PostInput) {
  const { event, count, firstAtMs, lastAtMs } = queued;
  const { namespace } = credentials;
  const message = clean(event.message);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: `${settings.podName}.`, namespace },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'Pod',
      name: settings.podName,
      namespace,
      uid: podUid,
      fieldPath: `spec.containers{${event.container}}`,
    },
    type: event.type,
    reason: event.reason,
    message: message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE).toWellFormed()}…` : message,
    count,
    firstTimestamp: instant(firstAtMs),
    lastTimestamp: instant(lastAtMs),
    source: { component: 'hookkeeper' },
    reportingComponent: 'hookkeeper',
    reportingInstance: settings.podName,
  };
}

/** Whole seconds, as Kubernetes keeps them. */
function instant(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
