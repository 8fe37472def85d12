import { describe, expect, it } from 'vitest';
import type { Condition, Reading } from '../../../src/config/condition.ts';
import type { HookName } from '../../../src/config/config.ts';
import { Stop } from '../../../src/hooks/task.ts';
import { type WaitSettings, waitUntil } from '../../../src/tasks/wait/wait-until.ts';
import { manualClock } from '../../helpers/manual-clock.ts';

const left = (count: number): Reading => ({ kind: 'read', met: count === 0, saw: `${count} left`, left: count });
const saw = (text: string, met = false): Reading => ({ kind: 'read', met, saw: text, left: undefined });
const refused: Reading = { kind: 'unreadable', reason: 'connection refused by 127.0.0.1:80', refused: true };
const unreadable: Reading = { kind: 'unreadable', reason: 'no answer from 127.0.0.1:80', refused: false };

/** A condition whose readings a test sets, and a count of its looks. */
function setting(first: Reading) {
  const state = { reading: first, looks: 0 };
  const condition: Condition = {
    summary: 'file /ready exists',
    check: () => [],
    async read() {
      state.looks += 1;
      return state.reading;
    },
  };
  return { condition, state };
}

/** A wait on a clock that the test drives. */
function start(condition: Condition, settings: Partial<WaitSettings> = {}, hook: HookName = 'preStop') {
  const clock = manualClock();
  const controller = new AbortController();
  const told: string[] = [];
  let end: unknown;
  const defaults = { everyMs: 1000, atLeastMs: 0, seenFirst: undefined, stallMs: undefined, gone: 'fail' } as const;
  const result = waitUntil(
    condition,
    { ...defaults, ...settings },
    {
      hook,
      container: 'app',
      run: 'run',
      task: 'wait',
      attempt: 1,
      rerun: false,
      signal: controller.signal,
      stopMs: () => 0,
      reason: () => undefined,
      deadlineEpochMs: () => 0,
      remainingMs: () => 0,
      clock,
      captured: new Map(),
      traceparent: '',
      figure() {},
      output() {},
      progress: (message) => void told.push(message),
    },
  ).then((value) => {
    end = value;
  });
  const settle = () => new Promise(setImmediate);
  return {
    clock,
    told,
    stop: () => controller.abort(new Stop('ran out of its timeout of 1 s', false)),
    result,
    /** How it ended, or undefined: after all that can happen without time going by. */
    async end() {
      await settle();
      return end;
    },
    /** Lets time go by, in steps so small that each wait begins when the one before has ended. */
    async advance(ms: number) {
      for (let doneMs = 0; doneMs < ms; doneMs += 100) {
        await settle();
        clock.advance(Math.min(100, ms - doneMs));
      }
      await settle();
    },
  };
}

const SUCCEEDED = { outcome: 'succeeded' };

