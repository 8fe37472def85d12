import type { Condition } from '../../config/condition.ts';
import { processAt } from '../../proc/process-table.ts';
import type { FoundProcess } from './find-processes.ts';

/** Whether it is still that process: its PID may be another's by now. A zombie is gone, though nobody has reaped it. */
export function isAlive({ pid, startTime }: FoundProcess): boolean {
  return processAt(pid)?.startTime === startTime;
}

/** A process as it stands in a sentence. */
export function nameOf({ name, pid }: FoundProcess): string {
  return `${name} (PID ${pid})`;
}

/** Holds when none of these processes is alive, whatever has their PIDs by now. */
export function processesGone(processes: readonly FoundProcess[]): Condition {
  return {
    summary: `${processes.map(nameOf).join(', ')} gone`,
    check: () => [],
    async read() {
      const alive = processes.filter(isAlive);
      const saw = alive.length === 0 ? 'all are gone' : `${alive.map(nameOf).join(', ')} still alive`;
      return { kind: 'read', met: alive.length === 0, saw, left: alive.length };
    },
  };
}
