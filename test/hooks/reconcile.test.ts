import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HookConfig } from '../../src/config/config.ts';
import type { Evidence, Sightings } from '../../src/hooks/evidence.ts';
import type { ContainerFacts, PodReading } from '../../src/hooks/pod-facts.ts';
import type { TaskAction } from '../../src/hooks/task.ts';
import { BLIND } from './sightings.ts';
import { driveTime, hook, podWith, SUCCEEDED, stage, steps, takes, task, told } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

const life = (startTicks: number): Sightings => ({
  ...BLIND,
  process: { kind: 'seen', seen: { containerId: null, startTicks } },
});
const inStatus = (containerId: string | undefined, state: ContainerFacts['state']): Sightings => ({
  ...BLIND,
  api: { kind: 'seen', seen: { containerId, state, restartCount: 0, startedAtMs: undefined } },
});
const noApp: Sightings = { ...BLIND, process: { kind: 'nothing', why: 'it has no process' } };
const unasked: PodReading = { kind: 'unknown', reason: 'there is no token' };

/** A drained app, whose sidecar dies while its preStop `drain` is executed, or 100 ms after it. */
async function drained(
  about: {
    settings?: Partial<HookConfig<TaskAction>>;
    drainMs?: number;
    reading?: PodReading;
    sigterm?: boolean;
    /** What is seen of it at its preStop; the API server knows nothing of it at its postStart. */
    atStop?: Sightings;
  } = {},
) {
  const did: string[] = [];
  let [saw, reading] = [
    about.atStop === undefined ? life(1) : inStatus(undefined, 'waiting'),
    about.reading ?? unasked,
  ];
  let looks = 0;
  let broken: Error | undefined;
  const evidence: Evidence = {
    async look() {
      looks += 1;
      if (broken !== undefined) throw broken;
      return saw;
    },
  };
  const note = (name: string, ms: number) =>
    task(name, (attempt) => {
      did.push(name);
      return takes(ms)(attempt);
    });
  const drain = note('drain', about.drainMs ?? 10);
  const { kind, action, retry } = note('undo', 100);
  const undo = { kind, action, timeoutMs: 10_000, attemptTimeoutMs: undefined, retry };
  const hooks = { postStart: hook([]), preStop: hook(steps({ ...drain, undo }), about.settings) };
  const pod = { read: async () => reading };
  const first = stage(hooks, undefined, undefined, pod, evidence);
  void first.deliver('postStart');
  await vi.advanceTimersByTimeAsync(100);
  saw = about.atStop ?? saw;
  void first.deliver('preStop');
  await vi.advanceTimersByTimeAsync(100);
  if (about.sigterm) first.deliveries.sigterm();
  await vi.advanceTimersByTimeAsync(10);
  await first.memory.journal.commit();
  await vi.advanceTimersByTimeAsync(0);
  const second = first.afterKill();
  void first.deliveries.abort('killed');
  await vi.advanceTimersByTimeAsync(10);
  const verdicts = () =>
    second.events.flatMap((event) => (event.type === 'reconciled' ? [[event.undone, event.why]] : []));
  return {
    did,
    second,
    verdicts,
    looks: () => looks,
    breakLooks: (error: Error) => {
      broken = error;
    },
    see: (next: Sightings) => {
      saw = next;
    },
    tell: (next: PodReading) => {
      reading = next;
    },
  };
}

const AFTER_GRACE_MS = 36_000;