describe('waitUntil', () => {
  it('ends at the first look where the condition holds, and says nothing', async () => {
    const { condition, state } = setting(left(0));
    const { end, told, clock } = start(condition);
    expect(await end()).toEqual(SUCCEEDED);
    expect([state.looks, told, clock.pending()]).toEqual([1, [], 0]);
  });

  it('looks again after each interval until it holds', async () => {
    const { condition, state } = setting(left(1));
    const { advance, end } = start(condition);
    await advance(2999);
    expect([await end(), state.looks]).toEqual([undefined, 3]);
    state.reading = left(0);
    await advance(1);
    expect([await end(), state.looks]).toEqual([SUCCEEDED, 4]);
  });

  it('looks earlier where a pause ends earlier, and ends with a pause that is cut short', async () => {
    const { condition, state } = setting(left(1));
    const pauses: { ms: number; end: (goOn: boolean) => void }[] = [];
    const pause = (ms: number) => new Promise<boolean>((resolve) => void pauses.push({ ms, end: resolve }));
    const { end } = start(condition, { pause });
    expect(await end()).toBeUndefined();
    pauses[0]?.end(true);
    expect(await end()).toBeUndefined();
    expect([state.looks, pauses.map(({ ms }) => ms)]).toEqual([2, [1000, 1000]]);
    pauses[1]?.end(false);
    expect(await end()).toMatchObject({ outcome: 'failed', reason: 'was still waiting: 1 left' });
  });

  it('lets no end count before its least time, and ends exactly then', async () => {
    const { condition } = setting(left(0));
    const { advance, end } = start(condition, { atLeastMs: 2500 });
    await advance(2499);
    expect(await end()).toBeUndefined();
    await advance(1);
    expect(await end()).toEqual(SUCCEEDED);
  });

  it('lets no end count before what must be seen first was seen once', async () => {
    const first = setting(saw('file /ready is absent'));
    const { condition } = setting(left(0));
    const { advance, end, told } = start(condition, { seenFirst: first.condition });
    await advance(5000);
    expect(await end()).toBeUndefined();
    expect(told).toEqual(['waits: 0 left, and it was not seen yet that file /ready exists']);
    first.state.reading = saw('file /ready exists', true);
    await advance(1000);
    expect(await end()).toEqual(SUCCEEDED);
  });

  it('remembers what was seen first when it is gone again, and looks for it no more', async () => {
    const first = setting(saw('file /ready exists', true));
    const { condition, state } = setting(left(1));
    const { advance, end } = start(condition, { seenFirst: first.condition });
    await advance(1000);
    first.state.reading = saw('file /ready is absent');
    state.reading = left(0);
    await advance(1000);
    expect([await end(), first.state.looks]).toEqual([SUCCEEDED, 1]);
  });

  it.each([
    ['a number that does not fall', () => left(3), '3 left'],
    ['a number that goes up and down', (second: number) => left(3 + (second % 2)), '4 left'],
    ['the same words', () => saw('status 503'), 'status 503'],
    ['a target that cannot be read', () => unreadable, 'no answer from 127.0.0.1:80'],
  ])('gives up when there is no progress for too long: %s', async (_what, readingAt, shown) => {
    const { condition, state } = setting(readingAt(0));
    const { advance, end } = start(condition, { stallMs: 5000 });
    for (let second = 1; second <= 4; second += 1) {
      state.reading = readingAt(second);
      await advance(1000);
    }
    expect(await end()).toBeUndefined();
    state.reading = readingAt(5);
    await advance(1000);
    expect(await end()).toEqual({
      outcome: 'failed',
      reason: `made no progress for 5 s: ${shown}`,
      retryable: true,
    });
  });

  it('gives up for want of progress also while it waits for what must be seen first', async () => {
    const { condition } = setting(saw('status 503'));
    const { advance, end } = start(condition, { stallMs: 5000, seenFirst: setting(saw('absent')).condition });
    await advance(5000);
    expect(await end()).toMatchObject({
      reason: 'made no progress for 5 s: status 503, and it was not seen yet that file /ready exists',
    });
  });

  it.each([
    ['a falling number', (second: number) => left(100 - second)],
    ['other words', (second: number) => saw(`status ${500 + second}`)],
  ])('takes %s for progress', async (_what, readingAt) => {
    const { condition, state } = setting(readingAt(0));
    const { advance, end } = start(condition, { stallMs: 3000 });
    for (let second = 1; second <= 20; second += 1) {
      state.reading = readingAt(second);
      await advance(1000);
    }
    expect(await end()).toBeUndefined();
  });

  it.each([
    ['succeed', SUCCEEDED],
    ['skip', { outcome: 'skipped' }],
    ['fail', { outcome: 'failed', retryable: false }],
  ] as const)('takes a target that refuses three times in a row for gone: %s', async (gone, expected) => {
    const { condition, state } = setting(refused);
    const { advance, end } = start(condition, { gone });
    await advance(1000);
    state.reading = left(1);
    await advance(1000);
    state.reading = refused;
    await advance(2000);
    expect(await end()).toBeUndefined();
    await advance(1000);
    const reason = 'found its target gone, connection refused by 127.0.0.1:80, 3 times in a row';
    expect(await end()).toEqual(gone === 'succeed' ? expected : { ...expected, reason });
  });

  it('says in the log that a gone target made it succeed', async () => {
    const { advance, told } = start(setting(refused).condition, { gone: 'succeed' });
    await advance(2000);
    expect(told.at(-1)).toBe('found its target gone, connection refused by 127.0.0.1:80, 3 times in a row');
  });

  it('does not take a target for gone in a postStart, where it is not there yet, until it was there', async () => {
    const { condition, state } = setting(refused);
    const { advance, end } = start(condition, {}, 'postStart');
    await advance(60_000);
    expect(await end()).toBeUndefined();
    state.reading = left(1);
    await advance(1000);
    state.reading = refused;
    await advance(3000);
    expect(await end()).toMatchObject({ outcome: 'failed' });
  });

  it('keeps to its least time when the target is gone, and takes what only cannot be read for no sign of it', async () => {
    const dead = start(setting(refused).condition, { gone: 'succeed', atLeastMs: 10_000 });
    const silent = start(setting(unreadable).condition, { gone: 'succeed' });
    await dead.advance(9999);
    await silent.advance(60_000);
    expect([await dead.end(), await silent.end()]).toEqual([undefined, undefined]);
    await dead.advance(1);
    expect(await dead.end()).toEqual(SUCCEEDED);
  });

  it('tells how it gets on when that changes, at most every 5 s, with an estimate once there is progress', async () => {
    const { condition, state } = setting(left(12));
    const { advance, told } = start(condition);
    await advance(4000);
    state.reading = left(8);
    await advance(1000);
    state.reading = left(6);
    await advance(4000);
    expect(told).toEqual(['waits: 12 left', 'waits: 8 left, done in about 10 s']);
    await advance(20_000);
    expect(told.slice(2)).toEqual(['waits: 6 left, done in about 10 s']);
  });

  it('gives no estimate where the number grew', async () => {
    const { condition, state } = setting(left(2));
    const { advance, told } = start(condition);
    state.reading = left(5);
    await advance(6000);
    expect(told).toEqual(['waits: 2 left', 'waits: 5 left']);
  });

  it('says what it was still waiting for when it is told to stop, and leaves no timer', async () => {
    const { condition, state } = setting(left(12));
    const { advance, end, stop, clock } = start(condition);
    await advance(1000);
    state.reading = left(3);
    await advance(1000);
    stop();
    expect(await end()).toEqual({ outcome: 'failed', reason: 'was still waiting: 3 left', retryable: false });
    expect(clock.pending()).toBe(0);
  });

  it('makes nothing of a look that was cut short', async () => {
    const { promise, resolve } = Promise.withResolvers<Reading>();
    const { end, stop } = start({ summary: '', check: () => [], read: () => promise });
    stop();
    resolve(left(0));
    expect(await end()).toMatchObject({ outcome: 'failed', reason: 'was still waiting: nothing was seen yet' });
  });
});
