import { describe, expect, it } from 'vitest';
import { type AttemptContext, Stop } from '../../src/hooks/task.ts';
import { endGroup } from '../../src/tasks/group-end.ts';
import type { OwnProcess } from '../../src/tasks/own-processes.ts';
import { ProcessGroup } from '../../src/tasks/process-group.ts';
import { createProcessLooks, type Look } from '../../src/tasks/process-looks.ts';
import { manualClock } from '../helpers/manual-clock.ts';

/** No machine gives such PIDs: a signal to one goes nowhere. */
const FIRST_LEADER = 2 ** 22 + 1;

function stubborn(group: number): OwnProcess {
  return { pid: group, parent: 1, group, name: 'stubborn', startTime: 1, marks: '' };
}

/** Looks at processes that are made up, each look taking `lookMs`; and who asked for which. */
function stage(lookMs = 0) {
  const timers = manualClock();
  let spentMs = 0;
  const clock = { ...timers, monotonicMs: () => timers.monotonicMs() + spentMs };
  const looks: ReadonlySet<number>[] = [];
  const processes: OwnProcess[] = [];
  const list = (leaders: ReadonlySet<number>): Look => {
    looks.push(leaders);
    spentMs += lookMs;
    return [...processes];
  };
  return { clock, looks, processes, shared: createProcessLooks({ clock, list }) };
}

describe('looks at the processes', () => {
  it('are shared by all who ask before one is taken', async () => {
    const { clock, looks, shared } = stage();
    const asked = Array.from({ length: 50 }, (_, index) => shared.next(index));
    clock.advance(0);
    expect(new Set(await Promise.all(asked)).size).toBe(1);
    expect(looks).toEqual([new Set(Array.from({ length: 50 }, (_, index) => index))]);
  });

  it('are never older than the question', async () => {
    const { clock, processes, shared } = stage();
    void shared.next(1);
    clock.advance(0);
    processes.push(stubborn(7));
    const later = shared.next(1);
    clock.advance(0);
    expect(await later).toEqual([stubborn(7)]);
  });

  it.each([
    ['twice as long as the last one took', 4, 8],
    ['20 ms at most', 500, 20],
  ])('are kept apart: %s', (_what, lookMs, pauseMs) => {
    const { clock, looks, shared } = stage(lookMs);
    void shared.next(1);
    clock.advance(0);
    void shared.next(2);
    clock.advance(pauseMs - 1);
    void shared.next(3);
    expect(looks).toHaveLength(1);
    clock.advance(1);
    expect(looks).toEqual([new Set([1]), new Set([2, 3])]);
  });

  it('are not kept apart where somebody must know at once, and then all know', async () => {
    const { clock, looks, shared } = stage(10);
    void shared.next(1);
    clock.advance(0);
    const patient = shared.next(2);
    void shared.next(3, { atOnce: true });
    clock.advance(0);
    await patient;
    clock.advance(1000);
    expect(looks).toEqual([new Set([1]), new Set([2, 3])]);
  });
});

describe('the end of many groups that ignore every signal', () => {
  /** Ends so many groups at once; how often /proc was read until all were given up. */
  async function looksFor(groups: number): Promise<number> {
    const { clock, looks, processes, shared } = stage(1);
    const signal = AbortSignal.abort(new Stop('ran out of its timeout of 1 s', false));
    const ends = Array.from({ length: groups }, async (_, index) => {
      const leader = FIRST_LEADER + index;
      processes.push(stubborn(leader));
      const lines: string[] = [];
      const attempt: AttemptContext = {
        hook: 'preStop',
        container: 'app',
        run: 'r',
        task: 't',
        attempt: 1,
        deadlineEpochMs: 0,
        remainingMs: () => 0,
        signal,
        stopMs: 100,
        clock,
        captured: new Map(),
        progress() {},
        output: (line) => void lines.push(line),
      };
      await endGroup(new ProcessGroup(leader, ['HOOKKEEPER_RUN=r'], shared), {
        exited: AbortSignal.abort(),
        stopped: true,
        attempt,
      });
      expect(lines.at(-1)).toBe(`hookkeeper: goes on although SIGKILL did not end: stubborn (PID ${leader})`);
    });
    let over = false;
    const all = Promise.all(ends).finally(() => {
      over = true;
    });
    while (!over) {
      clock.advance(1);
      await new Promise(setImmediate);
    }
    await all;
    return looks.length;
  }

  it('reads /proc as often for fifty as for one', async () => {
    const one = await looksFor(1);
    expect(one).toBeGreaterThan(10);
    expect(await looksFor(50)).toBe(one);
  });
});
