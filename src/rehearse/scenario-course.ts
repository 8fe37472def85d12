/** Whether a scenario goes on: what it waits for, and why it could not be played to its end. */
import { type Clock, wait } from '../hooks/clock.ts';

export interface ScenarioCourse {
  /** Resolves with true as soon as it holds, with false when the scenario is over before. */
  until(holds: () => boolean): Promise<boolean>;
  /** Resolves with false when the scenario is over before. */
  pause(ms: number): Promise<boolean>;
  /** Tells those who wait to look again. */
  changed(): void;
  /** Ends the scenario: it can't be played on. The first reason counts. */
  fail(why: string): void;
  /** Why it could not be played to its end; undefined while it can. */
  problem(): string | undefined;
  /** Lets nobody wait any longer. */
  end(): void;
}

/** `broken` aborts when the rehearsal is broken off, or lasts too long. */
export function createScenarioCourse(clock: Clock, broken: AbortSignal): ScenarioCourse {
  const listeners = new Set<() => void>();
  const over = new AbortController();
  const signal = AbortSignal.any([broken, over.signal]);
  let problem: string | undefined;
  const changed = () => {
    for (const listener of listeners) listener();
  };
  return {
    until(holds) {
      return new Promise((resolve) => {
        const look = () => {
          const [held, ended] = [holds(), signal.aborted];
          if (!held && !ended) return;
          listeners.delete(look);
          signal.removeEventListener('abort', look);
          resolve(held && !ended);
        };
        listeners.add(look);
        signal.addEventListener('abort', look);
        look();
      });
    },
    pause: (ms) => wait(clock, ms, signal),
    changed,
    fail(why) {
      problem ??= why;
      over.abort();
      changed();
    },
    problem: () => problem,
    end: () => over.abort(),
  };
}
