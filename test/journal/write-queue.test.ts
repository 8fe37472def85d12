import { describe, expect, it } from 'vitest';
import type { Durability } from '../../src/journal/entry.ts';
import type { JournalEvent } from '../../src/journal/event.ts';
import { createWriteQueue } from '../../src/journal/write-queue.ts';
import { manualClock } from '../helpers/manual-clock.ts';

const TIMEOUT_MS = 2000;
const HANGS = 'the disk does not answer';

/** A queue over a disk whose writes end when the test says so. */
function stage() {
  const clock = manualClock();
  const events: JournalEvent[] = [];
  const begun: PromiseWithResolvers<void>[] = [];
  const queue = createWriteQueue({
    write() {
      const write = Promise.withResolvers<void>();
      begun.push(write);
      return write.promise;
    },
    timeoutMs: TIMEOUT_MS,
    hangReason: HANGS,
    clock,
    onEvent: (event) => events.push(event),
  });
  /** Changes memory and commits; the array has how that ended, once it has. */
  function commit(): Durability[] {
    queue.changed();
    return committed();
  }
  function committed(): Durability[] {
    const ends: Durability[] = [];
    void queue.commit().then((end) => ends.push(end));
    return ends;
  }
  /** Ends the write that was begun as the nth, and lets all that follows from it happen. */
  async function end(nth: number, error?: Error): Promise<void> {
    if (error === undefined) begun[nth - 1]?.resolve();
    else begun[nth - 1]?.reject(error);
    await settled();
  }
  return { clock, events, begun, queue, commit, committed, end };
}

