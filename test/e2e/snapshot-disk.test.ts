import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Stage, stage } from '../tasks/snapshot/stage.ts';
import { buildLoop } from './snapshot-loop.ts';

const run = promisify(execFile);

/** The archive of the source, about, in bytes. */
const ARCHIVE_BYTES = 1_000_000;

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

  it('with any room that is left keeps the last good snapshot, or has a new one', async () => {
    const on = await stage();
    if (!(await mounted(on.destination))) return expect(process.getuid?.()).not.toBe(0);
    let full = 0;
    for (let tenth = 0; tenth <= 12; tenth += 1) {
      for (const file of on.files()) rmSync(join(on.destination, file));
      const before = await filled(on);
      leaveRoom(on.destination, (ARCHIVE_BYTES * tenth) / 10);
      const end = await on.take({ format: 'tar' });
      rmSync(join(on.destination, 'ballast'));
      if (end.kind === 'taken') continue;
      full += 1;
      expect(end).toMatchObject({
        reason: expect.stringMatching(/^cannot write .*: no space is left on the disk \(ENOSPC\)$/),
        retryable: true,
      });
      await expectUnharmed(on, before);
    }
    expect(full).toBeGreaterThanOrEqual(9);
    expect(full).toBeLessThan(13);
  });
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

/** Fills the disk up, and then gives so much back, in bytes. */
function leaveRoom(folder: string, bytes: number): void {
  const ballast = join(folder, 'ballast');
  const block = Buffer.alloc(4096);
  let written = 0;
  for (;;) {
    try {
      writeFileSync(ballast, block, { flag: 'a' });
      written += block.length;
    } catch {
      break;
    }
  }
  writeFileSync(ballast, Buffer.alloc(Math.max(0, written - bytes)));
}
