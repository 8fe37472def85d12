import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Result } from '../../src/hooks/delivery.ts';
import {
  apiServer,
  driveTime,
  failed,
  hook,
  podWith,
  SUCCEEDED,
  stage,
  steps,
  takes,
  task,
  told,
  untilStopped,
} from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

describe('P1: once', () => {
  it('a thousand deliveries at once run each task once', async () => {
    const drain = vi.fn(takes(1000));
    const save = vi.fn(async () => SUCCEEDED);
    const { deliver } = stage({ preStop: hook(steps(task('drain', drain), task('save', save))) });
    const all = Array.from({ length: 1000 }, () => deliver('preStop'));
    await vi.advanceTimersByTimeAsync(1000);
    const kinds = (await Promise.all(all)).map((result) => told(result).delivery);
    expect(drain).toHaveBeenCalledTimes(1);
    expect(save).toHaveBeenCalledTimes(1);
    expect(kinds.filter((kind) => kind === 'executed')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'joined')).toHaveLength(999);
  });

  it('the claim is on the disk before the first effect', async () => {
    const drain = vi.fn(async () => SUCCEEDED);
    const { deliver, memory } = stage({ preStop: hook(steps(task('drain', drain))) });
    const release = memory.hold();
    const delivery = deliver('preStop');
    await vi.advanceTimersByTimeAsync(100);
    expect(drain).not.toHaveBeenCalled();
    expect(memory.committed()).toEqual([]);
    release();
    expect(told(await delivery).outcome).toBe('succeeded');
    expect(drain).toHaveBeenCalledTimes(1);
  });

  it("each task's end is on the disk before the next task starts", async () => {
    const seen: string[] = [];
    const look = (name: string) =>
      task(name, async () => {
        const [run] = theStage.memory.committed();
        seen.push(`${name}: ${run?.tasks.map((record) => `${record.name} ${record.state}`).join(', ')}`);
        return SUCCEEDED;
      });
    const theStage = stage({ preStop: hook(steps(look('a'), look('b'), look('c'))) });
    await theStage.deliver('preStop');
    expect(seen).toEqual([
      'a: a running, b pending, c pending',
      'b: a ended, b running, c pending',
      'c: a ended, b ended, c running',
    ]);
    expect(theStage.memory.committed()[0]?.state).toBe('ended');
  });

  it('a run that is resumed while its failure is still on its way to the disk is executed once', async () => {
    const outcomes = [failed(), SUCCEEDED];
    const flaky = vi.fn(async () => outcomes.shift() ?? SUCCEEDED);
    const last = vi.fn(takes(1000));
    const { deliver, memory } = stage({ preStop: hook(steps(task('flaky', flaky), task('last', last))) });
    // The disk takes 10 ms: the second delivery finds the run ended, and the end not yet written.
    memory.slow(10);
    const first = deliver('preStop');
    await vi.advanceTimersByTimeAsync(15);
    const second = deliver('preStop');
    await vi.advanceTimersByTimeAsync(10);
    const third = deliver('preStop');
    await vi.advanceTimersByTimeAsync(2000);
    expect(told(await first).outcome).toBe('failed');
    expect([told(await second), told(await third)]).toMatchObject([
      { delivery: 'resumed', outcome: 'succeeded' },
      { delivery: 'joined', outcome: 'succeeded' },
    ]);
    expect(flaky).toHaveBeenCalledTimes(2);
    expect(last).toHaveBeenCalledTimes(1);
  });

  it('after a kill -9 a redelivery resumes: finished tasks stay finished, the interrupted one is run again', async () => {
    const save = vi.fn(async () => SUCCEEDED);
    const drain = vi.fn(untilStopped);
    const before = stage({ postStart: hook([]), preStop: hook(steps(task('save', save), task('drain', drain))) });
    await before.deliver('postStart');
    void before.deliver('preStop');
    await vi.advanceTimersByTimeAsync(1000);
    expect(drain).toHaveBeenCalledTimes(1);

    const after = before.afterKill();
    drain.mockImplementation(async () => SUCCEEDED);
    const answer = told(await after.deliver('preStop'));
    expect(answer).toMatchObject({
      delivery: 'resumed',
      outcome: 'succeeded',
      tasks: ['save succeeded', 'drain succeeded'],
    });
    expect(save).toHaveBeenCalledTimes(1);
    expect(answer.run.tasks[1]).toMatchObject({ attempts: 2 });
    expect(answer.run.deliveries).toBe(2);
    expect(after.events.find(({ type }) => type === 'delivered')).toMatchObject({
      served: 'resumed',
      identity: { guess: false, incarnation: { why: 'no postStart came since the last preStop' } },
    });
  });

  it.each([
    { onInterrupted: 'skip' as const, outcome: 'succeeded', tasks: ['drain interrupted', 'save succeeded'] },
    { onInterrupted: 'fail' as const, outcome: 'failed', tasks: ['drain interrupted', 'save skipped'] },
  ])(
    'a task that must not run twice is not run again: onInterrupted $onInterrupted',
    async ({ onInterrupted, outcome, tasks }) => {
      const drain = vi.fn(untilStopped);
      const before = stage({ preStop: hook(steps(task('drain', drain, { onInterrupted }), task('save'))) });
      void before.deliver('preStop');
      await vi.advanceTimersByTimeAsync(1000);
      const after = before.afterKill();
      expect(told(await after.deliver('preStop'))).toMatchObject({ delivery: 'resumed', outcome, tasks });
      expect(told(await after.deliver('preStop'))).toMatchObject({ outcome, tasks });
      expect(drain).toHaveBeenCalledTimes(1);
    },
  );
});