/** Lets all promises settle; no timer or disk is behind them. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const DURABLE: Durability = { state: 'durable' };
const degraded = (reason: string) => ({ state: 'degraded', reason });

describe('commits', () => {
  it('resolve when their write has ended, and not before', async () => {
    const { commit, end } = stage();
    const first = commit();
    await settled();
    expect(first).toEqual([]);
    await end(1);
    expect(first).toEqual([DURABLE]);
  });

  it('that come while a write is on its way share the next one', async () => {
    const { begun, commit, end } = stage();
    const first = commit();
    const others = Array.from({ length: 1000 }, commit);
    expect(begun).toHaveLength(1);
    await end(1);
    expect(first).toEqual([DURABLE]);
    expect(others.flat()).toEqual([]);
    expect(begun).toHaveLength(2);
    await end(2);
    expect(others.flat()).toHaveLength(1000);
    expect(begun).toHaveLength(2);
  });

  it('with nothing new share the write on its way, and need none after it', async () => {
    const { begun, commit, committed, end } = stage();
    commit();
    const same = committed();
    await end(1);
    expect(same).toEqual([DURABLE]);
    const later = committed();
    await settled();
    expect(later).toEqual([DURABLE]);
    expect(begun).toHaveLength(1);
  });

  it('made by whoever was just released are written too', async () => {
    const { begun, queue, end } = stage();
    queue.changed();
    const second = queue.commit().then(() => {
      queue.changed();
      return queue.commit();
    });
    await end(1);
    expect(begun).toHaveLength(2);
    await end(2);
    expect(await second).toEqual(DURABLE);
  });
});

describe('a write that fails', () => {
  it('degrades those who wait for it, and the next commit tries again', async () => {
    const { clock, events, commit, end } = stage();
    clock.advance(500);
    const first = commit();
    const second = commit();
    await end(1, new Error('no space'));
    expect(first).toEqual([{ ...degraded('no space'), sinceMs: clock.epochMs() }]);
    expect(second).toEqual([]);
    await end(2);
    expect(second).toEqual([DURABLE]);
    expect(events).toEqual([
      { type: 'writeFailed', reason: 'no space' },
      { type: 'degraded', reason: 'no space' },
      { type: 'recovered' },
    ]);
  });

  it('again and again is counted each time, and told as degraded once, with the time since when', async () => {
    const { clock, events, queue, commit, end } = stage();
    const sinceMs = clock.epochMs();
    for (const [nth, reason] of ['no space', 'no space', 'read-only'].entries()) {
      commit();
      await end(nth + 1, new Error(reason));
      clock.advance(1000);
    }
    expect(queue.durability()).toEqual({ ...degraded('read-only'), sinceMs });
    const reasonsOf = (wanted: JournalEvent['type']) =>
      events.flatMap((event) => (event.type === wanted && 'reason' in event ? [event.reason] : []));
    expect(reasonsOf('writeFailed')).toEqual(['no space', 'no space', 'read-only']);
    expect(reasonsOf('degraded')).toEqual(['no space', 'read-only']);
  });

  it('is tried again by a commit with nothing new', async () => {
    const { commit, committed, end } = stage();
    commit();
    await end(1, new Error('no space'));
    const again = committed();
    await end(2);
    expect(again).toEqual([DURABLE]);
  });
});

describe('a write that fails, with no commit after it,', () => {
  const FULL = new Error('no space');

  it('is tried again after 5 s, and with that the journal is whole', async () => {
    const { clock, queue, begun, commit, end } = stage();
    commit();
    await end(1, FULL);
    clock.advance(4999);
    expect(begun).toHaveLength(1);
    clock.advance(1);
    expect(begun).toHaveLength(2);
    await end(2);
    expect(queue.durability()).toEqual(DURABLE);
    expect(clock.pending()).toBe(0);
  });

  it('is tried again after twice as long each time, at most 60 s, and after 5 s anew once it went well', async () => {
    const { clock, commit, end } = stage();
    commit();
    let nth = 1;
    for (const waitMs of [5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      await end(nth, FULL);
      expect(clock.nextMs()).toBe(waitMs);
      clock.advance(waitMs);
      nth += 1;
    }
    await end(nth);
    commit();
    await end(nth + 1, FULL);
    expect(clock.nextMs()).toBe(5000);
  });

  it('is tried once where a commit comes first', async () => {
    const { clock, begun, commit, end } = stage();
    commit();
    await end(1, FULL);
    clock.advance(4999);
    commit();
    await end(2);
    clock.advance(120_000);
    expect(begun).toHaveLength(2);
  });

  it('is tried again also where it hung before', async () => {
    const { clock, queue, commit, end } = stage();
    commit();
    clock.advance(TIMEOUT_MS);
    await end(1, FULL);
    clock.advance(5000);
    await end(2);
    expect(queue.durability()).toEqual(DURABLE);
  });

  it('is tried a last time at the end, and then left: the folder may be the next process’s', async () => {
    const { clock, queue, begun, commit, end } = stage();
    commit();
    await end(1, FULL);
    const closed = queue.close();
    await end(2, FULL);
    await closed;
    expect(clock.pending()).toBe(0);
    expect(begun).toHaveLength(2);
  });

  it('is left where it comes back after the end', async () => {
    const { clock, queue, commit, end } = stage();
    commit();
    clock.advance(TIMEOUT_MS);
    const closed = queue.close();
    clock.advance(TIMEOUT_MS);
    await closed;
    await end(1, FULL);
    await end(2, FULL);
    expect(clock.pending()).toBe(0);
  });
});

describe('a write that hangs', () => {
  it('lets all go after its time, and those who come later at once, and is not overtaken', async () => {
    const { clock, begun, commit } = stage();
    const early = [commit(), commit()];
    clock.advance(TIMEOUT_MS - 1);
    await settled();
    expect(early).toEqual([[], []]);
    clock.advance(1);
    const late = commit();
    await settled();
    expect([...early, late]).toMatchObject([[degraded(HANGS)], [degraded(HANGS)], [degraded(HANGS)]]);
    expect(begun).toHaveLength(1);
  });

  it('and comes back with all of memory is a recovery', async () => {
    const { clock, events, queue, begun, commit, end } = stage();
    commit();
    clock.advance(TIMEOUT_MS);
    await end(1);
    expect(queue.durability()).toEqual(DURABLE);
    expect(begun).toHaveLength(1);
    expect(events.map(({ type }) => type)).toEqual(['writeFailed', 'degraded', 'recovered']);
  });

  it('and comes back late is a recovery only after one more write, of what came meanwhile', async () => {
    const { clock, queue, begun, commit, end } = stage();
    commit();
    clock.advance(TIMEOUT_MS);
    commit();
    await end(1);
    expect(queue.durability()).toMatchObject(degraded(HANGS));
    expect(begun).toHaveLength(2);
    const waits = commit();
    await end(2);
    expect(waits).toEqual([]);
    await end(3);
    expect(waits).toEqual([DURABLE]);
    expect(queue.durability()).toEqual(DURABLE);
  });

  it('and comes back with an error leaves it to the next commit', async () => {
    const { clock, queue, begun, commit, end } = stage();
    commit();
    clock.advance(TIMEOUT_MS);
    await end(1, new Error('EIO'));
    expect(queue.durability()).toMatchObject(degraded('EIO'));
    expect(begun).toHaveLength(1);
    const next = commit();
    await end(2);
    expect(next).toEqual([DURABLE]);
  });

  it('is waited for at the end, and what came meanwhile is written behind it', async () => {
    const { clock, queue, begun, commit, end } = stage();
    commit();
    clock.advance(TIMEOUT_MS);
    commit();
    let closed = false;
    void queue.close().then(() => {
      closed = true;
    });
    await end(1);
    expect(begun).toHaveLength(2);
    expect(closed).toBe(false);
    await end(2);
    expect(closed).toBe(true);
    expect(queue.durability()).toEqual(DURABLE);
    expect(clock.pending()).toBe(0);
  });

  it('is waited for at the end no longer than a write may take', async () => {
    const { clock, queue, commit } = stage();
    commit();
    clock.advance(TIMEOUT_MS);
    let closed = false;
    void queue.close().then(() => {
      closed = true;
    });
    clock.advance(TIMEOUT_MS - 1);
    await settled();
    expect(closed).toBe(false);
    clock.advance(1);
    await settled();
    expect(closed).toBe(true);
  });

  it('is not what one is that ends in time: no timer is left', async () => {
    const { clock, queue, commit, end } = stage();
    commit();
    await end(1);
    clock.advance(10 * TIMEOUT_MS);
    expect(queue.durability()).toEqual(DURABLE);
  });
});
