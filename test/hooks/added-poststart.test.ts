import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Evidence, Sightings } from '../../src/hooks/evidence.ts';
import { BLIND } from './sightings.ts';
import { driveTime, hook, memoryJournal, SUCCEEDED, stage, steps, takes, task, told } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

const GRACE_MS = 30_000;
const GUESS = [expect.stringMatching(/^a guess: as no postStart opens its lives, /)];

const preStop = (drain = async () => SUCCEEDED) => hook(steps(task('drain', drain)));

describe('a postStart that the config has and the manifest of the pod has not', () => {
  it('opens no life, so that each life has its preStop run, as before it was added', async () => {
    const memory = memoryJournal();
    const before = stage({ preStop: preStop() }, memory);
    expect(told(await before.deliver('preStop')).delivery).toBe('executed');
    const after = stage({ postStart: hook([]), preStop: preStop() }, memory, 'second');
    for (const _life of [2, 3]) {
      await vi.advanceTimersByTimeAsync(2 * GRACE_MS + 1);
      expect(told(await after.deliver('preStop'))).toMatchObject({ delivery: 'executed', notes: GUESS });
    }
    expect(told(await after.deliver('preStop'))).toMatchObject({ delivery: 'replayed', notes: GUESS });
  });

  it('is not waited for by a drain that is to be taken back', async () => {
    const did: string[] = [];
    const life = (startTicks: number): Sightings => ({
      ...BLIND,
      process: { kind: 'seen', seen: { containerId: null, startTicks } },
    });
    let saw = life(1);
    const evidence: Evidence = { look: async () => saw };
    const { kind, action, retry } = task('undo', async () => {
      did.push('undo');
      return SUCCEEDED;
    });
    const undo = { kind, action, timeoutMs: 10_000, attemptTimeoutMs: undefined, retry };
    const hooks = { postStart: hook([]), preStop: hook(steps({ ...task('drain', takes(1000)), undo })) };
    const { deliver } = stage(hooks, undefined, undefined, undefined, evidence);
    void deliver('preStop');
    await vi.advanceTimersByTimeAsync(500);
    saw = { ...BLIND, process: { kind: 'nothing', why: 'it has no process' } };
    await vi.advanceTimersByTimeAsync(GRACE_MS);
    saw = life(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(did).toEqual(['undo']);
  });
});

describe('a pod that has both hooks, and had a preStop before any postStart', () => {
  it('has a repeat of it replayed, as a guess, and a new life with its first postStart, from which on postStarts open lives', async () => {
    const { deliver } = stage({ postStart: hook([]), preStop: preStop() });
    expect(told(await deliver('preStop'))).toMatchObject({ delivery: 'executed', notes: [] });
    await vi.advanceTimersByTimeAsync(1500);
    expect(told(await deliver('preStop'))).toMatchObject({ delivery: 'replayed', notes: GUESS });
    expect(told(await deliver('postStart'))).toMatchObject({ delivery: 'executed', notes: [] });
    expect(told(await deliver('preStop'))).toMatchObject({ delivery: 'executed', notes: [] });
    await vi.advanceTimersByTimeAsync(2 * GRACE_MS + 1);
    expect(told(await deliver('preStop'))).toMatchObject({ delivery: 'replayed', notes: [] });
  });

  it('is not opened by what a caller with a key sent', async () => {
    const { deliver } = stage({ postStart: hook([]), preStop: preStop() });
    await deliver('preStop');
    await deliver('postStart', { caller: 'other', key: 'mine' });
    await vi.advanceTimersByTimeAsync(2 * GRACE_MS + 1);
    expect(told(await deliver('preStop'))).toMatchObject({ delivery: 'executed', notes: GUESS });
  });
});
