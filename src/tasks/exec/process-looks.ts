import type { Clock } from '../../hooks/clock.ts';
import type { OwnProcess } from './own-processes.ts';

/** The pause after a look is so many times as long as the look: looking leaves two thirds of the time to everybody else. */
const PAUSE_PER_LOOK = 2;

/** Even so: on a busy machine a look takes long, and who comes just after it must not be late. */
const LONGEST_PAUSE_MS = 20;

/** What a look saw. Undefined where there is no /proc. */
export type Look = readonly OwnProcess[] | undefined;

export interface ProcessLooks {
  /**
   * The next look, which is taken after this call and shared with all who ask before it is taken: so that many groups cost
   * as much as one. `atOnce`: without the pause that keeps looks apart.
   */
  next(leader: number, options?: { readonly atOnce?: boolean }): Promise<Look>;
  /** A look for these alone, now. */
  now(leaders: ReadonlySet<number>): Look;
}

interface LooksInput {
  readonly clock: Clock;
  readonly list: (leaders: ReadonlySet<number>) => Look;
}

interface AskedLook {
  readonly leaders: Set<number>;
  readonly taken: Promise<Look>;
  readonly take: () => void;
  cancel: () => void;
}

/** Shares looks at the processes of this machine, as each costs some files per process and keeps everybody else waiting. */
export function createProcessLooks({ clock, list }: LooksInput): ProcessLooks {
  let asked: AskedLook | undefined;
  let freeAtMs = clock.monotonicMs();

  function now(leaders: ReadonlySet<number>): Look {
    const startedMs = clock.monotonicMs();
    const look = list(leaders);
    const endedMs = clock.monotonicMs();
    // Who starts a program needs time for it.
    const unsure = look?.some((one) => one.unsure) === true;
    freeAtMs =
      endedMs + (unsure ? LONGEST_PAUSE_MS : Math.min(PAUSE_PER_LOOK * (endedMs - startedMs), LONGEST_PAUSE_MS));
    return look;
  }

  function ask(): AskedLook {
    const { promise: taken, resolve } = Promise.withResolvers<Look>();
    const leaders = new Set<number>();
    const take = () => {
      asked = undefined;
      resolve(now(leaders));
    };
    return { leaders, taken, take, cancel: clock.after(Math.max(0, freeAtMs - clock.monotonicMs()), take) };
  }

  return {
    now,
    next(leader, { atOnce = false } = {}) {
      asked ??= ask();
      asked.leaders.add(leader);
      if (atOnce) {
        asked.cancel();
        asked.cancel = clock.after(0, asked.take);
      }
      return asked.taken;
    },
  };
}