describe('P2: join', () => {
  it("the kubelet's redelivery joins, and its fresh grace moves the deadline", async () => {
    const { deliver, events } = stage({ preStop: hook(steps(task('drain', takes(30_000)))) });
    const first = deliver('preStop');
    await vi.advanceTimersByTimeAsync(20_000);
    const second = deliver('preStop');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told(await first)).toMatchObject({ delivery: 'executed', outcome: 'succeeded' });
    expect(told(await second)).toMatchObject({ delivery: 'joined', outcome: 'succeeded' });
    expect(events.filter(({ type }) => type === 'deadlineMoved')).toMatchObject([{ remainingMs: 25_000 }]);
  });

  it.each([0, 6000])(
    'a deadline counts from the arrival, also of a delivery that was held for %i ms',
    async (waitedMs) => {
      const { deliver } = stage({ preStop: hook(steps(task('drain', untilStopped))) });
      const first = deliver('preStop', { waitedMs: 2000 });
      await vi.advanceTimersByTimeAsync(10_000);
      const second = deliver('preStop', { waitedMs });
      await vi.advanceTimersByTimeAsync(30_000);
      expect(told(await second)).toMatchObject({ delivery: 'joined', run: { durationMs: 10_000 - waitedMs + 24_750 } });
      expect(told(await first).outcome).toBe('timedOut');
    },
  );

  it('a caller who joined and goes away is not waited for, and cancels nothing', async () => {
    const { deliver } = stage({ preStop: hook(steps(task('drain', takes(1000)))) });
    const first = deliver('preStop');
    const gone = new AbortController();
    const joined = deliver('preStop', { gone: gone.signal });
    await vi.advanceTimersByTimeAsync(500);
    gone.abort();
    expect(await joined).toEqual({ kind: 'refused', reason: 'its caller went away' });
    await vi.advanceTimersByTimeAsync(500);
    expect(told(await first).outcome).toBe('succeeded');
  });

  it('anybody else who joins lengthens nothing', async () => {
    const { deliver } = stage({ preStop: hook(steps(task('drain', takes(30_000)))) });
    const first = deliver('preStop');
    await vi.advanceTimersByTimeAsync(20_000);
    const second = deliver('preStop', { caller: 'other' });
    await vi.advanceTimersByTimeAsync(5000);
    expect(told(await first).outcome).toBe('timedOut');
    expect(told(await second).outcome).toBe('timedOut');
  });
});

