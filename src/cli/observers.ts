import type { Logger } from 'pino';
import type { Clock } from '../hooks/clock.ts';
import type { Emit } from '../hooks/event.ts';
import { createPodEvents } from '../kubernetes/pod-events.ts';
import { cleanText } from '../observe/clean-text.ts';
import { logEvents } from '../observe/log-events.ts';

/** Who is told of what happens to hooks. */
export interface Observers {
  readonly emit: Emit;
  /** Sends what is on its way, for a short time at most. Never rejects. */
  close(): Promise<void>;
}

export interface ObserversInput {
  readonly logger: Logger;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly podUid: string | undefined;
  readonly clock: Clock;
  /** Who is told beside the log and Kubernetes. */
  readonly others: readonly Emit[];
}

export function createObservers({ logger, env, podUid, clock, others }: ObserversInput): Observers {
  const podEvents = createPodEvents({
    env,
    podUid,
    clock,
    clean: cleanText,
    onProblem: (reason) => logger.warn({ reason }, `Kubernetes Events do not arrive: ${cleanText(reason)}`),
  });
  const all: readonly Emit[] = [logEvents(logger), ...others, podEvents.onEvent];
  return {
    emit(event) {
      for (const tell of all) tell(event);
    },
    close: podEvents.close,
  };
}
