import { wait, waitOut } from '../../hooks/clock.ts';
import { seconds } from '../../hooks/sentence.ts';
import { type AttemptContext, Stop } from '../../hooks/task.ts';
import { isGone, type OwnProcess } from './own-processes.ts';
import { Kills, type ProcessGroup, type Seen, Terms } from './process-group.ts';

/** What a finished command left running has this long to follow its SIGTERM: it should have been gone by now. */
const LEFTOVER_GRACE_MS = 500;

/** SIGKILL works at once, unless the kernel holds the process. After this time the attempt is over without it, and says so. */
const KILL_MS = 2000;

/** Between two looks. The end of somebody else's child comes with no event. */
const LONGEST_PAUSE_MS = 50;

/** Before SIGTERM it is looked so often again, at once, where somebody ended meanwhile, who may have started somebody first. */
const MORE_LOOKS = 3;

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
  const stopMs = () => (stopped ? attempt.stopMs() : Math.min(attempt.stopMs(), LEFTOVER_GRACE_MS));
  const graceMs = isUrgent(attempt) ? 0 : stopMs();
  const pauses = createPauses(stopMs, end);
  if (graceMs <= 0) freeze(group, end);
  const seen = await (graceMs <= 0 ? group.seen() : seenWhole(group));
  let { alive } = seen;
  if (alive.length === 0 && end.exited.aborted) return;
  // Whatever is said takes time, so it is said behind the signal.
  const kills = new Kills();
  const terms = graceMs <= 0 ? undefined : new Terms(seen);
  if (terms === undefined) kills.send(alive);
  if (!stopped) note(`ends what the command left running: ${listed(alive)}`);

  if (terms !== undefined) {
    alive = await aliveAfter(pauses, terms, group, end);
    if (alive.length === 0) return;
    kills.send(alive);
    note(`sends SIGKILL to what did not end within ${seconds(stopMs())} of SIGTERM: ${listed(alive)}`);
  }
  const held = await heldAfter(kills, group, end);
  if (held.length > 0) note(`goes on although SIGKILL did not end: ${listed(held)}`);
}

function isUrgent({ signal }: AttemptContext): boolean {
  return signal.aborted && signal.reason instanceof Stop && signal.reason.immediately;
}

/** Keeps a command that is about to get SIGKILL from forking, and from the processor, while its processes are looked for. */
function freeze(group: ProcessGroup, { exited }: GroupEnd): void {
  // The PID of one that exited may be another's by now.
  if (!exited.aborted) group.freeze();
}

async function seenWhole(group: ProcessGroup): Promise<Seen> {
  let seen = await group.seen();
  for (let more = 0; more < MORE_LOOKS && seen.unsure.some(isGone); more += 1)
    seen = await group.seen({ atOnce: true });
  return seen;
}

/** Looks until nothing is alive, the time of the pauses is over, or the attempt may wait no longer. Returns what is left. */
async function aliveAfter(
  pauses: Pauses,
  terms: Terms,
  group: ProcessGroup,
  end: GroupEnd,
): Promise<readonly OwnProcess[]> {
  for (;;) {
    const urgent = isUrgent(end.attempt);
    await pauses.next(terms.pending());
    const last = urgent || pauses.over();
    if (last) freeze(group, end);
    const seen = await group.seen();
    if (seen.alive.length === 0 || last) return seen.alive;
    terms.next(seen);
  }
}

/** Looks until SIGKILL has ended everything, and sends it to what was forked meanwhile. Returns what the kernel holds. */
async function heldAfter(kills: Kills, group: ProcessGroup, end: GroupEnd): Promise<readonly OwnProcess[]> {
  const pauses = createPauses(() => KILL_MS, end);
  for (;;) {
    await pauses.next();
    let alive = await group.alive();
    // What forks faster than we pause would never end.
    while (kills.send(alive) && !pauses.over()) alive = await group.alive({ atOnce: true });
    if (alive.length === 0 || pauses.over()) return alive;
  }
}

interface Pauses {
  over(): boolean;
  /** `soon`: also while the command itself goes on. */
  next(soon?: boolean): Promise<void>;
}

/** The pauses between looks, growing, for `ms()` from now. */
function createPauses(ms: () => number, { exited, attempt: { clock } }: GroupEnd): Pauses {
  const startedMs = clock.monotonicMs();
  const leftMs = () => startedMs + ms() - clock.monotonicMs();
  let pauseMs = 0;
  return {
    // A timer may be early by a part of its last millisecond.
    over: () => leftMs() < 1,
    async next(soon = false) {
      // Until the command itself exits, that event is all there is to wait for.
      if (!exited.aborted && !soon) await waitOut(clock, leftMs, exited);
      else if (pauseMs > 0) await wait(clock, Math.min(pauseMs, leftMs()), NEVER);
      pauseMs = Math.min(Math.max(1, pauseMs * 2), LONGEST_PAUSE_MS);
    },
  };
}

/** At most five: a fork bomb must not fill the log. */
function listed(processes: readonly OwnProcess[]): string {
  const names = processes.slice(0, 5).map(({ name, pid }) => `${name} (PID ${pid})`);
  return processes.length > 5 ? `${names.join(', ')} and ${processes.length - 5} more` : names.join(', ');
}