describe('a preStop of the kubelet while the postStart of its life still runs', () => {
  const overlapping = () => {
    const did: string[] = [];
    const noting = (name: string) => async () => {
      did.push(name);
      return SUCCEEDED;
    };
    const postStart = hook(steps(task('warm', takes(20_000)), task('register', noting('register'))));
    const preStop = hook(steps(task('deregister', noting('deregister'))));
    const gone = new AbortController();
    return { ...stage({ postStart, preStop }), did, gone };
  };

  it('breaks that off where the kubelet that sent it is gone: nobody waits for it, and it would undo what the preStop did', async () => {
    const { deliver, did, gone, memory, events } = overlapping();
    const start = deliver('postStart', { gone: gone.signal });
    await vi.advanceTimersByTimeAsync(5000);
    gone.abort();
    const stop = deliver('preStop');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(told(await stop)).toMatchObject({ delivery: 'executed', outcome: 'succeeded' });
    expect(await start).toEqual({ kind: 'refused', reason: 'the run was broken off, its container is being stopped' });
    expect(did).toEqual(['deregister']);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'runBrokenOff', why: 'its container is being stopped' }),
    );
    expect(memory.committed()).toMatchObject([
      { hook: 'postStart', state: 'interrupted' },
      { hook: 'preStop', state: 'ended' },
    ]);
  });

  it.each([
    ['who waits for it', 'kubelet', false],
    ['who left it, for the preStop of somebody else', 'other', true],
  ] as const)('takes it from no caller %s', async (_who, caller, left) => {
    const { deliver, did, gone } = overlapping();
    const start = deliver('postStart', { gone: gone.signal });
    await vi.advanceTimersByTimeAsync(5000);
    if (left) gone.abort();
    void deliver('preStop', { caller });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(told(await start).outcome).toBe('succeeded');
    expect(did).toEqual(['deregister', 'register']);
  });
});

describe('a postStart of the next life while the last preStop still runs', () => {
  const restarted = () => {
    const did: string[] = [];
    const noting = async () => {
      did.push('stop-intake');
      return SUCCEEDED;
    };
    const preStop = hook(steps(task('notice', takes(10_000)), task('stop-intake', noting)));
    return { ...stage({ postStart: hook([]), preStop }), did };
  };

  it('breaks that off where the kubelet sent it, as the grace of a probe is over: it would drain the new container', async () => {
    const { deliver, did, memory } = restarted();
    const stop = deliver('preStop');
    await vi.advanceTimersByTimeAsync(5000);
    expect(told(await deliver('postStart')).outcome).toBe('succeeded');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(did).toEqual([]);
    expect(await stop).toEqual({ kind: 'refused', reason: 'the run was broken off, its container came back' });
    expect(memory.committed()).toMatchObject([
      { state: 'interrupted', stop: { reason: 'restart' } },
      { state: 'ended' },
    ]);
  });

  it('lets it go on where somebody else sent it, who can not know that the container came back', async () => {
    const { deliver, did } = restarted();
    const stop = deliver('preStop');
    await vi.advanceTimersByTimeAsync(5000);
    await deliver('postStart', { caller: 'other' });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(did).toEqual(['stop-intake']);
    expect(told(await stop).outcome).toBe('succeeded');
  });
});

it('last tasks that an earlier process failed in, and this one did, are not done again for a preStop that comes after all', async () => {
  const save = vi.fn(async () => SUCCEEDED).mockResolvedValueOnce(failed());
  const last = { withoutHook: true, caller: 'other' } as const;
  const first = stage({ preStop: hook(steps(task('drain'), task('save', save, { alsoWithoutHook: true }))) });
  expect(told(await first.deliver('preStop', last)).tasks).toEqual(['drain skipped', 'save failed']);
  const second = first.afterKill();
  expect(told(await second.deliver('preStop', last)).tasks).toEqual(['drain skipped', 'save succeeded']);
  expect(told(await second.deliver('preStop'))).toMatchObject({
    delivery: 'resumed',
    tasks: ['drain succeeded', 'save succeeded'],
  });
  expect(save).toHaveBeenCalledTimes(2);
});

