import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AppPresence } from '../../src/hooks/app-presence.ts';
import { systemClock } from '../../src/hooks/clock.ts';
import { seeOnce } from '../../src/hooks/first-sight.ts';
import { driveTime, hook, stage } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

type Hooks = Parameters<typeof stage>[0];

/** Looks at an app with these hooks, which is there after so many looks; tells the looks. */
function looksAt(hooks: Hooks, afterLooks: number) {
  const { config, memory, deliver } = stage(hooks);
  let looks = 0;
  const look = async (): Promise<AppPresence> => {
    looks += 1;
    return { kind: looks > afterLooks ? 'alive' : 'unknown', why: 'a test says so' };
  };
  const abort = new AbortController();
  const { journal } = memory;
  void seeOnce({ config: () => config, journal, watch: { look }, clock: systemClock, signal: abort.signal });
  return { abort, deliver, looks: () => looks };
}

const preStop = hook([]);

it('an app without a postStart is looked at until it was seen once', async () => {
  const { looks } = looksAt({ preStop }, 3);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(looks()).toBe(4);
});

it('one that is never seen is not looked for for ever', async () => {
  const { looks } = looksAt({ preStop }, Infinity);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(looks()).toBe(10);
  expect(vi.getTimerCount()).toBe(0);
});

it.each<[string, Hooks]>([
  ['a postStart, which leaves marks of it', { postStart: hook([]), preStop }],
  ['no preStop, which nobody waits for', {}],
])('one with %s is not looked at', async (_what, hooks) => {
  const { looks } = looksAt(hooks, Infinity);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(looks()).toBe(0);
});

it('ends with a delivery, which looks by itself, and with the service', async () => {
  const delivered = looksAt({ preStop }, Infinity);
  void delivered.deliver('preStop');
  const ended = looksAt({ preStop }, Infinity);
  ended.abort.abort();
  await vi.advanceTimersByTimeAsync(600_000);
  expect([delivered.looks(), ended.looks()]).toEqual([1, 0]);
  expect(vi.getTimerCount()).toBe(0);
});
