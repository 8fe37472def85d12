import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TaskConfig } from '../../src/config/config.ts';
import type { Evidence, Sightings } from '../../src/hooks/evidence.ts';
import type { AttemptContext, AttemptResult, TaskAction } from '../../src/hooks/task.ts';
import { BLIND } from './sightings.ts';
import { driveTime, failed, hook, podWith, SUCCEEDED, stage, steps, takes, task, told, untilStopped } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

type Run = (attempt: AttemptContext) => Promise<AttemptResult>;

/** A task that notes itself, and whose undo does so too. */
function undoable(
  did: string[],
  name: string,
  run: Run = async () => SUCCEEDED,
  undo: Run = async () => SUCCEEDED,
  settings: Partial<TaskConfig<TaskAction>> = {},
): TaskConfig<TaskAction> {
  const noting =
    (what: string, inner: Run): Run =>
    (attempt) => {
      did.push(what);
      return inner(attempt);
    };
  const base = task(name, noting(name, run), settings);
  const back = task(name, noting(`${name}/undo`, undo));
  const { kind, action, retry } = back;
  return { ...base, undo: { kind, action, timeoutMs: 10_000, attemptTimeoutMs: undefined, retry } };
}

const processes = (startTicks: number): Sightings => ({
  ...BLIND,
  process: { kind: 'seen', seen: { containerId: null, startTicks } },
});

const noting = (did: string[], name: string) =>
  task(name, async () => {
    did.push(name);
    return SUCCEEDED;
  });

