import pRetry from 'p-retry';
import type { TaskConfig } from '../config/config.ts';
import type { Figure } from '../config/figure.ts';
import { type Clock, waitOut } from './clock.ts';
import { messageOf, seconds } from './sentence.ts';
import { type AttemptContext, type AttemptResult, Stop, type TaskAction } from './task.ts';

/** How one attempt ended, time included. */
export type AttemptEnd =
  | AttemptResult
  | { readonly outcome: 'timedOut'; readonly reason: string; readonly retryable: boolean };

/** How a task ended after all its attempts. */
export interface AttemptsEnd {
  readonly outcome: AttemptEnd['outcome'];
  readonly reason: string | null;
  readonly attempts: number;
  readonly captured: Readonly<Record<string, string>>;
}

export interface AttemptsInput {
  readonly task: TaskConfig<TaskAction>;
  readonly clock: Clock;
  /** Aborts when the whole task has to end; its reason is a `Stop`. */
  readonly signal: AbortSignal;
  /** What is left for the task, in ms. */
  readonly leftMs: () => number;
  /** How long an attempt may take to end after it is told to, in ms, as of now. */
  readonly stopMs: () => number;
  /** What the action is told, but for what changes from attempt to attempt. */
  readonly context: Omit<
    AttemptContext,
    'attempt' | 'signal' | 'stopMs' | 'output' | 'progress' | 'figure' | 'traceparent'
  >;
  /** Makes the `traceparent` of one more attempt. */
  traceparent(): string;
  output(attempt: number, line: string): void;
  progress(attempt: number, message: string): void;
  figure(figure: Figure, value: number): void;
  onAttemptEnd(attempt: number, end: AttemptEnd, durationMs: number, retryInMs: number | undefined): void;
  onBug(error: unknown): void;
}

/** An action that ignores its signal is given up this long after it had to be over. */
const GIVE_UP_MS = 250;

const GIVEN_UP: AttemptResult = { outcome: 'failed', reason: 'did not end when it was told to', retryable: false };

/** Carries a failed attempt through p-retry, which knows only exceptions. */
class AttemptFailed extends Error {
  override readonly name = 'AttemptFailed';
}

/**
 * Tries a task until it ends well, its attempts are used up, or its time is. The wait before a retry is never started when it
 * would not leave time for another attempt. Never rejects.
 */
export async function runAttempts(input: AttemptsInput): Promise<AttemptsEnd> {
  const { task, signal, leftMs } = input;
  let last: AttemptEnd = { outcome: 'timedOut', reason: reasonOf(signal), retryable: false };
  let attempts = 0;
  let noTimeForRetry = false;
  let report = (_retryInMs: number | undefined) => {};
  const tryOnce = async () => {
    attempts += 1;
    const startedMs = input.clock.monotonicMs();
    const end = await runAttempt(input, attempts);
    const [attempt, durationMs] = [attempts, input.clock.monotonicMs() - startedMs];
    last = end;
    report = (retryInMs) => {
      report = () => {};
      input.onAttemptEnd(attempt, end, durationMs, retryInMs);
    };
    if (end.outcome === 'failed' || end.outcome === 'timedOut') throw new AttemptFailed(end.reason);
  };
  try {
    await pRetry(tryOnce, {
      retries: task.retry.attempts - 1,
      minTimeout: task.retry.minDelayMs,
      maxTimeout: task.retry.maxDelayMs,
      factor: task.retry.factor,
      randomize: task.retry.jitter,
      signal,
      onFailedAttempt({ retriesLeft, retryDelay }) {
        const mayRetry = retriesLeft > 0 && isRetryable(last);
        noTimeForRetry = mayRetry && retryDelay >= leftMs();
        report(mayRetry && !noTimeForRetry ? retryDelay : undefined);
      },
      shouldRetry: () => !noTimeForRetry && isRetryable(last),
    });
  } catch (error) {
    if (!(error instanceof AttemptFailed) && !signal.aborted) input.onBug(error);
  }
  report(undefined);
  return endOf(last, attempts, signal, noTimeForRetry ? leftMs() : undefined);
}

