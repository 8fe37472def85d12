import { readdir, readlink, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/hooks/clock.ts';
import { lockFolder } from '../../src/journal/folder-lock.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** What this process has open. */
async function openPaths(): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd');
  return Promise.all(descriptors.map((descriptor) => readlink(`/proc/self/fd/${descriptor}`).catch(() => '')));
}

describe('the lock of a journal folder', () => {
  it('is held by one at a time, whatever the folder is called, and can be had again', async () => {
    const dir = join(await temporaryFolder(), 'made');
    const held = await lockFolder({ dir, clock: systemClock });
    expect(held.state).toBe('held');
    const again = join(dir, '..', 'made', '.');
    expect(await lockFolder({ dir: again, clock: systemClock, patienceMs: 0 })).toEqual({ state: 'taken' });
    if (held.state === 'held') held.release();
    const next = await lockFolder({ dir, clock: systemClock });
    expect(next.state).toBe('held');
    if (next.state === 'held') next.release();
  });

  it('of another folder is another', async () => {
    const root = await temporaryFolder();
    const locks = await Promise.all(
      ['a', 'b'].map((name) => lockFolder({ dir: join(root, name), clock: systemClock })),
    );
    expect(locks.map(({ state }) => state)).toEqual(['held', 'held']);
    for (const lock of locks) if (lock.state === 'held') lock.release();
  });

  it('is not of another folder that gets the same inode later', async () => {
    const root = await temporaryFolder();
    const held = await lockFolder({ dir: join(root, 'gone'), clock: systemClock });
    await rmdir(join(root, 'gone'));
    const others = await Promise.all(
      Array.from({ length: 20 }, (_, index) => lockFolder({ dir: join(root, `f${index}`), clock: systemClock })),
    );
    for (const lock of [held, ...others]) {
      expect(lock.state).toBe('held');
      if (lock.state === 'held') lock.release();
    }
  });

  it('is waited for while another has it', async () => {
    const dir = await temporaryFolder();
    const held = await lockFolder({ dir, clock: systemClock });
    const asked = Promise.withResolvers<void>();
    const after: Clock['after'] = (ms, wake) => {
      asked.resolve();
      return systemClock.after(ms, wake);
    };
    const waiting = lockFolder({ dir, clock: { ...systemClock, after }, patienceMs: 20_000 });
    await asked.promise;
    if (held.state === 'held') held.release();
    const next = await waiting;
    expect(next.state).toBe('held');
    if (next.state === 'held') next.release();
  });

  it('is told to be taken after its patience, and not earlier', async () => {
    const dir = await temporaryFolder();
    const held = await lockFolder({ dir, clock: systemClock });
    let nowMs = 0;
    const after: Clock['after'] = (ms, wake) => {
      // What is opened comes in time; a pause is over at once.
      if (ms < 1000)
        setImmediate(() => {
          nowMs += ms;
          wake();
        });
      return () => {};
    };
    const clock = { ...systemClock, monotonicMs: () => nowMs, after };
    expect(await lockFolder({ dir, clock, patienceMs: 200 })).toEqual({ state: 'taken' });
    expect(nowMs).toBe(200);
    if (held.state === 'held') held.release();
  });

  it('is not waited for on a disk that does not answer, and nothing of it stays open', async () => {
    const dir = join(await temporaryFolder(), 'slow');
    const atOnce: Clock['after'] = (_, wake) => {
      wake();
      return () => {};
    };
    expect(await lockFolder({ dir, clock: { ...systemClock, after: atOnce } })).toEqual({ state: 'unguarded' });
    // Node closes what was forgotten when it collects garbage, and warns of it.
    const warnings: string[] = [];
    const onWarning = ({ message }: Error) => void warnings.push(message);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const made = async () => expect(await readdir(join(dir, '..'))).toEqual(['slow']);
    await vi.waitFor(made, { timeout: 10_000 });
    // It is opened soon after it was made; these looks take far longer.
    for (let look = 0; look < 3; look += 1) await openPaths();
    await vi.waitFor(async () => expect(await openPaths()).not.toContain(dir), { timeout: 10_000 });
    expect(warnings).toEqual([]);
  });

  it('does not guard what cannot be a folder, and blocks no start for it', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    expect(await lockFolder({ dir: join(file, 'below'), clock: systemClock })).toEqual({ state: 'unguarded' });
  });
});
