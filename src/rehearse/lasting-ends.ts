import type { LogEntry } from './sidecar-log.ts';

/**
 * The ends of tasks that succeeded, in order, without those that a kill may have overtaken: the line of an end is written before
 * the journal has it, and only what the run did next shows that it had.
 */
export function lastingEnds(log: readonly LogEntry[]): readonly LogEntry[] {
  return log.filter((entry, index) => {
    if (entry.event !== 'taskEnded' || entry.outcome !== 'succeeded') return false;
    const next = log
      .slice(index + 1)
      .find(({ event, run }) => event === 'journal.opened' || (run === entry.run && goesOn(event)));
    return next?.event !== 'journal.opened';
  });
}

function goesOn(event: string): boolean {
  return event === 'taskStarted' || event === 'runEnded';
}
