import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Stage, stage } from '../tasks/snapshot/stage.ts';
import { buildLoop } from './snapshot-loop.ts';

const run = promisify(execFile);

/** The archive of the source, about, in bytes. */
const ARCHIVE_BYTES = 1_000_000;

const TIMES = 100;
const BLOCK_BYTES = 4096;

/** With so much room, in lengths of the archive, a new one has its place beside the last. */
const MOST_ROOM = 1.2;

/** A source whose archive has about that length, and its first snapshot. */
async function filled(on: Stage): Promise<string[]> {
  writeFileSync(join(on.source, 'data'), randomBytes(ARCHIVE_BYTES));
  writeFileSync(join(on.source, 'growing'), '');
  expect(await on.take({ format: 'tar' })).toMatchObject({ kind: 'taken' });
  return on.files();
}

/** Only what was there before, and all of it good. */
async function expectUnharmed(on: Stage, before: readonly string[]): Promise<void> {
  expect(on.files()).toEqual(before);
  expect(await on.damages()).toEqual([undefined]);
  expect(on.archives()).toEqual([readFileSync(join(on.destination, 'app.latest'), 'utf8').trim()]);
}

describe('a full disk', () => {
  it('as files may not grow keeps the last good snapshot, leaves no debris and is named', async () => {
    const [on, loop] = [await stage(), await buildLoop()];
    const before = await filled(on);
    for (const limit of [1, 100, 512, 10_000, ARCHIVE_BYTES / 2, ARCHIVE_BYTES]) {
      const command = [`--fsize=${limit}`, process.execPath, loop, on.source, on.destination, '', '1'];
      const { stdout } = await run('prlimit', command);
      expect(stdout).toMatch(/cannot write .*: the file would be larger than a limit allows \(EFBIG\)/);
      await expectUnharmed(on, before);
    }
  });

  it(`in any of ${TIMES} moments, and in those in which the archive is just written, keeps the last good snapshot, or has a new one`, async () => {
    const on = await stage();
    if (!(await mounted(on.destination))) return expect(process.getuid?.()).not.toBe(0);
    let before = await filled(on);
    let full = 0;
    const anywhere = Array.from({ length: TIMES }, () => Math.random() * ARCHIVE_BYTES * MOST_ROOM);
    // From too little for the archive itself to enough for what stands beside it, block by block.
    const { size } = statSync(join(on.destination, on.archives()[0] ?? ''));
    const atTheEnd = Array.from({ length: 8 }, (_, block) => size + (block - 2) * BLOCK_BYTES);
    for (const room of [...anywhere, ...atTheEnd]) {
      leaveRoom(on.destination, room);
      const end = await on.take({ format: 'tar', keep: 1 });
      rmSync(join(on.destination, 'ballast'));
      if (end.kind === 'taken') {
        before = on.files();
      } else {
        full += 1;
        expect(end).toMatchObject({
          reason: expect.stringMatching(/^cannot write .*: no space is left on the disk \(ENOSPC\)$/),
          retryable: true,
        });
      }
      await expectUnharmed(on, before);
    }
    // Both came about, or this shows nothing.
    expect(full).toBeGreaterThan(TIMES / 2);
    expect(full).toBeLessThan(TIMES + atTheEnd.length);
  }, 120_000);
});

/** A file system of 4 MB; false where this user may not mount one. */
async function mounted(folder: string): Promise<boolean> {
  mkdirSync(folder);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
  } catch {
    return false;
  }
  onTestFinished(async () => void (await run('umount', ['--lazy', folder])));
  return true;
}

/** Fills the disk up, but for so many bytes, and less than a block of them. */
function leaveRoom(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(join(folder, 'ballast'), Buffer.alloc(Math.max(0, (bavail - Math.ceil(bytes / bsize)) * bsize)));
}
