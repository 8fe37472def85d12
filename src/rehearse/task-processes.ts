import { environmentOf, listPids } from '../proc/process-table.ts';

/** Kills what commands of these runs left behind, in whatever group: a container that ends leaves nothing. On Linux alone. */
export function killTasks(runs: ReadonlySet<string>): void {
  if (runs.size === 0) return;
  try {
    for (const pid of listPids()) {
      const [, run] = /(?:^|\0)HOOKKEEPER_RUN=([^\0]+)/.exec(environmentOf(pid) ?? '') ?? [];
      if (run !== undefined && runs.has(run)) process.kill(pid, 'SIGKILL');
    }
  } catch {
    // There is no /proc here, or a process ended by itself in between.
  }
}
