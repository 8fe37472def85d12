import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Evidence, Sightings } from '../../src/hooks/evidence.ts';
import type { AttemptResult } from '../../src/hooks/task.ts';
import { BLIND } from './sightings.ts';
import { driveTime, hook, SUCCEEDED, stage, steps, takes, task, told } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

const AFTER_GRACE_MS = 36_000;

/** An app that is told to drain, and closes its listener then and opens another one on the same port. */
function swapping(postStart = true) {
  const did: string[] = [];
  let inodes = [1];
  let looks: Promise<void> | undefined;
  const evidence: Evidence = {
    async look(): Promise<Sightings> {
      await looks;
      return { ...BLIND, sockets: { kind: 'seen', seen: { inodes } } };
    },
  };
  const noting = (name: string, result: () => AttemptResult) =>
    task(name, async () => {
      did.push(name);
      return result();
    });
  const drain = noting('drain', () => {
    inodes = [2];
    return SUCCEEDED;
  });
  const { kind, action, retry } = noting('undo', () => SUCCEEDED);
  const undo = { kind, action, timeoutMs: 10_000, attemptTimeoutMs: undefined, retry };
  const preStop = hook(steps({ ...drain, undo }, task('notice', takes(1000))));
  const hooks = postStart ? { postStart: hook([]), preStop } : { preStop };
  const set = stage(hooks, undefined, undefined, undefined, evidence, [8080]);
  return {
    ...set,
    did,
    listen: (...now: number[]) => {
      inodes = now;
    },
    /** From now on no look ends. */
    hang: () => {
      looks = new Promise(() => {});
    },
  };
}

/** Delivers a preStop, and lets it end. */
async function stopped({ deliver }: Pick<ReturnType<typeof swapping>, 'deliver'>) {
  const stop = deliver('preStop');
  await vi.advanceTimersByTimeAsync(1000);
  return told(await stop);
}

describe('an app that opens another listening socket while it drains', () => {
  it('stays drained', async () => {
    const app = swapping();
    await app.deliver('postStart');
    await stopped(app);
    await vi.advanceTimersByTimeAsync(AFTER_GRACE_MS);
    expect(app.did).toEqual(['drain']);
  });

  it.each([
    ['with a postStart', true, []],
    ['without one, as a guess', false, [expect.stringContaining('a guess: ')]],
  ])('has its preStop replayed, %s', async (_, postStart, notes) => {
    const app = swapping(postStart);
    if (postStart) await app.deliver('postStart');
    await stopped(app);
    expect(await stopped(app)).toMatchObject({ delivery: 'replayed', notes });
    expect(await stopped(app)).toMatchObject({ delivery: 'replayed', notes });
    expect(app.did).toEqual(['drain']);
  });

  it('has a new run for the socket of its next life, or where no old life can have lasted for so long', async () => {
    const app = swapping(false);
    await stopped(app);
    app.listen(3);
    expect(await stopped(app)).toMatchObject({ delivery: 'executed', run: { incarnation: { evidence: 'sockets' } } });
    await vi.advanceTimersByTimeAsync(61_000);
    // As where a kubelet whose grace was shorter had started it again before its preStop ended.
    expect(await stopped(app)).toMatchObject({ delivery: 'executed', run: { incarnation: { evidence: 'sequence' } } });
  });

  it('is given back its place by its next postStart, and before it by its next socket when its grace is over', async () => {
    const app = swapping();
    await app.deliver('postStart');
    await stopped(app);
    expect(told(await app.deliver('postStart')).delivery).toBe('executed');
    expect(app.did).toEqual(['drain', 'undo']);
    await stopped(app);
    app.listen(3);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(app.did).toEqual(['drain', 'undo', 'drain']);
    await vi.advanceTimersByTimeAsync(6000);
    expect(app.did).toEqual(['drain', 'undo', 'drain', 'undo']);
  });

  it('does not hold up the end of its preStop beyond its time where the look hangs', async () => {
    const app = swapping();
    await app.deliver('postStart');
    const stop = app.deliver('preStop');
    await vi.advanceTimersByTimeAsync(500);
    app.hang();
    await vi.advanceTimersByTimeAsync(24_500);
    expect(told(await stop)).toMatchObject({ outcome: 'succeeded' });
  });
});