describe('a container that comes back after its preStop', () => {
  it('has what was started undone in reverse, once, before its postStart', async () => {
    const did: string[] = [];
    const list = steps(
      undoable(did, 'a'),
      undoable(did, 'b', async () => failed(), undefined, { onFailure: 'continue' }),
      undoable(did, 'c', untilStopped, undefined, { timeoutMs: 1000, onTimeout: 'continue' }),
      noting(did, 'no-undo'),
      undoable(did, 'e', undefined, undefined, { onFailure: 'stop' }),
      undoable(did, 'f', async () => failed(), undefined, { onFailure: 'stop' }),
      undoable(did, 'never'),
    );
    const { deliver, events, memory } = stage({ preStop: hook(list), postStart: hook(steps(noting(did, 'begin'))) });
    const stop = deliver('preStop');
    await vi.advanceTimersByTimeAsync(2000);
    await stop;
    did.length = 0;
    const { outcome, notes } = told(await deliver('postStart'));
    expect([outcome, notes]).toEqual(['succeeded', []]);
    expect(did).toEqual(['f/undo', 'e/undo', 'c/undo', 'b/undo', 'a/undo', 'begin']);
    const [first] = memory.committed();
    expect(first?.stop).toMatchObject({ reason: 'restart', why: expect.stringContaining('the container came back') });
    expect(first?.undo?.tasks.map((record) => [record.name, record.state])).toContainEqual(['f/undo', 'ended']);
    expect(events.filter(({ type }) => type === 'undoStarted' || type === 'undoEnded')).toMatchObject([
      { type: 'undoStarted' },
      { type: 'undoEnded', failed: [] },
    ]);

    // The next life, after a crash: nothing was taken away since.
    await vi.advanceTimersByTimeAsync(20_000);
    await deliver('postStart');
    expect(did.slice(6)).toEqual(['begin']);
  });

  it('is told to the undo, which has what the preStop captured', async () => {
    const did: string[] = [];
    const seen: unknown[] = [];
    const look: Run = async ({ captured, hook: of, task: name, reason }) => {
      seen.push(captured.get('id'), of, name, reason());
      return SUCCEEDED;
    };
    const drain = undoable(did, 'drain', async () => ({ outcome: 'succeeded', captured: { id: '7' } }), look);
    const { deliver } = stage({ preStop: hook(steps(drain)), postStart: hook([]) });
    await deliver('preStop');
    await deliver('postStart');
    expect(seen).toEqual(['7', 'preStop', 'drain/undo', 'restart']);
  });

  it('has each undo in the journal before it has an effect, with why', async () => {
    const did: string[] = [];
    const seen: unknown[] = [];
    const drain = undoable(did, 'drain', undefined, async () => {
      seen.push(memory.committed()[0]?.undo);
      return SUCCEEDED;
    });
    const { deliver, memory } = stage({ preStop: hook(steps(drain)), postStart: hook([]) });
    await deliver('preStop');
    await deliver('postStart');
    const why = expect.stringMatching(/^the container came back, as run \S+ is of another life: /);
    const tasks = [{ state: 'running', name: 'drain/undo', attempts: 1, startedAtMs: expect.any(Number) }];
    expect(seen).toEqual([{ why, instance: 'first', tasks }]);
    const over = memory.committed()[0]?.undo;
    expect(over).toMatchObject({ why, tasks: [{ state: 'ended', outcome: 'succeeded' }] });
    expect(over?.instance).toBeUndefined();
  });

  it('is told with the stop that it shows to have been a restart, once', async () => {
    const { deliver, events } = stage({ preStop: hook(steps(undoable([], 'drain'))), postStart: hook([]) });
    await deliver('preStop');
    await deliver('postStart');
    await vi.advanceTimersByTimeAsync(20_000);
    await deliver('postStart');
    const restarts = events.filter((event) => event.type === 'stopReason' && event.stop.reason === 'restart');
    expect(restarts).toMatchObject([
      { stop: { reason: 'restart', source: 'comeback' }, run: { hook: 'preStop', stop: { reason: 'restart' } } },
    ]);
  });

  it('starts although an undo fails, which is tried as its retry says, and is loud', async () => {
    const did: string[] = [];
    const drain = undoable(did, 'drain', undefined, async () => failed());
    const undo = drain.undo && { ...drain.undo, retry: { ...drain.undo.retry, attempts: 3 } };
    const list = steps({ ...drain, undo }, undoable(did, 'other'));
    const { deliver, events } = stage({ preStop: hook(list), postStart: hook(steps(noting(did, 'begin'))) });
    await deliver('preStop');
    did.length = 0;
    const start = deliver('postStart');
    await vi.advanceTimersByTimeAsync(10_000);
    const { outcome, notes } = told(await start);
    expect(did).toEqual(['other/undo', 'drain/undo', 'drain/undo', 'drain/undo', 'begin']);
    expect([outcome, notes]).toEqual([
      'succeeded',
      ['what the last preStop took away is not all given back, drain/undo failed: exited with 1'],
    ]);
    expect(events.find(({ type }) => type === 'undoEnded')).toMatchObject({
      failed: ['drain/undo failed: exited with 1'],
    });
    await vi.advanceTimersByTimeAsync(20_000);
    await deliver('postStart');
    expect(did.filter((name) => name === 'drain/undo')).toHaveLength(3);
  });

  it('is not held up by an undo that hangs for longer than its timeout', async () => {
    const did: string[] = [];
    const drain = undoable(did, 'drain', undefined, untilStopped);
    const { deliver } = stage({ preStop: hook(steps(drain)), postStart: hook(steps(noting(did, 'begin'))) });
    await deliver('preStop');
    const start = deliver('postStart');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told(await start).run.durationMs).toBe(10_000);
    expect(did.at(-1)).toBe('begin');
  });

  it('that had no time to take all of it back has the rest taken back later', async () => {
    const did: string[] = [];
    const [one, two] = [undoable(did, 'one'), undoable(did, 'two', undefined, untilStopped)];
    const postStart = hook(steps({ ...noting(did, 'begin'), onTimeout: 'continue' }), { timeoutMs: 1000 });
    const { deliver, memory } = stage({ preStop: hook(steps(one, two)), postStart });
    await deliver('preStop');
    const start = deliver('postStart');
    await vi.advanceTimersByTimeAsync(1000);
    expect(told(await start).notes).toEqual([expect.stringContaining('two/undo'), expect.stringContaining('one/undo')]);
    expect(memory.committed()[0]?.undo?.tasks).toMatchObject([
      { name: 'two/undo', state: 'ended', outcome: 'timedOut', attempts: 1 },
      { name: 'one/undo', state: 'pending' },
    ]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(did).toEqual(['one', 'two', 'two/undo', 'one/undo']);
  });

  it('has a preStop that still runs broken off first, and what that had started is undone', async () => {
    const did: string[] = [];
    const list = steps(undoable(did, 'a'), undoable(did, 'b', untilStopped), undoable(did, 'c'));
    const { deliver, memory } = stage({ preStop: hook(list), postStart: hook(steps(noting(did, 'begin'))) });
    const stop = deliver('preStop');
    await vi.advanceTimersByTimeAsync(1000);
    const start = deliver('postStart');
    await vi.advanceTimersByTimeAsync(1000);
    expect(await stop).toEqual({ kind: 'refused', reason: 'the run was broken off, its container came back' });
    expect(told(await start).outcome).toBe('succeeded');
    expect(did).toEqual(['a', 'b', 'b/undo', 'a/undo', 'begin']);
    expect(memory.committed()[0]).toMatchObject({ state: 'interrupted', stop: { reason: 'restart' } });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('without a postStart is seen at the preStop of its next life, which drains again', async () => {
    const did: string[] = [];
    const { deliver } = stage({ preStop: hook(steps(undoable(did, 'drain'))) });
    await deliver('preStop');
    await vi.advanceTimersByTimeAsync(90_000);
    expect(told(await deliver('preStop')).delivery).toBe('executed');
    expect(did).toEqual(['drain', 'drain/undo', 'drain']);
  });

  it('is not seen in a preStop of another caller with a key of its own, who breaks nothing off', async () => {
    const did: string[] = [];
    const hooks = { preStop: hook(steps(undoable(did, 'drain', takes(1000)))), postStart: hook([]) };
    const { deliver } = stage(hooks);
    const [one, other] = [deliver('preStop', { key: 'one' }), deliver('preStop', { key: 'other' })];
    await vi.advanceTimersByTimeAsync(2000);
    expect([told(await one).outcome, told(await other).outcome]).toEqual(['succeeded', 'succeeded']);
    expect(did).toEqual(['drain', 'drain']);
    await deliver('postStart', { key: 'next' });
    expect(did).toEqual(['drain', 'drain', 'drain/undo']);
  });

  it('without any further hook is seen in its new life, and not held drained', async () => {
    const did: string[] = [];
    let startTicks = 1;
    const evidence: Evidence = {
      look: async () => ({ ...BLIND, process: { kind: 'seen', seen: { containerId: null, startTicks } } }),
    };
    const hooks = { preStop: hook(steps(undoable(did, 'drain'))) };
    const { deliver, events } = stage(hooks, undefined, undefined, undefined, evidence);
    await deliver('preStop');
    await vi.advanceTimersByTimeAsync(6000);
    expect(did).toEqual(['drain']);
    startTicks = 2;
    await vi.advanceTimersByTimeAsync(6000);
    expect(did).toEqual(['drain', 'drain/undo']);
    expect(events.filter(({ type }) => type === 'reconciled' || type === 'reconcileWaits')).toMatchObject([
      { type: 'reconciled', undone: true },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('without any further hook is waited for while it is gone, as in a long back-off', async () => {
    const did: string[] = [];
    let saw: Sightings = processes(1);
    const hooks = { preStop: hook(steps(undoable(did, 'drain'))) };
    const { deliver } = stage(hooks, undefined, undefined, undefined, { look: async () => saw });
    await deliver('preStop');
    await vi.advanceTimersByTimeAsync(6000);
    saw = { ...BLIND, process: { kind: 'nothing', why: 'it has no process' } };
    await vi.advanceTimersByTimeAsync(300_000);
    expect(did).toEqual(['drain']);
    saw = processes(2);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(did).toEqual(['drain', 'drain/undo']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is found out also where nothing could be seen for a moment', async () => {
    const did: string[] = [];
    let saw: Sightings = BLIND;
    const hooks = { preStop: hook(steps(undoable(did, 'drain'))) };
    const { deliver } = stage(
      hooks,
      undefined,
      undefined,
      { read: async () => podWith(undefined) },
      { look: async () => saw },
    );
    await deliver('preStop');
    await vi.advanceTimersByTimeAsync(6000);
    saw = processes(1);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(did).toEqual(['drain', 'drain/undo']);
  });

  it('has the time that its next preStop needs, whatever undo is under way and hangs', async () => {
    const did: string[] = [];
    let saw: Sightings = processes(1);
    const hangs: Run = async (attempt) => {
      const end = await untilStopped(attempt);
      did.push('broken off');
      return end;
    };
    const slow = undoable(did, 'drain', undefined, hangs, { minimumMs: 1000 });
    const undo = slow.undo && { ...slow.undo, timeoutMs: 60_000 };
    const save = task('save', takes(1000), { timeoutMs: 5000, priority: 'critical' });
    const hooks = { preStop: hook(steps({ ...slow, undo }, save)) };
    const { deliver } = stage(hooks, undefined, undefined, undefined, { look: async () => saw });
    const first = deliver('preStop');
    await vi.advanceTimersByTimeAsync(1000);
    await first;
    saw = processes(2);
    await vi.advanceTimersByTimeAsync(5000);
    expect(did).toEqual(['drain', 'drain/undo']);
    const stop = deliver('preStop');
    await vi.advanceTimersByTimeAsync(25_000);
    const { tasks, notes } = told(await stop);
    expect(tasks).toEqual(['drain succeeded', 'save succeeded']);
    expect(notes).toEqual([expect.stringContaining('the undo that is under way did not end in time')]);
    expect(did).toEqual(['drain', 'drain/undo', 'broken off', 'drain']);
  });

  it('has the time that ending that undo takes kept free for its next preStop, too', async () => {
    const ended: number[] = [];
    let saw: Sightings = processes(1);
    const slow =
      (stopMs: number): Run =>
      (attempt) =>
        new Promise((resolve) => {
          attempt.signal.addEventListener('abort', () =>
            setTimeout(() => {
              ended.push(Date.now());
              resolve(failed('was ended by SIGTERM'));
            }, stopMs),
          );
        });
    const base = undoable([], 'drain', undefined, slow(4000), { minimumMs: 1000 });
    const undo = base.undo && { ...base.undo, timeoutMs: 60_000, action: { ...base.undo.action, stopMs: 4000 } };
    const save = task('save', takes(1000), { timeoutMs: 5000, priority: 'critical' });
    const hooks = { preStop: hook(steps({ ...base, undo }, save)) };
    const { deliver } = stage(hooks, undefined, undefined, undefined, { look: async () => saw });
    const first = deliver('preStop');
    await vi.advanceTimersByTimeAsync(1000);
    await first;
    saw = processes(2);
    await vi.advanceTimersByTimeAsync(5000);
    const beganMs = Date.now();
    const stop = deliver('preStop');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(told(await stop).tasks).toEqual(['drain succeeded', 'save succeeded']);
    // 25 s of work, less the answer's part, the critical task's timeout and the drain's minimum: what ends it is told 4 s before.
    const [endedMs = Number.NaN] = ended;
    expect(endedMs - beganMs).toBe(25_000 - 250 - 5000 - 1000);
  });

  it('has its attempts counted on after a kill in the middle of an undo, which is done again', async () => {
    const did: string[] = [];
    const hangs = vi.fn<Run>(untilStopped);
    const hooks = { preStop: hook(steps(undoable(did, 'drain', undefined, hangs))), postStart: hook([]) };
    const dead = stage(hooks);
    await dead.deliver('preStop');
    void dead.deliver('postStart');
    await vi.advanceTimersByTimeAsync(1000);
    const next = dead.afterKill();
    void dead.deliveries.abort('killed');
    await vi.advanceTimersByTimeAsync(1000);
    hangs.mockResolvedValue(SUCCEEDED);
    const start = next.deliver('postStart');
    await vi.advanceTimersByTimeAsync(1000);
    expect(told(await start).outcome).toBe('succeeded');
    expect(did).toEqual(['drain', 'drain/undo', 'drain/undo']);
    expect(next.memory.committed()[0]?.undo?.tasks).toMatchObject([{ outcome: 'succeeded', attempts: 2 }]);
  });

  it('is not looked for in vain for ever, and with not a word', async () => {
    const did: string[] = [];
    const evidence: Evidence = {
      look: async () => ({ ...BLIND, process: { kind: 'seen', seen: { containerId: null, startTicks: 1 } } }),
    };
    const hooks = { preStop: hook(steps(undoable(did, 'drain'))) };
    const { deliver, events } = stage(hooks, undefined, undefined, undefined, evidence);
    await deliver('preStop');
    await vi.advanceTimersByTimeAsync(36_000);
    expect(vi.getTimerCount()).toBe(0);
    expect(did).toEqual(['drain']);
    expect(events.filter(({ type }) => type.startsWith('reconcile'))).toEqual([]);
  });

  it('has nothing undone by a repeated preStop', async () => {
    const did: string[] = [];
    const { deliver } = stage({ preStop: hook(steps(undoable(did, 'drain'))), postStart: hook([]) });
    await deliver('preStop');
    await deliver('preStop');
    expect(did).toEqual(['drain']);
  });
});

describe('an undo', () => {
  it('that succeeded is never done again, whenever the sidecar dies; one that did not end is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 4 }),
        async (count, kills) => {
          const did: string[] = [];
          const ended: string[] = [];
          const list = Array.from({ length: count }, (_, index) =>
            undoable(did, `t${index}`, takes(50), async (attempt) => {
              const end = await takes(100)(attempt);
              if (end.outcome === 'succeeded') ended.push(attempt.task);
              return end;
            }),
          );
          let now = stage({ preStop: hook(steps(...list)), postStart: hook(steps(noting(did, 'begin'))) });
          const stop = now.deliver('preStop');
          await vi.advanceTimersByTimeAsync(1000);
          await stop;
          for (const afterMs of kills) {
            void now.deliver('postStart');
            await vi.advanceTimersByTimeAsync(afterMs);
            const next = now.afterKill();
            void now.deliveries.abort('killed');
            await vi.advanceTimersByTimeAsync(20_000);
            now = next;
          }
          const start = now.deliver('postStart');
          await vi.advanceTimersByTimeAsync(5000);
          expect(told(await start).outcome).toBe('succeeded');
          const expected = list.map(({ name }) => `${name}/undo`).toReversed();
          expect(ended).toEqual(expected);
          expect(did.indexOf('begin')).toBeGreaterThan(did.lastIndexOf('t0/undo'));
        },
      ),
      { numRuns: 100 },
    );
  });
});
