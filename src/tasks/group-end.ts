import { wait } from '../hooks/clock.ts';
import { seconds } from '../hooks/sentence.ts';
import { type AttemptContext, Stop } from '../hooks/task.ts';
import type { OwnProcess } from './own-processes.ts';
import type { ProcessGroup } from './process-group.ts';

/** What a finished command left running has this long to follow its SIGTERM: it should have been gone by now. */
const LEFTOVER_GRACE_MS = 500;

/** SIGKILL works at once, unless the kernel holds the process. After this time the attempt is over without it, and says so. */
const KILL_MS = 2000;

/** Between two looks. The end of somebody else's child comes with no event. */
const LONGEST_PAUSE_MS = 50;

const NEVER = new AbortController().signal;

interface GroupEnd {
  /** Aborted when the command itself has exited. */
  readonly exited: AbortSignal;
  /** True when the attempt was told to stop, false when the command ended by itself. */
  readonly stopped: boolean;
  readonly attempt: AttemptContext;
}

/** Ends all that is alive of a command: SIGTERM, then SIGKILL. Says in the attempt's output what it had to do. */
export async function endGroup(group: ProcessGroup, end: GroupEnd): Promise<void> {
  const { attempt, stopped } = end;
  const note = (text: string) => attempt.output(`hookkeeper: ${text}`);
  const leftovers = group.alive();
  if (leftovers.length === 0 && end.exited.aborted) return;
  if (!stopped) note(`ends what the command left running: ${listed(leftovers)}`);

  const graceMs = isUrgent(attempt) ? 0 : stopped ? attempt.stopMs : Math.min(attempt.stopMs, LEFTOVER_GRACE_MS);
  if (graceMs > 0) {
    group.signal('SIGTERM');
    // A stopped process takes no SIGTERM before it goes on.
    group.signal('SIGCONT');
    const deaf = await aliveAfter(graceMs, group, end, () => isUrgent(attempt));
    if (deaf.length === 0) return;
    note(`sends SIGKILL to what did not end within ${seconds(graceMs)} of SIGTERM: ${listed(deaf)}`);
  }
  const held = await aliveAfter(KILL_MS, group, end, () => {
    // Again and again: a process may have forked, and its child left the group, in between.
    group.signal('SIGKILL');
    return false;
  });
  if (held.length > 0) note(`goes on although SIGKILL did not end: ${listed(held)}`);
}

function isUrgent({ signal }: AttemptContext): boolean {
  return signal.aborted && signal.reason instanceof Stop && signal.reason.immediately;
}

/** Looks until nothing is alive, for at most `ms`, or until `giveUp`, which is asked before each look. Returns what is left. */
async function aliveAfter(
  ms: number,
  group: ProcessGroup,
  { exited, attempt: { clock } }: GroupEnd,
  giveUp: () => boolean,
): Promise<readonly OwnProcess[]> {
  const untilMs = clock.monotonicMs() + ms;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const over = giveUp();
    // Until the command itself exits, that event is all there is to wait for.
    if (!exited.aborted) await wait(clock, untilMs - clock.monotonicMs(), exited);
    const alive = group.alive();
    const leftMs = untilMs - clock.monotonicMs();
    if (alive.length === 0 || over || leftMs <= 0) return alive;
    await wait(clock, Math.min(pauseMs, leftMs), NEVER);
  }
}

/** At most five: a fork bomb must not fill the log. */
function listed(processes: readonly OwnProcess[]): string {
  const names = processes.slice(0, 5).map(({ name, pid }) => `${name} (PID ${pid})`);
  return processes.length > 5 ? `${names.join(', ')} and ${processes.length - 5} more` : names.join(', ');
}