describe('P3: replay', () => {
  it('a succeeded run is replayed at once', async () => {
    const save = vi.fn(async () => SUCCEEDED);
    const { deliver } = stage({ preStop: hook(steps(task('save', save))) });
    const first = told(await deliver('preStop'));
    const second = told(await deliver('preStop'));
    expect(second).toMatchObject({ delivery: 'replayed', outcome: 'succeeded', tasks: ['save succeeded'] });
    expect(second.run.id).toBe(first.run.id);
    expect(save).toHaveBeenCalledTimes(1);
  });

  it('a run whose end is not on the disk yet is told to nobody', async () => {
    const { deliver, memory } = stage({ preStop: hook(steps(task('save', takes(1000)))) });
    const first = deliver('preStop');
    await vi.advanceTimersByTimeAsync(500);
    const release = memory.hold();
    await vi.advanceTimersByTimeAsync(600);
    const told2 = vi.fn();
    const second = deliver('preStop');
    void second.then(told2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(told2).not.toHaveBeenCalled();
    release();
    expect(told(await second)).toMatchObject({ delivery: 'replayed', outcome: 'succeeded' });
    expect(memory.committed()).toMatchObject([{ state: 'ended' }]);
    await first;
  });

  it('of a failed run only what did not succeed is tried again, under a fresh grace', async () => {
    const save = vi.fn(async () => SUCCEEDED);
    const upload = vi.fn(takes(24_000)).mockResolvedValueOnce(failed('answered 500'));
    const { deliver } = stage({ preStop: hook(steps(task('save', save), task('upload', upload), task('tell'))) });
    expect(told(await deliver('preStop'))).toMatchObject({
      outcome: 'failed',
      reason: 'task upload answered 500',
      tasks: ['save succeeded', 'upload failed', 'tell skipped'],
    });
    await vi.advanceTimersByTimeAsync(29_000);
    const second = deliver('preStop');
    await vi.advanceTimersByTimeAsync(24_000);
    expect(told(await second)).toMatchObject({
      delivery: 'resumed',
      outcome: 'succeeded',
      tasks: ['save succeeded', 'upload succeeded', 'tell succeeded'],
    });
    expect(save).toHaveBeenCalledTimes(1);
  });

  it('onRedelivery: replay tells the recorded failure again', async () => {
    const upload = vi.fn(async () => failed());
    const { deliver } = stage({ preStop: hook(steps(task('upload', upload)), { onRedelivery: 'replay' }) });
    await deliver('preStop');
    expect(told(await deliver('preStop'))).toMatchObject({ delivery: 'replayed', outcome: 'failed' });
    expect(upload).toHaveBeenCalledTimes(1);
  });
});

describe('P4: fresh life', () => {
  it('a postStart after a preStop opens a new life, whose hooks run again', async () => {
    const start = vi.fn(async () => SUCCEEDED);
    const stop = vi.fn(async () => SUCCEEDED);
    const { deliver } = stage({
      postStart: hook(steps(task('start', start))),
      preStop: hook(steps(task('stop', stop))),
    });
    for (const name of ['postStart', 'preStop', 'postStart', 'preStop'] as const) {
      expect(told(await deliver(name)).delivery).toBe('executed');
    }
    expect([start.mock.calls.length, stop.mock.calls.length]).toEqual([2, 2]);
  });

  it('an Idempotency-Key decides before any rule', async () => {
    const save = vi.fn(async () => SUCCEEDED);
    const { deliver } = stage({ preStop: hook(steps(task('save', save))) });
    expect(told(await deliver('preStop', { key: 'a' })).delivery).toBe('executed');
    expect(told(await deliver('preStop', { key: 'b' })).delivery).toBe('executed');
    expect(told(await deliver('preStop', { key: 'a' })).delivery).toBe('replayed');
    expect(save).toHaveBeenCalledTimes(2);
  });
});

describe('P7: never worse', () => {
  it('a disk that hangs makes no answer late', async () => {
    const save = vi.fn(async () => SUCCEEDED);
    const { deliver, memory } = stage({ preStop: hook(steps(task('save', save))) });
    memory.hold();
    let result: Result | undefined;
    void deliver('preStop').then((answer) => {
      result = answer;
    });
    await vi.advanceTimersByTimeAsync(24_999);
    expect(result).toBeDefined();
  });

  it('a journal that is kept in memory is said in the answer', async () => {
    const { deliver, memory } = stage({ preStop: hook(steps(task('save'))) });
    memory.degrade('ENOSPC: no space left on device');
    expect(told(await deliver('preStop')).notes).toEqual([
      'the journal is kept in memory only, ENOSPC: no space left on device',
    ]);
  });
});

describe('the end of the process', () => {
  it('abort ends what runs at once and tells the journal and everybody that the run is interrupted', async () => {
    const { deliver, deliveries, memory, events } = stage({ preStop: hook(steps(task('drain', untilStopped))) });
    const delivery = deliver('preStop');
    await vi.advanceTimersByTimeAsync(1000);
    await deliveries.abort('second signal');
    expect(await delivery).toMatchObject({ kind: 'refused' });
    expect(deliveries.active()).toBe(0);
    const interrupted = { state: 'interrupted', tasks: [{ name: 'drain', state: 'running' }] };
    expect(memory.journal.all()).toMatchObject([interrupted]);
    expect(events.filter(({ type }) => type === 'runBrokenOff')).toMatchObject([
      { run: interrupted, why: 'second signal' },
    ]);
    expect(await deliver('preStop')).toMatchObject({ kind: 'refused' });
  });

  it('abort is over after 500 ms where a task does not end, and tells the journal of that run, too', async () => {
    const never = () => new Promise<never>(() => {});
    const { deliver, deliveries, memory } = stage({ preStop: hook(steps(task('drain', never, { stopMs: 5000 }))) });
    void deliver('preStop');
    await vi.advanceTimersByTimeAsync(1000);
    const over = vi.fn();
    void deliveries.abort('second signal').then(over);
    await vi.advanceTimersByTimeAsync(499);
    expect(over).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(over).toHaveBeenCalled();
    expect(memory.journal.all()).toMatchObject([{ state: 'interrupted' }]);
  });

  it('abort leaves a run alone whose end is on its way to the disk', async () => {
    const { deliver, deliveries, memory, events } = stage({ preStop: hook(steps(task('drain', takes(100)))) });
    void deliver('preStop');
    await vi.advanceTimersByTimeAsync(50);
    const release = memory.hold();
    await vi.advanceTimersByTimeAsync(100);
    void deliveries.abort('second signal');
    release();
    await vi.advanceTimersByTimeAsync(1000);
    expect(memory.journal.all()).toMatchObject([{ state: 'ended', outcome: 'succeeded' }]);
    expect(events.map(({ type }) => type)).not.toContain('runBrokenOff');
  });

  it.each([
    [
      'a task that had not begun is no interrupted one to the next process',
      steps(task('save', undefined, { onInterrupted: 'fail' })),
    ],
    ['a hook without tasks has not succeeded', []],
  ])('abort before the first task: %s', async (_what, tasks) => {
    const slow = apiServer({ afterMs: 90, reading: podWith(20_000) });
    const first = stage({ preStop: hook(tasks) }, undefined, undefined, slow);
    const delivery = first.deliver('preStop');
    await vi.advanceTimersByTimeAsync(50);
    void first.deliveries.abort('second signal');
    await vi.advanceTimersByTimeAsync(50);
    expect(await delivery).toMatchObject({ kind: 'refused' });
    await first.memory.journal.commit();
    const again = first.afterKill().deliver('preStop');
    await vi.advanceTimersByTimeAsync(100);
    expect(told(await again)).toMatchObject({ delivery: 'resumed', outcome: 'succeeded' });
  });

  it('idle resolves when the last run has ended', async () => {
    const { deliver, deliveries } = stage({ preStop: hook(steps(task('drain', takes(1000)))) });
    void deliver('preStop');
    const idle = vi.fn();
    void deliveries.idle().then(idle);
    await vi.advanceTimersByTimeAsync(999);
    expect(idle).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(idle).toHaveBeenCalled();
  });
});

it('a bug in the middle of a run is told, refuses its callers, and leaves the run to the next delivery', async () => {
  const save = vi.fn(async () => SUCCEEDED);
  const { deliver, deliveries, memory, events } = stage({ preStop: hook(steps(task('save', save))) });
  const put = memory.journal.put;
  memory.journal.put = (run) => {
    if (run.tasks.some(({ state }) => state === 'running')) throw new TypeError('a bug');
    put(run);
  };
  const [first, second] = await Promise.all([deliver('preStop'), deliver('preStop')]);
  expect([first.kind, second.kind]).toEqual(['refused', 'refused']);
  expect(events.filter(({ type }) => type === 'runBug')).toHaveLength(1);
  await deliveries.idle();
  memory.journal.put = put;
  expect(told(await deliver('preStop'))).toMatchObject({ delivery: 'resumed', outcome: 'succeeded' });
});

it('a hook that is not configured is refused', async () => {
  const { deliver, events } = stage({ preStop: hook([]) });
  expect(await deliver('postStart')).toEqual({
    kind: 'refused',
    reason: 'container app has no postStart hook in the config',
  });
  expect(events).toMatchObject([{ type: 'deliveryRefused' }]);
});

it('a hook without tasks succeeds', async () => {
  const { deliver } = stage({ postStart: hook([]) });
  expect(told(await deliver('postStart'))).toMatchObject({ delivery: 'executed', outcome: 'succeeded', tasks: [] });
});
