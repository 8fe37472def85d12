import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TaskConfig } from '../../src/config/config.ts';
import type { Evidence, Sightings } from '../../src/hooks/evidence.ts';
import type { TaskAction } from '../../src/hooks/task.ts';
import { BLIND } from './sightings.ts';
import { driveTime, failed, hook, memoryJournal, SUCCEEDED, stage, steps, task, told, untilStopped } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

const life = (startTicks: number): Sightings => ({
  ...BLIND,
  process: { kind: 'seen', seen: { containerId: null, startTicks } },
});

/** A pod whose sidecar gets other configs of its preStop. */
function reloads() {
  const did: string[] = [];
  const memory = memoryJournal();
  let saw = life(1);
  const evidence: Evidence = { look: async () => saw };
  const noting = (name: string) =>
    task(name, async () => {
      did.push(name);
      return SUCCEEDED;
    });
  return {
    did,
    memory,
    /** A task with an undo; both note themselves. */
    undoable(name: string, own?: TaskConfig<TaskAction>): TaskConfig<TaskAction> {
      const { kind, action, retry } = noting(`${name}/undo`);
      return {
        ...(own ?? noting(name)),
        undo: { kind, action, retry, timeoutMs: 10_000, attemptTimeoutMs: undefined },
      };
    },
    noting,
    /** The sidecar with this preStop; none: it was taken out of the config. */
    config: (...tasks: TaskConfig<TaskAction>[]) =>
      stage(
        { postStart: hook([]), ...(tasks.length === 0 ? {} : { preStop: hook(steps(...tasks)) }) },
        memory,
        `process-${tasks.map(({ name }) => name).join('-')}`,
        undefined,
        evidence,
      ),
    restart: () => {
      saw = life(2);
    },
  };
}

const lost = (name: string) =>
  `${name}/undo skipped: the config has no undo of ${name} any more: give back by hand what that task took away`;
const note = (name: string) => `what the last preStop took away is not all given back, ${lost(name)}`;

describe('a task that was started, and whose undo the config has lost', () => {
  it('is named when the container comes back, once, in the answer, the log and the journal; the others are undone', async () => {
    const { did, memory, undoable, noting, config, restart } = reloads();
    const before = config(undoable('stop-intake'), undoable('deregister'), noting('notice'));
    await before.deliver('postStart');
    await before.deliver('preStop');
    restart();
    const { deliver, events } = config(undoable('stop-traffic'), undoable('deregister'));
    expect(told(await deliver('postStart')).notes).toEqual([note('stop-intake')]);
    expect(did).toEqual(['stop-intake', 'deregister', 'notice', 'deregister/undo']);
    expect(events).toContainEqual(expect.objectContaining({ type: 'undoEnded', failed: [lost('stop-intake')] }));
    const ends = events.flatMap((event) => (event.type === 'taskEnded' ? [event.task] : []));
    expect(ends).toContainEqual(expect.objectContaining({ name: 'stop-intake/undo', outcome: 'skipped' }));
    const records = memory.committed().find((run) => run.hook === 'preStop')?.undo?.tasks;
    expect(records).toMatchObject([
      { name: 'deregister/undo', outcome: 'succeeded' },
      { name: 'stop-intake/undo', outcome: 'skipped' },
    ]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told(await deliver('postStart')).notes).toEqual([]);
  });

  it.each([
    ['the undo alone was taken out', ['stop-intake']],
    ['the whole preStop was', []],
  ])('is named where %s', async (_, left) => {
    const { did, undoable, noting, config, restart } = reloads();
    const before = config(undoable('stop-intake'));
    await before.deliver('postStart');
    await before.deliver('preStop');
    restart();
    const { deliver } = config(...left.map(noting));
    expect(told(await deliver('postStart')).notes).toEqual([note('stop-intake')]);
    expect(did).toEqual(['stop-intake']);
  });

  it('is not named where it was never started', async () => {
    const { undoable, config, restart } = reloads();
    const before = config(
      undoable(
        'first',
        task('first', async () => failed()),
      ),
      undoable('never'),
    );
    await before.deliver('postStart');
    await before.deliver('preStop');
    restart();
    expect(told(await config(undoable('other')).deliver('postStart')).notes).toEqual([note('first')]);
  });

  it('is named, too, where no hook comes and the app is seen in another life', async () => {
    const { did, undoable, config, restart } = reloads();
    const before = config(undoable('stop-intake'));
    await before.deliver('postStart');
    await before.deliver('preStop');
    restart();
    for (const tasks of [[], [undoable('stop-traffic')]]) {
      const { deliveries, events } = config(...tasks);
      await deliveries.reconcile();
      const ends = events.flatMap((event) => (event.type === 'undoEnded' ? [event.failed] : []));
      expect(ends).toEqual(tasks.length === 0 ? [[lost('stop-intake')]] : []);
    }
    expect(did).toEqual(['stop-intake']);
  });

  it('is remembered by a run that is gone on with under a config without it', async () => {
    const { did, undoable, config, restart } = reloads();
    const before = config(undoable('stop-intake'), task('drain', untilStopped));
    await before.deliver('postStart');
    void before.deliver('preStop');
    await vi.advanceTimersByTimeAsync(100);
    void before.deliveries.abort('killed');
    await vi.advanceTimersByTimeAsync(10);
    const { deliver } = config(undoable('stop-traffic'));
    expect(told(await deliver('preStop'))).toMatchObject({ delivery: 'resumed', tasks: ['stop-traffic succeeded'] });
    restart();
    expect(told(await deliver('postStart')).notes).toEqual([note('stop-intake')]);
    expect(did).toEqual(['stop-intake', 'stop-traffic', 'stop-traffic/undo']);
  });
});
