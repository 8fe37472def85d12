import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Evidence, Sightings } from '../../src/hooks/evidence.ts';
import type { PodSource } from '../../src/hooks/pod-facts.ts';
import { BLIND } from './sightings.ts';
import { driveTime, hook, memoryJournal, SUCCEEDED, stage, steps, takes, task, told } from './stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

const inode = (...inodes: number[]): Sightings => ({ ...BLIND, sockets: { kind: 'seen', seen: { inodes } } });

/** Sources that take a while, and say what is true when they are asked. */
function evidenceOf(first: Sightings, takesMs = 0) {
  let now = first;
  const look = vi.fn(async () => {
    const saw = now;
    if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
    return saw;
  });
  const evidence: Evidence = { look };
  const becomes = (saw: Sightings) => {
    now = saw;
  };
  return { evidence, look, becomes };
}

const noApi: PodSource = { read: async () => ({ kind: 'unknown', reason: 'a test has no API server' }) };
const staged = (hooks: Parameters<typeof stage>[0], evidence: Evidence) =>
  stage(hooks, memoryJournal(), 'first', noApi, evidence);

describe('evidence that takes a while', () => {
  it('lets a thousand deliveries have one run, and costs two looks', async () => {
    const save = vi.fn(async () => SUCCEEDED);
    const { evidence, look } = evidenceOf(BLIND, 300);
    const { deliver } = staged({ preStop: hook(steps(task('save', save))) }, evidence);
    const first = deliver('preStop');
    await vi.advanceTimersByTimeAsync(100);
    const others = Array.from({ length: 999 }, () => deliver('preStop'));
    await vi.advanceTimersByTimeAsync(100);
    expect(look).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(told(await first).delivery).toBe('executed');
    expect(new Set((await Promise.all(others)).map((result) => told(result).delivery))).toEqual(new Set(['replayed']));
    expect(save).toHaveBeenCalledTimes(1);
    expect(look).toHaveBeenCalledTimes(2);
  });

  it('tells nobody what was true before it came: a new life in the middle of a look has a run of its own', async () => {
    const begin = vi.fn(async () => SUCCEEDED);
    const { evidence, becomes } = evidenceOf(inode(1), 300);
    const { deliver } = staged({ postStart: hook(steps(task('begin', begin))) }, evidence);
    const first = deliver('postStart');
    await vi.advanceTimersByTimeAsync(100);
    becomes(inode(2));
    const second = deliver('postStart');
    await vi.advanceTimersByTimeAsync(1000);
    expect(told(await first).delivery).toBe('executed');
    expect(told(await second).delivery).toBe('executed');
    expect(begin).toHaveBeenCalledTimes(2);
  });

  it('is part of the grace', async () => {
    const { evidence } = evidenceOf(BLIND, 300);
    const { deliver, events } = staged({ preStop: hook(steps(task('save'))) }, evidence);
    const answer = deliver('preStop');
    await vi.advanceTimersByTimeAsync(500);
    await answer;
    expect(events.find(({ type }) => type === 'runStarted')).toMatchObject({ remainingMs: 24_700 });
  });

  it('is waited for when the service ends: what arrives is served', async () => {
    const { evidence } = evidenceOf(BLIND, 300);
    const { deliver, deliveries } = staged({ preStop: hook(steps(task('save', takes(100)))) }, evidence);
    const answer = deliver('preStop');
    const idle = deliveries.idle();
    await vi.advanceTimersByTimeAsync(1000);
    await idle;
    expect(told(await answer).outcome).toBe('succeeded');
  });

  it('is not looked at for a caller with a key', async () => {
    const { evidence, look } = evidenceOf(BLIND);
    const { deliver } = staged({ preStop: hook(steps(task('save'))) }, evidence);
    expect(told(await deliver('preStop', { key: 'k' })).delivery).toBe('executed');
    expect(look).not.toHaveBeenCalled();
  });

  it('is missed in the answer, where nothing could tell', async () => {
    const { deliver } = staged({ postStart: hook([]) }, evidenceOf(BLIND).evidence);
    expect(told(await deliver('postStart')).notes).toEqual([]);
    expect(told(await deliver('postStart')).notes).toEqual([expect.stringMatching(/^a guess: .* have a port$/)]);
  });

  it('is no reason to fail, whatever bug it has', async () => {
    const evidence: Evidence = { look: () => Promise.reject(new TypeError('a bug')) };
    const { deliver } = staged({ preStop: hook(steps(task('save'))) }, evidence);
    expect(told(await deliver('preStop')).outcome).toBe('succeeded');
  });
});

describe('what shows only after the postStart', () => {
  it('is learned as soon as it is there, in the journal of each run of the life', async () => {
    const { evidence, becomes, look } = evidenceOf(inode());
    const { deliver, memory } = staged({ postStart: hook([]) }, evidence);
    await deliver('postStart');
    await vi.advanceTimersByTimeAsync(600);
    expect(memory.journal.all()[0]?.incarnation.marks).toEqual({});
    becomes(inode(7));
    await vi.advanceTimersByTimeAsync(600);
    expect(memory.committed()[0]?.incarnation.marks).toEqual({ sockets: { inodes: [7] } });
    const looks = look.mock.calls.length;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(look).toHaveBeenCalledTimes(looks);
    becomes(inode());
    expect(told(await deliver('postStart')).delivery).toBe('executed');
  });

  it('is learned although the API server was too slow when the life began', async () => {
    const slow: Sightings = { ...BLIND, api: { kind: 'blind', why: 'slow', remedy: 'r', passing: true } };
    const facts = (containerId: string): Sightings => ({
      ...BLIND,
      api: { kind: 'seen', seen: { containerId, restartCount: 0, state: 'running', startedAtMs: undefined } },
    });
    const { evidence, becomes } = evidenceOf(slow);
    const { deliver, memory } = staged({ postStart: hook([]) }, evidence);
    await deliver('postStart');
    await vi.advanceTimersByTimeAsync(600);
    becomes(facts('first'));
    await vi.advanceTimersByTimeAsync(600);
    expect(memory.committed()[0]?.incarnation.marks).toMatchObject({ api: { containerId: 'first' } });

    // The next life begins as slowly, and the status then shows the one before for a moment.
    becomes(slow);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told(await deliver('postStart')).delivery).toBe('executed');
    becomes(facts('first'));
    await vi.advanceTimersByTimeAsync(300);
    becomes(facts('second'));
    await vi.advanceTimersByTimeAsync(600);
    expect(memory.committed().at(-1)?.incarnation.marks).toEqual({
      api: { before: 'first', containerId: 'second', restartCount: 0 },
    });
  });

  it('is looked for no longer than two minutes, nor after the end of the life or of the service', async () => {
    const { evidence, look } = evidenceOf(inode());
    const { deliver, deliveries } = staged({ postStart: hook([]), preStop: hook([]) }, evidence);
    await deliver('postStart');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(look).toHaveBeenCalledTimes(11);
    await deliver('postStart');
    await deliver('preStop');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(look).toHaveBeenCalledTimes(13);
    await deliver('postStart');
    deliveries.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not looked for where nothing can be seen', async () => {
    const { evidence, look } = evidenceOf(BLIND);
    const { deliver } = staged({ postStart: hook([]) }, evidence);
    await deliver('postStart');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(look).toHaveBeenCalledTimes(1);
  });
});