function isRetryable(end: AttemptEnd): boolean {
  return (end.outcome === 'failed' || end.outcome === 'timedOut') && end.retryable;
}

function endOf(
  last: AttemptEnd,
  attempts: number,
  signal: AbortSignal,
  leftForRetryMs: number | undefined,
): AttemptsEnd {
  const captured = {};
  switch (last.outcome) {
    case 'succeeded':
      return { outcome: 'succeeded', reason: null, attempts, captured: last.captured ?? {} };
    case 'skipped':
      return { outcome: 'skipped', reason: last.reason, attempts, captured };
    case 'timedOut':
      return { outcome: 'timedOut', reason: last.reason, attempts, captured };
    case 'failed': {
      // The time for the task ran out in the wait before the next attempt.
      if (signal.aborted) {
        return { outcome: 'timedOut', reason: `${reasonOf(signal)} (${last.reason} before)`, attempts, captured };
      }
      const noRetry = leftForRetryMs === undefined ? '' : `; no retry fits into the ${seconds(leftForRetryMs)} left`;
      return { outcome: 'failed', reason: `${last.reason}${noRetry}`, attempts, captured };
    }
  }
}

/** One attempt, bounded by its own timeout and the task's signal. Never rejects. */
async function runAttempt(input: AttemptsInput, attempt: number): Promise<AttemptEnd> {
  const { task, clock, signal } = input;
  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const timeoutMs = task.attemptTimeoutMs;
  const cancelTimeout =
    timeoutMs === undefined
      ? () => {}
      : clock.after(timeoutMs, () =>
          controller.abort(new Stop(`ran out of its attemptTimeout of ${seconds(timeoutMs)}`, false)),
        );
  const context: AttemptContext = {
    ...input.context,
    attempt,
    signal: controller.signal,
    stopMs: input.stopMs,
    traceparent: input.traceparent(),
    figure: input.figure,
    output: (line) => input.output(attempt, line),
    progress: (message) => input.progress(attempt, message),
  };
  const patience = giveUp(input, controller.signal);
  const result = await Promise.race([settle(input, context), patience.over]);
  patience.cancel();
  cancelTimeout();
  signal.removeEventListener('abort', stop);
  if (!controller.signal.aborted || result.outcome === 'succeeded' || result.outcome === 'skipped') return result;
  const reason = `${reasonOf(controller.signal)} (${result.reason})`;
  // What was given up is still at work: another attempt would be beside it.
  return { outcome: 'timedOut', reason, retryable: !signal.aborted && result !== GIVEN_UP };
}

async function settle(input: AttemptsInput, context: AttemptContext): Promise<AttemptResult> {
  try {
    return await input.task.action.run(context);
  } catch (error) {
    input.onBug(error);
    return { outcome: 'failed', reason: `broke off with a bug of its own, ${messageOf(error)}`, retryable: false };
  }
}

/** `over` resolves when an action that was told to stop should long have ended. */
function giveUp(input: AttemptsInput, signal: AbortSignal): { over: Promise<AttemptEnd>; cancel: () => void } {
  const { promise: over, resolve } = Promise.withResolvers<AttemptEnd>();
  const ended = new AbortController();
  const onAbort = () => {
    const toldMs = input.clock.monotonicMs();
    const leftMs = () => toldMs + input.stopMs() + GIVE_UP_MS - input.clock.monotonicMs();
    void waitOut(input.clock, leftMs, ended.signal).then((whole) => {
      if (whole) resolve(GIVEN_UP);
    });
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const cancel = () => {
    signal.removeEventListener('abort', onAbort);
    ended.abort();
  };
  return { over, cancel };
}

function reasonOf(signal: AbortSignal): string {
  return signal.reason instanceof Stop ? signal.reason.message : 'was stopped';
}
