import type { Logger } from 'pino';
import { type Clock, wait } from '../hooks/clock.ts';
import type { HookEvent } from '../hooks/event.ts';
import type { Journal } from '../journal/entry.ts';
import { createTerminationLog } from '../observe/termination-log.ts';
import { terminationMessage } from '../observe/termination-message.ts';

/** What `kubectl describe pod` tells of this process when it is gone. */
export interface LastWords {
  /** Keeps them up to date, as a kill leaves no time for it. */
  onEvent(event: HookEvent): void;
  /** Resolves when they are written, or when it takes too long. Never rejects. */
  end(how: string, notes?: readonly string[]): Promise<void>;
}

export interface LastWordsInput {
  /** The container's `terminationMessagePath`. */
  readonly path: string;
  readonly version: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Undefined while there is none. */
  readonly journal: () => Pick<Journal, 'all' | 'durability'> | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The end does not wait longer for the disk, in ms. */
const LAST_WRITE_MS = 200;

export function createLastWords({ path, version, env, journal, logger, clock }: LastWordsInput): LastWords {
  let how = 'was serving when this was written';
  let notes: readonly string[] = [];
  let over = false;
  const log = createTerminationLog({
    path,
    message() {
      const durability = journal()?.durability();
      const degraded =
        durability?.state === 'degraded' ? [`the journal is kept in memory only: ${durability.reason}`] : [];
      return terminationMessage({
        headline: `hookkeeper ${version} ${how}`,
        runs: journal()?.all() ?? [],
        notes: [...notes, ...degraded],
        over,
      });
    },
    onEvent({ reason, missing }) {
      const message = `no termination message is left: ${reason}`;
      // Outside of Kubernetes nobody makes the file.
      if (missing && !env['KUBERNETES_SERVICE_HOST']) logger.debug({ terminationLog: path }, message);
      else logger.warn({ terminationLog: path }, message);
    },
  });
  return {
    onEvent({ type }) {
      if (type === 'runStarted' || type === 'taskEnded' || type === 'runEnded') log.update();
    },
    async end(ended, more = []) {
      [how, notes, over] = [ended, more, true];
      log.update();
      const written = new AbortController();
      await Promise.race([log.settled(), wait(clock, LAST_WRITE_MS, written.signal)]);
      written.abort();
    },
  };
}
