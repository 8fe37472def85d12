import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PodEvent } from '../../src/kubernetes/pod-event.ts';
import { createPodEventQueue } from '../../src/kubernetes/pod-event-queue.ts';

const made = (key: string, type: PodEvent['type'] = 'Normal', message = key): PodEvent => {
  return { reason: 'HookStarted', type, container: 'app', message, key };
};
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index);

describe('the Events that wait', () => {
  it('are taken in the order they came', () => {
    const queue = createPodEventQueue();
    for (const key of ['a', 'b', 'c']) queue.add(made(key), 5);
    expect(upTo(4).map(() => queue.take(0)?.event.key)).toEqual(['a', 'b', 'c', undefined]);
    expect(queue.dueMs(0)).toBeUndefined();
  });

  it('are one with a count where they are of one key: the newest message, the first and the last time', () => {
    const queue = createPodEventQueue();
    for (const n of upTo(1000)) queue.add(made('a', 'Normal', `delivery ${n}`), 100 + n);
    expect(queue.take(0)).toEqual({
      event: made('a', 'Normal', 'delivery 999'),
      count: 1000,
      firstAtMs: 100,
      lastAtMs: 1099,
    });
    expect(queue.take(0)).toBeUndefined();
  });

  it('wait for more of their key for 10 s after one was sent, unless all are to go now', () => {
    const queue = createPodEventQueue();
    queue.add(made('a'), 0);
    queue.take(1000);
    queue.add(made('a'), 0);
    queue.add(made('b'), 0);
    expect(queue.take(1001)?.event.key).toBe('b');
    expect([queue.take(10_999), queue.dueMs(2000)]).toEqual([undefined, 11_000]);
    expect(queue.take(11_000)?.event.key).toBe('a');
    queue.add(made('a'), 0);
    expect(queue.dueMs(11_001, true)).toBe(11_001);
    expect(queue.take(11_001, true)?.event.key).toBe('a');
  });

  it('share a rate: 20 at once, and one more every 5 s, also when all are to go', () => {
    const queue = createPodEventQueue();
    for (const n of upTo(30)) queue.add(made(`key ${n}`), 0);
    const taken = upTo(25).filter(() => queue.take(0, true) !== undefined);
    expect(taken).toHaveLength(20);
    expect(queue.dueMs(1, true)).toBe(5000);
    expect(queue.take(4999)).toBeUndefined();
    expect(queue.take(5000)).toBeDefined();
    expect(queue.take(5001)).toBeUndefined();
  });

  it('are at most 50, and what warns stays longest', () => {
    const queue = createPodEventQueue();
    queue.add(made('failure', 'Warning'), 0);
    for (const n of upTo(60)) queue.add(made(`key ${n}`), 0);
    expect(queue.dropped()).toBe(11);
    expect(queue.take(0)?.event.key).toBe('failure');
    expect(queue.take(0)?.event.key).toBe('key 11');
  });

  it('come back with their count when they could not be sent', () => {
    const queue = createPodEventQueue();
    queue.add(made('a', 'Normal', 'first'), 1);
    const taken = queue.take(0);
    queue.add(made('a', 'Normal', 'second'), 2);
    if (taken !== undefined) queue.putBack(taken);
    expect(queue.take(10_000)).toEqual({ event: made('a', 'Normal', 'second'), count: 2, firstAtMs: 1, lastAtMs: 2 });
  });

  it('are all sent or counted as dropped in the end, and never more of them than the rate allows', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 3000 })), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(steps, (list) => {
        const queue = createPodEventQueue();
        let [nowMs, sent, calls] = [0, 0, 0];
        for (const [key, ms] of list) {
          nowMs += ms;
          queue.add(made(`key ${key}`), nowMs);
          const taken = queue.take(nowMs);
          if (taken !== undefined) [sent, calls] = [sent + taken.count, calls + 1];
          expect(calls).toBeLessThanOrEqual(20 + nowMs / 5000);
        }
        for (let dueMs = queue.dueMs(nowMs); dueMs !== undefined; dueMs = queue.dueMs(nowMs)) {
          expect(dueMs).toBeGreaterThanOrEqual(nowMs);
          nowMs = dueMs;
          sent += queue.take(nowMs)?.count ?? 0;
        }
        expect(sent + queue.dropped()).toBe(list.length);
      }),
    );
  });
});
