import { describe, expect, it } from 'vitest';
import type { HookEvent } from '../../src/hooks/event.ts';
import type { RunRecord } from '../../src/journal/entry.ts';
import { podEventOf } from '../../src/kubernetes/pod-event.ts';
import { endedRun, endedTask } from '../server/hook-port.ts';

const run: RunRecord = { ...endedRun(), state: 'running', instance: 'k3f9' };
const identity = { incarnation: run.incarnation, guess: false, said: undefined };
const delivery = { hook: 'preStop', container: 'app', caller: 'kubelet', key: undefined, atMs: 1000 } as const;
const shed = endedTask('flush', { outcome: 'skipped', reason: 'was shed as 2 s were left and later tasks need 3 s' });

const events: [string, HookEvent, string][] = [
  [
    'the start of a run',
    { type: 'runStarted', run, resumed: false, remainingMs: 35_000, deadlineEpochMs: 0 },
    'Normal HookStarted preStop of app: started within 35 s (grace 45 s from config, reserve 10 s) (run k3f9-7)',
  ],
  [
    'a good end',
    { type: 'runEnded', run: endedRun() },
    'Normal HookSucceeded preStop of app: succeeded after 2.4 s, 32.6 s left (run k3f9-7)',
  ],
  [
    'a failure',
    { type: 'runEnded', run: endedRun({ outcome: 'failed', reason: 'task save exited with 3 after 2 s' }) },
    'Warning HookFailed preStop of app: failed after 2.4 s, 32.6 s left: task save exited with 3 after 2 s (run k3f9-7)',
  ],
  [
    'time that ran out',
    { type: 'runEnded', run: endedRun({ outcome: 'timedOut', remainingMs: -3, reason: 'task a was cut short' }) },
    'Warning HookOutOfTime preStop of app: timed out after 2.4 s, 0 ms left: task a was cut short (run k3f9-7)',
  ],
  [
    'a run that was broken off, of which no end comes',
    { type: 'runBrokenOff', run: { ...run, state: 'interrupted' }, why: 'its container came back' },
    'Warning HookFailed preStop of app: was broken off: its container came back (run k3f9-7)',
  ],
  [
    "a task's own time that ran out, with much left for the run",
    {
      type: 'runEnded',
      run: endedRun({ hook: 'postStart', outcome: 'timedOut', reason: 'task a ran out of its timeout of 2 s' }),
    },
    'Warning HookOutOfTime postStart of app: timed out after 2.4 s, 32.6 s left: task a ran out of its timeout of 2 s (run k3f9-7)',
  ],
  [
    'a task that was shed',
    { type: 'taskEnded', run, task: shed, shed: true, remainingMs: 2000 },
    'Warning TaskShed preStop of app: task flush was shed as 2 s were left and later tasks need 3 s (run k3f9-7)',
  ],
  [
    'a repeated delivery',
    { type: 'delivered', delivery, served: 'joined', run: { ...run, deliveries: 2 }, identity },
    'Normal DuplicateDelivery preStop of app: delivery 2 (kubelet) was joined (run k3f9-7)',
  ],
  [
    'a refused delivery',
    { type: 'deliveryRefused', delivery, reason: 'hookkeeper is being stopped' },
    'Warning HookFailed preStop of app: a delivery was refused: hookkeeper is being stopped',
  ],
];

describe('a Kubernetes Event', () => {
  it.each(events)('tells of %s', (_what, event, expected) => {
    const made = podEventOf(event);
    expect(`${made?.type} ${made?.reason} ${made?.message}`).toBe(expected);
    expect(made?.container).toBe('app');
  });

  it.each<[string, HookEvent]>([
    ['a first delivery', { type: 'delivered', delivery, served: 'executed', run, identity }],
    [
      'what begins again without a delivery',
      { type: 'delivered', delivery: { ...delivery, withoutHook: true }, served: 'resumed', run, identity },
    ],
    ['a task that ended', { type: 'taskEnded', run, task: endedTask('a'), shed: false, remainingMs: 5 }],
    ['a line of output', { type: 'taskOutput', run, task: 'a', attempt: 1, line: 'x', remainingMs: 5 }],
  ])('does not tell of %s', (_what, event) => {
    expect(podEventOf(event)).toBeUndefined();
  });

  it('says of the start of a run that nobody asked for it, as where the app ended by itself', () => {
    const unasked = { ...run, deliveries: 0 };
    const made = podEventOf({ type: 'runStarted', run: unasked, resumed: false, remainingMs: 5, deadlineEpochMs: 0 });
    expect(made?.message).toMatch(/^preStop of app: started without a delivery within 35 s /);
  });

  it('has a key without what changes from one to the next, so that a flood becomes a count', () => {
    const served = (deliveries: number) =>
      podEventOf({ type: 'delivered', delivery, served: 'joined', run: { ...run, deliveries }, identity });
    expect(served(2)?.key).toBe(served(3)?.key);
    expect(new Set(events.map(([, event]) => podEventOf(event)?.key)).size).toBe(events.length);
  });
});
