import { describe, expect, it } from 'vitest';
import { createScenarioCourse } from '../../src/rehearse/scenario-course.ts';
import { createVirtualClock } from '../../src/rehearse/virtual-clock.ts';

function courseOf() {
  const broken = new AbortController();
  const clock = createVirtualClock();
  return { broken, clock, course: createScenarioCourse(clock, broken.signal) };
}

describe('the course of a scenario', () => {
  it('goes on as soon as what is waited for holds, and not before', async () => {
    const { course } = courseOf();
    const seen: string[] = [];
    const waited = course.until(() => seen.includes('started'));
    course.changed();
    seen.push('started');
    expect(await Promise.race([waited, Promise.resolve('waits')])).toBe('waits');
    course.changed();
    expect(await waited).toBe(true);
    expect(await course.until(() => true)).toBe(true);
  });

  it('is over with the first reason why it can not be played on, for those who wait and for those who come later', async () => {
    const { course, clock } = courseOf();
    const waits = [course.until(() => false), course.pause(60_000)];
    course.fail('nobody listens');
    course.fail('the app has ended');
    expect(await Promise.all([...waits, course.until(() => true), course.pause(1)])).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(course.problem()).toBe('nobody listens');
    expect(clock.monotonicMs()).toBe(0);
  });

  it.each(['broken off', 'ended'])(
    'keeps nobody waiting when it is %s, which is no problem of its own',
    async (how) => {
      const { course, broken } = courseOf();
      const waits = [course.until(() => false), course.pause(60_000)];
      if (how === 'ended') course.end();
      else broken.abort();
      expect(await Promise.all(waits)).toEqual([false, false]);
      expect(course.problem()).toBeUndefined();
    },
  );

  it('pauses as long as it is told', async () => {
    const { course, clock } = courseOf();
    expect(await clock.play(course.pause(1500))).toBe(true);
    expect(clock.monotonicMs()).toBe(1500);
  });
});
