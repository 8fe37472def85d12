import type { ProcessGroup } from './process-group.ts';

/** More than one: a process may have forked in between, and its child have made a group of its own. */
const PASSES = 3;

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
  for (let pass = 0; pass < PASSES; pass += 1) for (const group of live) group.signal('SIGKILL');
}
