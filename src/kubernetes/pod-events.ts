/**
 * Kubernetes Events about the hooks, on the own pod. They are for people, and for nothing that a hook needs: sent one after the
 * other beside the hooks, bounded in number and time, and given up where the API server does not want them (P7, P9).
 */
import { type Clock, wait } from '../hooks/clock.ts';
import type { HookEvent } from '../hooks/event.ts';
import { type ApiSettings, apiSettings, readCredentials } from './api-access.ts';
import { podEventOf } from './pod-event.ts';
import { createPodEventQueue } from './pod-event-queue.ts';
import type { Posted } from './post-event.ts';

export interface PodEventsInput {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Without it no Event would be found with the pod: none is sent. */
  readonly podUid: string | undefined;
  readonly clock: Clock;
  /** Takes secrets and control characters out of a text. */
  readonly clean: (text: string) => string;
  /** Told why Events do not arrive, once for each reason; they never hold anything up. */
  readonly onProblem: (reason: string) => void;
}

/** The Events of this pod's hooks. */
export interface PodEvents {
  /** Waits for nothing, and never throws. */
  onEvent(event: HookEvent): void;
  /** Sends what waits, for a short time at most, and ends. Never rejects. */
  close(): Promise<void>;
}

/** One call, in ms. */
const POST_MS = 5000;

/** After a failure the next call comes after this, and each time after twice as much, in ms. */
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;

/** How long a pod is taken to have no right to create Events, or no token, in ms. */
const FORBIDDEN_MS = 300_000;

/** The end of the process waits no longer for Events, in ms. */
const FLUSH_MS = 300;

/** Sends Events where the pod may; where HOOKKEEPER_EVENTS is `false`, or there is no API server or UID, does nothing. */
export function createPodEvents(input: PodEventsInput): PodEvents {
  const { env, podUid, clock } = input;
  const found = apiSettings(env, podUid);
  const off = env['HOOKKEEPER_EVENTS'] === 'false' || !found.ok || podUid === undefined;
  return off ? { onEvent() {}, close: async () => {} } : startSending({ ...input, podUid }, found.settings, clock);
}

function startSending(
  input: PodEventsInput & { readonly podUid: string },
  settings: ApiSettings,
  clock: Clock,
): PodEvents {
  const queue = createPodEventQueue();
  const told = new Set<string>();
  /** Aborts when the time for the last calls is over. */
  const cut = new AbortController();
  let isClosing = false;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let delayMs = FIRST_DELAY_MS;
  /** Whether it is waited for an API server that may be well again at any time. */
  let isAway = false;
  let isSending = false;
  let sending: Promise<void> | undefined;
  let wake = new AbortController();

  function tell(reason: string): void {
    if (told.has(reason) || told.size >= 10) return;
    told.add(reason);
    input.onProblem(reason);
  }

  function pause(ms: number): void {
    notBeforeMs = clock.monotonicMs() + ms;
  }

  /** Sends one after the other, until there is nothing more to send. */
  async function sendAll(): Promise<void> {
    for (let waitMs = untilNextMs(); waitMs !== undefined; waitMs = untilNextMs()) {
      if (waitMs > 0) {
        // Something that is due earlier may come in between.
        wake = new AbortController();
        await wait(clock, waitMs, wake.signal);
        continue;
      }
      const next = queue.take(clock.monotonicMs(), isClosing);
      if (next === undefined) continue;
      const posted = await post(next);
      if (posted.kind === 'unreachable') queue.putBack(next);
      settle(posted);
    }
    isSending = false;
  }

  /** Undefined when there is nothing to wait for. */
  function untilNextMs(): number | undefined {
    const nowMs = clock.monotonicMs();
    const dueMs = queue.dueMs(nowMs, isClosing);
    if (dueMs === undefined) return undefined;
    const waitMs = Math.max(dueMs, notBeforeMs) - nowMs;
    return isClosing && waitMs > 0 ? undefined : waitMs;
  }

  async function post(queued: Parameters<typeof queue.putBack>[0]): Promise<Posted> {
    const limit = new AbortController();
    const stop = () => limit.abort();
    cut.signal.addEventListener('abort', stop, { once: true });
    const late = Promise.withResolvers<Posted>();
    const cancel = clock.after(POST_MS, () => {
      stop();
      late.resolve({ kind: 'unreachable', reason: 'the API server gave no answer' });
    });
    // A file system that hangs is no reason to stop sending for ever either.
    const posted = await Promise.race([authorized(queued, limit.signal), late.promise]);
    cancel();
    cut.signal.removeEventListener('abort', stop);
    return posted;
  }

  async function authorized(queued: Parameters<typeof post>[0], signal: AbortSignal): Promise<Posted> {
    const credentials = await readCredentials(settings);
    if (!credentials.ok) return { kind: 'noAccount' };
    const { postEvent } = await import('./post-event.ts');
    return postEvent({ ...input, settings, credentials, queued }, signal);
  }

  function settle(posted: Posted): void {
    isAway = posted.kind === 'unreachable';
    switch (posted.kind) {
      case 'created':
        delayMs = FIRST_DELAY_MS;
        return;
      case 'refused':
        tell(posted.reason);
        return;
      case 'unreachable':
        tell(posted.reason);
        pause(delayMs);
        delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 2);
        return;
      case 'noAccount':
        pause(FORBIDDEN_MS);
        return;
      case 'forbidden':
        tell(posted.reason);
        pause(FORBIDDEN_MS);
        return;
    }
  }

  return {
    onEvent(event) {
      const made = podEventOf(event);
      if (made === undefined || isClosing) return;
      queue.add(made, clock.epochMs());
      if (queue.dropped() > 0) tell('too many wait to be sent: the oldest are dropped');
      wake.abort();
      if (isSending) return;
      isSending = true;
      sending = sendAll();
    },
    async close() {
      isClosing = true;
      // How the last hooks went is told now or never.
      if (isAway) notBeforeMs = Number.NEGATIVE_INFINITY;
      wake.abort();
      const done = new AbortController();
      await Promise.race([sending, wait(clock, FLUSH_MS, done.signal)]);
      done.abort();
      cut.abort();
    },
  };
}
