import { Kills, type ProcessGroup, sharedLooks } from './process-group.ts';

/** A fork bomb must not keep this process from its exit. */
const MOST_PASSES = 10;

const live = new Set<ProcessGroup>();

/** Remembers a group that must not outlive this process (P5). Returns what forgets it. */
export function trackGroup(group: ProcessGroup): () => void {
  if (live.size === 0) process.on('exit', killLiveGroups);
  live.add(group);
  return () => {
    if (live.delete(group) && live.size === 0) process.off('exit', killLiveGroups);
  };
}

/**
 * Sends SIGKILL to everything that attempts are running, at once and synchronously. Runs by itself when this process exits; an
 * attempt's signal aborts only once, so this is also how an attempt that was already told to stop is told not to wait.
 */
export function killLiveGroups(): void {
  const leaders = new Set([...live].map(({ leader }) => leader));
  const kills = new Kills();
  // Again while there is anything new: a process may have forked in between, and its child have made a group of its own.
  for (let pass = 0, found = leaders.size > 0; found && pass < MOST_PASSES; pass += 1) {
    const look = sharedLooks.now(leaders);
    const killed = kills.send([...live].flatMap((group) => group.among(look)));
    found = killed || look?.some((one) => one.unsure) === true;
  }
}
