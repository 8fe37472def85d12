/**
 * Sees apps once while they are there: what was never seen can't be seen to be gone. Where a postStart is configured, its delivery
 * leaves marks of the app; an app without one would be looked at for the first time when the service is told to end.
 */
import type { Config } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { Journal } from '../journal/entry.ts';
import type { AppWatch } from './app-presence.ts';
import { type Clock, wait } from './clock.ts';
import { LOOKS_MS } from './mark-learner.ts';

export interface FirstSightInput {
  readonly config: () => Pick<Config<ActionFacts>, 'containers'>;
  readonly journal: Pick<Journal, 'runsOf'>;
  /** Remembers what it sees. */
  readonly watch: AppWatch;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Looks until each was seen, had a delivery, or was not seen for long. Never rejects. */
export async function seeOnce({ config, journal, watch, clock, signal }: FirstSightInput): Promise<void> {
  const seen = new Set<string>();
  for (const delayMs of LOOKS_MS) {
    const unseen = [...config().containers.values()].filter(
      ({ name, preStop, postStart }) =>
        preStop && postStart === undefined && !seen.has(name) && journal.runsOf(name).length === 0,
    );
    if (unseen.length === 0 || !(await wait(clock, delayMs, signal))) return;
    for (const { name } of unseen) if ((await watch.look(name, signal)).kind === 'alive') seen.add(name);
  }
}
