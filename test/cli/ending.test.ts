import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endOnSignals } from '../../src/cli/ending.ts';
import { systemClock } from '../../src/hooks/clock.ts';
import { driveTime, hook, stage, steps, takes, task, untilStopped } from '../hooks/stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

/** A service with one preStop task, its signals, and the exit code once it is known. */
function service(run: Parameters<typeof task>[1]) {
  const signals = new EventEmitter();
  const { deliveries, deliver } = stage({ preStop: hook(steps(task('drain', run))) });
  const ending = endOnSignals({ deliveries, logger: pino({ level: 'silent' }), clock: systemClock, signals });
  const over = vi.fn();
  void ending.over.then(over);
  return { signals, deliver, ending, over, deliveries };
}

describe('on SIGTERM', () => {
  it('a service that executes nothing ends at once, with 0', async () => {
    const { signals, over, ending } = service(takes(1000));
    signals.emit('SIGTERM', 'SIGTERM');
    await vi.advanceTimersByTimeAsync(0);
    expect(over).toHaveBeenCalledWith(0);
    expect(ending.current()).toEqual({ state: 'stopping' });
  });

  it('a run is finished first, and deliveries are served meanwhile', async () => {
    const { signals, deliver, over, ending } = service(takes(1000));
    void deliver('preStop');
    await vi.advanceTimersByTimeAsync(500);
    signals.emit('SIGTERM', 'SIGTERM');
    await vi.advanceTimersByTimeAsync(499);
    expect(ending.current()).toEqual({ state: 'finishing', signal: 'SIGTERM' });
    expect(over).not.toHaveBeenCalled();
    const second = deliver('preStop');
    await vi.advanceTimersByTimeAsync(1);
    expect(await second).toMatchObject({ kind: 'ended', delivery: 'joined' });
    expect(over).toHaveBeenCalledWith(0);
  });

  it('a second signal ends it at once with 1, and what runs is broken off', async () => {
    const { signals, deliver, over } = service(untilStopped);
    const delivery = deliver('preStop');
    await vi.advanceTimersByTimeAsync(500);
    signals.emit('SIGTERM', 'SIGTERM');
    signals.emit('SIGINT', 'SIGINT');
    await vi.advanceTimersByTimeAsync(0);
    expect(await delivery).toMatchObject({ kind: 'refused' });
    expect(over.mock.calls).toEqual([[1]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a task that does not let itself be broken off is not waited for', async () => {
    const { signals, deliver, over } = service(() => new Promise(() => {}));
    void deliver('preStop');
    await vi.advanceTimersByTimeAsync(0);
    signals.emit('SIGTERM', 'SIGTERM');
    signals.emit('SIGTERM', 'SIGTERM');
    await vi.advanceTimersByTimeAsync(500);
    expect(over).toHaveBeenCalledWith(1);
  });
});
