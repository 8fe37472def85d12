import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Openings } from '../../../src/tasks/connections/opening-counter.ts';
import { createSocketEnds } from '../../../src/tasks/connections/socket-ends.ts';

/** The ends since a look, with a kernel that tells what it is told. */
function start() {
  let openings: Openings | undefined;
  const ends = createSocketEnds({ read: () => openings });
  let nowMs = 0;
  /** So long after the last poll. */
  const poll = (sockets: number | undefined, begun?: number, established = sockets ?? 0, afterMs = 40) => {
    nowMs += afterMs;
    openings = begun === undefined ? undefined : { begun, established };
    ends.poll(nowMs, sockets);
  };
  const look = () => ends.mark(ends.counts());
  return { ends, poll, look };
}

describe('the ends of sockets since a look', () => {
  it('are those by which the count fell, and those that others took the place of', () => {
    const { ends, poll, look } = start();
    poll(10, 100);
    look();
    expect([ends.ended(), ends.hasMoved()]).toEqual([0, false]);
    poll(9, 103);
    expect([ends.ended(), ends.hasMoved()]).toEqual([4, true]);
    look();
    expect([ends.ended(), ends.hasMoved()]).toEqual([0, false]);
  });

  it('are never fewer than those of any connections at all', () => {
    const steps = fc.array(fc.record({ begin: fc.nat({ max: 50 }), end: fc.nat({ max: 50 }) }), { minLength: 1 });
    fc.assert(
      fc.property(steps, (all) => {
        const { ends, poll, look } = start();
        let [sockets, begun, ended] = [1000, 0, 0];
        poll(sockets, begun);
        look();
        for (const step of all) {
          const end = Math.min(step.end, sockets);
          sockets += step.begin - end;
          begun += step.begin;
          ended += end;
          poll(sockets, begun, sockets, 200);
          expect(ends.ended()).toBe(ended);
        }
      }),
    );
  });

  it('come with those that one side has closed, whose sockets are still there', () => {
    const { ends, poll, look } = start();
    poll(10, 100, 8);
    look();
    poll(10, 100, 5, 200);
    expect([ends.ended(), ends.closed()]).toEqual([0, 3]);
  });

  it('are the fall of the count where the kernel does not tell what begins, and none where it tells no count', () => {
    const { ends, poll, look } = start();
    poll(10);
    look();
    poll(7);
    expect([ends.ended(), ends.closed()]).toEqual([3, 3]);
    poll(undefined);
    expect([ends.ended(), ends.closed(), ends.counts()]).toEqual([0, 0, undefined]);
  });

  it('have a pace, by which it is known when so many will have ended', () => {
    const { ends, poll, look } = start();
    poll(100, 0);
    look();
    expect(ends.msUntil(50)).toBe(Number.POSITIVE_INFINITY);
    poll(80, 0);
    expect([ends.msUntil(50), ends.msUntil(20), ends.isStill()]).toEqual([60, Number.POSITIVE_INFINITY, false]);
    poll(80, 0);
    expect([ends.msUntil(50), ends.isStill()]).toEqual([Number.POSITIVE_INFINITY, true]);
  });

  it('are not still where only the poll came again at once', () => {
    const { ends, poll } = start();
    poll(100, 0);
    expect(ends.isStill()).toBe(false);
    poll(80, 0);
    poll(80, 0, 80, 1);
    expect(ends.isStill()).toBe(false);
  });
});