describe('a sidecar that is started again', () => {
  it('takes back the drain of a life that is over, although no postStart came', async () => {
    const { did, second, see, verdicts } = await drained();
    see(life(2));
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(200);
    expect(did).toEqual(['drain', 'undo']);
    expect(verdicts()).toMatchObject([[true, expect.stringContaining('in another life')]]);
    expect(second.memory.committed().at(-1)).toMatchObject({ stop: { reason: 'restart' }, undo: { tasks: [{}] } });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes nothing back for an app that waits to be started again, as one that crashes in a loop', async () => {
    const { did, second, see, verdicts } = await drained({ atStop: inStatus('one', 'running') });
    see(inStatus('one', 'waiting'));
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(AFTER_GRACE_MS);
    expect(did).toEqual(['drain']);
    const why = 'there is no app to do it for, container one waits to be started again; its next postStart does';
    expect(verdicts()).toEqual([[false, why]]);
  });

  it('gives what takes it back all the time that it may take, as nobody waits for it', async () => {
    const { second, see } = await drained();
    see(life(2));
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(200);
    const given = second.events.flatMap((event) => (event.type === 'undoStarted' ? [event.remainingMs] : []));
    expect(given).toHaveLength(1);
    // Its timeout is 10 s.
    expect(given[0]).toBeGreaterThanOrEqual(10_000);
  });

  it("leaves an undo that is under way at its end as nobody's, in the journal at once", async () => {
    const { second, see } = await drained();
    see(life(2));
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(50);
    const undo = () => second.memory.journal.runsOf('app').at(-1)?.undo;
    expect(undo()).toMatchObject({ instance: expect.any(String), tasks: [{ state: 'running' }] });
    second.deliveries.close();
    expect(undo()).toMatchObject({ tasks: [{ state: 'running' }] });
    expect(undo()?.instance).toBeUndefined();
  });

  it('looks after a container once at a time, and again when that is over', async () => {
    const { second, looks } = await drained({ drainMs: 5000 });
    const before = looks();
    void second.deliveries.reconcile();
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(0);
    expect(looks() - before).toBe(1);
    await vi.advanceTimersByTimeAsync(AFTER_GRACE_MS);
    const over = looks();
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(0);
    expect(looks() - over).toBe(1);
  });

  it('goes on where a look at it is a bug, and says which run it was about', async () => {
    const { did, second, see, breakLooks } = await drained();
    see(life(2));
    const error = new Error('no such thing');
    breakLooks(error);
    await second.deliveries.reconcile();
    expect(second.events).toContainEqual(
      expect.objectContaining({ type: 'runBug', error, run: expect.objectContaining({ hook: 'preStop' }) }),
    );
    expect(did).toEqual(['drain']);
  });

  it.each<[string, Parameters<typeof drained>[0], string]>([
    ['the API server says that the pod is deleted', { reading: podWith(30_000) }, 'the pod is being deleted'],
    ['another pod has its name', { reading: { kind: 'gone', reason: 'r' } }, 'the pod was deleted: r'],
  ])('takes nothing back while %s', async (_name, about, why) => {
    const { did, second, verdicts } = await drained(about);
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(AFTER_GRACE_MS);
    expect(did).toEqual(['drain']);
    expect(verdicts()).toMatchObject([[false, expect.stringContaining(why)]]);
  });

  it('waits for the end of the grace where the app may still be ending, and leaves one that is gone', async () => {
    const { did, second, see, verdicts } = await drained({ drainMs: 5000 });
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(second.events.filter(({ type }) => type === 'reconcileWaits')).toHaveLength(1);
    expect(verdicts()).toEqual([]);
    see(noApp);
    await vi.advanceTimersByTimeAsync(AFTER_GRACE_MS);
    expect(verdicts()).toMatchObject([[false, expect.stringContaining('there is no app to do it for')]]);
    expect(did).toEqual(['drain']);
  });

  it('takes it back when the app lives on after its grace, and the API server knows of no deletion', async () => {
    const { did, second, tell } = await drained({ drainMs: 5000 });
    tell(podWith(undefined));
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(did).toEqual(['drain']);
    await vi.advanceTimersByTimeAsync(6000);
    expect(did).toEqual(['drain', 'undo']);
  });

  it('believes the API server that the pod lives on, although it was told to stop itself, as in a restart of its own', async () => {
    const { did, second, tell } = await drained({ drainMs: 5000, sigterm: true });
    tell(podWith(undefined));
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(AFTER_GRACE_MS);
    expect(did).toEqual(['drain', 'undo']);
  });

  it('takes it back when the app lives on after its grace, although it was told to stop: no pod that ends starts it again', async () => {
    const { did, second, verdicts } = await drained({ drainMs: 5000, sigterm: true });
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(did).toEqual(['drain']);
    await vi.advanceTimersByTimeAsync(6000);
    expect(did).toEqual(['drain', 'undo']);
    expect(verdicts()).toMatchObject([[true, expect.stringContaining('told to stop before, was started again')]]);
  });

  it('leaves it where the API server told of a deletion, and tells nothing now', async () => {
    const { did, second, tell, verdicts } = await drained({ drainMs: 5000, reading: podWith(30_000) });
    tell(unasked);
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(AFTER_GRACE_MS);
    expect(did).toEqual(['drain']);
    expect(verdicts()).toMatchObject([[false, expect.stringContaining('the pod is being stopped')]]);
  });

  it("is not kept from it by a caller's own life", async () => {
    const { did, second, see } = await drained();
    void second.deliver('postStart', { caller: 'other', key: 'mine' });
    await vi.advanceTimersByTimeAsync(100);
    see(life(2));
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(5200);
    expect(did).toEqual(['drain', 'undo']);
  });

  it("is not kept from it by a caller's own preStop, whose own drain it leaves while nothing tells", async () => {
    const { did, second, see } = await drained();
    void second.deliver('preStop', { caller: 'other', key: 'mine' });
    await vi.advanceTimersByTimeAsync(100);
    see(life(2));
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(AFTER_GRACE_MS);
    expect(did).toEqual(['drain', 'drain', 'undo']);
  });

  it.each([
    ['termination', ['drain'], false],
    ['restart', ['drain', 'undo'], true],
  ] as const)('where nothing tells does what unknownReason says: %s', async (unknownReason, expected, undone) => {
    const { did, second, verdicts } = await drained({ drainMs: 5000, settings: { unknownReason } });
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(AFTER_GRACE_MS);
    expect(did).toEqual(expected);
    expect(verdicts()).toMatchObject([[undone, expect.stringContaining(`takes it for a ${unknownReason}`)]]);
  });

  it('where it sees no app leaves it to the next postStart, and says so', async () => {
    const { did, second, see, verdicts } = await drained();
    see(BLIND);
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(AFTER_GRACE_MS);
    expect(verdicts()).toMatchObject([[false, expect.stringContaining('nothing tells whether the app is there')]]);
    void second.deliver('postStart');
    await vi.advanceTimersByTimeAsync(200);
    expect(did).toEqual(['drain', 'undo']);
  });

  it('goes on with an undo that was interrupted, and does it once, also with a postStart beside it', async () => {
    const { did, second, see } = await drained();
    see(life(2));
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(50);
    const third = second.afterKill();
    void second.deliveries.abort('killed');
    await vi.advanceTimersByTimeAsync(10);
    void third.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(50);
    const start = third.deliver('postStart');
    await vi.advanceTimersByTimeAsync(200);
    expect(told(await start)).toMatchObject({ outcome: 'succeeded', notes: [] });
    expect(did).toEqual(['drain', 'undo', 'undo']);
    void third.afterKill().deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(200);
    expect(did).toEqual(['drain', 'undo', 'undo']);
  });

  it('lets the preStop that comes meanwhile wait for the undo, and then drain again', async () => {
    const { did, second, see } = await drained();
    see(life(2));
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(50);
    const stop = second.deliver('preStop');
    await vi.advanceTimersByTimeAsync(200);
    expect(told(await stop).delivery).toBe('executed');
    expect(did).toEqual(['drain', 'undo', 'drain']);
  });

  it('resumes what is delivered again for the same life, and takes nothing back', async () => {
    const { did, second } = await drained({ drainMs: 5000 });
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(1000);
    const again = second.deliver('preStop');
    await vi.advanceTimersByTimeAsync(AFTER_GRACE_MS);
    expect(told(await again)).toMatchObject({ delivery: 'resumed', outcome: SUCCEEDED.outcome });
    expect(did.slice(0, 2)).toEqual(['drain', 'drain']);
  });

  it('leaves a run alone that is being executed', async () => {
    const { did, second, see, verdicts } = await drained({ drainMs: 5000 });
    const again = second.deliver('preStop');
    await vi.advanceTimersByTimeAsync(100);
    see(life(2));
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(4800);
    expect([did, verdicts()]).toEqual([['drain', 'drain'], []]);
    await vi.advanceTimersByTimeAsync(200);
    expect(told(await again).outcome).toBe('succeeded');
  });

  it('takes nothing back any more when it is told to stop', async () => {
    const { did, second } = await drained({ drainMs: 5000, settings: { unknownReason: 'restart' } });
    void second.deliveries.reconcile();
    await vi.advanceTimersByTimeAsync(1000);
    second.deliveries.sigterm();
    await vi.advanceTimersByTimeAsync(AFTER_GRACE_MS);
    expect(did).toEqual(['drain']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
