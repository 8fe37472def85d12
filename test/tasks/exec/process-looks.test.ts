import { describe, expect, it } from 'vitest';
import type { OwnProcess } from '../../../src/tasks/exec/own-processes.ts';
import { createProcessLooks, type Look } from '../../../src/tasks/exec/process-looks.ts';
import { manualClock } from '../../helpers/manual-clock.ts';

const SEVEN: OwnProcess = { pid: 7, parent: 1, group: 7, name: 'seven', startTime: 1, marks: '' };

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
    processes.push(SEVEN);
    const later = shared.next(1);
    clock.advance(0);
    expect(await later).toEqual([SEVEN]);
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
