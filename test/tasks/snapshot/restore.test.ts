import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFile } from '../../../src/tasks/snapshot/file-names.ts';
import { Stopped } from '../../../src/tasks/snapshot/problem.ts';
import { plainControl, type Stage, stage } from './stage.ts';
import { treeOf } from './trees.ts';

const NOBODY = 65_534;

/** For the rest of the test this process has no rights but to what is below a folder, which it is given. */
function asNobody(folder: string): void {
  if (process.geteuid?.() !== 0) return;
  for (const name of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
    chownSync(join(folder, name), NOBODY, NOBODY);
  }
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  onTestFinished(() => {
    process.seteuid?.(0);
    process.setegid?.(0);
  });
}

/** A stage with one snapshot of `a` and `d/b`, and nothing restored. */
async function saved(): Promise<Stage> {
  const on = await stage();
  mkdirSync(join(on.source, 'd'));
  writeFileSync(join(on.source, 'a'), 'new a');
  writeFileSync(join(on.source, 'd', 'b'), Buffer.alloc(2_500_000, 'b'));
  await on.take();
  return on;
}

const execute = promisify(execFile);

/** False where this user may mount nothing. */
async function mounted(folder: string): Promise<boolean> {
  try {
    await execute('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  } catch {
    return false;
  }
  onTestFinished(async () => void (await execute('umount', ['--lazy', folder])));
  return true;
}

function contentOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
}

describe('a restore', () => {
  it('keeps a folder handing its group on where only the group may be given, as with an fsGroup', async () => {
    const on = await stage();
    const shared = join(on.source, 'shared');
    mkdirSync(shared);
    if (process.geteuid?.() === 0) chownSync(shared, 1000, NOBODY);
    chmodSync(shared, 0o2770);
    await on.take();
    asNobody(dirname(on.source));
    await on.restore();
    expect(statSync(join(on.to, 'shared')).mode & 0o7777).toBe(0o2770);
  });

  it('does nothing to a folder that is not empty, unless it is to overwrite it', async () => {
    const on = await saved();
    mkdirSync(on.to);
    writeFileSync(join(on.to, 'mine'), 'mine');
    symlinkSync('/etc/passwd', join(on.to, 'd'));
    expect(await on.restore()).toEqual({
      kind: 'restored',
      restored: { kind: 'notEmpty', why: `${on.to} is not empty` },
    });
    expect(contentOf(on.to)).toEqual(['d', 'mine']);
    expect(await on.restore({ overwrite: true })).toMatchObject({ restored: { kind: 'restored' } });
    expect(treeOf(on.to)).toEqual(treeOf(on.source));
  });

  it('takes a folder with nothing but lost+found for an empty one, and leaves that where it is', async () => {
    const on = await saved();
    mkdirSync(join(on.to, 'lost+found'), { recursive: true });
    await on.restore();
    expect(contentOf(on.to)).toEqual(['a', 'd', 'd/b', 'lost+found']);
  });

  it('says so where there is no snapshot, of that name or at all', async () => {
    const on = await saved();
    expect(await on.restore({ name: 'other' })).toMatchObject({
      restored: { kind: 'noSnapshot', why: `there is no snapshot of other in ${on.destination}` },
    });
    const from = join(on.source, 'missing');
    expect(await on.restore({ from })).toMatchObject({ restored: { kind: 'noSnapshot' } });
    expect(await on.restore({ from: join(from, 'deep') })).toMatchObject({ kind: 'failed', retryable: true });
    expect(await on.restore({ archive: 'app-x.tar' })).toMatchObject({ kind: 'failed' });
  });

  it('asks whose snapshot is meant where there are several names', async () => {
    const on = await saved();
    await on.take({ name: 'other' });
    expect(await on.restore({ name: undefined })).toMatchObject({
      kind: 'failed',
      reason: `${on.destination} has snapshots of app, other: say which with name`,
    });
  });

  it('does not overwrite a folder that holds the snapshots, under whatever name', async () => {
    for (const to of ['source', 'source/deep/snapshots']) {
      const on = await stage();
      const destination = join(on.source, 'deep', 'snapshots');
      mkdirSync(destination, { recursive: true });
      await on.take({ destination });
      const link = join(dirname(on.source), 'link');
      symlinkSync(destination, link);
      const folder = join(dirname(on.source), to);
      const before = contentOf(destination);
      expect(await on.restore({ from: link, to: folder, overwrite: true })).toEqual({
        kind: 'failed',
        reason: `${folder} holds the snapshots themselves, those in ${link}: they would be overwritten`,
        retryable: false,
      });
      expect(contentOf(destination)).toEqual(before);
    }
  });

  it('names what lies in the folder as a mount of its own, and leaves all as it was', async () => {
    const on = await saved();
    const mount = join(on.to, 'cache');
    mkdirSync(mount, { recursive: true });
    writeFileSync(join(on.to, 'mine'), 'mine');
    if (!(await mounted(mount))) return expect(process.getuid?.()).not.toBe(0);
    expect(await on.restore({ overwrite: true })).toEqual({
      kind: 'failed',
      reason: `cannot move ${mount} out of the way: it is a mount of its own, or in use (EBUSY)`,
      retryable: true,
    });
    expect(contentOf(on.to)).toEqual(['cache', 'mine']);
  });

  it('moves and removes folders that may not be written to, also for who is not root', async () => {
    const on = await saved();
    chmodSync(join(on.source, 'd'), 0o555);
    await on.take();
    asNobody(dirname(on.source));
    for (let times = 0; times < 2; times += 1) {
      expect(await on.restore({ overwrite: true })).toMatchObject({ restored: { kind: 'restored' } });
      expect(contentOf(on.to)).toEqual(['a', 'd', 'd/b']);
      expect(statSync(join(on.to, 'd')).mode & 0o777).toBe(0o555);
    }
  });

  it('that is told to stop at any moment leaves the folder as it was', async () => {
    const on = await saved();
    mkdirSync(on.to);
    writeFileSync(join(on.to, 'mine'), 'mine');
    let stopped = 0;
    for (let nth = 1; ; nth += 1) {
      let looks = 0;
      const throwIfStopped = () => {
        looks += 1;
        if (looks === nth) throw new Stopped();
      };
      const end = await on.restore({ overwrite: true }, { ...plainControl, throwIfStopped });
      if (end.kind === 'restored') break;
      stopped += 1;
      expect(end).toMatchObject({ reason: 'was told to stop' });
      expect(contentOf(on.to)).toEqual(['mine']);
    }
    expect(stopped).toBeGreaterThan(3);
    expect(treeOf(on.to)).toEqual(treeOf(on.source));
  });
});

/** The moves of a swap, as `swap.ts` has them: what is in the folder when it is killed before each, and after the last. */
describe('a restore that was killed', () => {
  const STAGING = temporaryFile(
    'hookkeeper-restore',
    { host: hostname(), pid: 4_000_000, start: 1, job: 1 },
    'staging',
  );
  const OLD = ['d', 'mine', 'x'];
  const NEW = ['a', 'd', 'x'];
  const moves = [...OLD.map((name) => ['out', name] as const), ...NEW.map((name) => ['in', name] as const)];

  function killedAfter(to: string, done: number, list: string): void {
    for (const folder of ['', 'new', 'old']) mkdirSync(join(to, STAGING, folder), { recursive: true });
    for (const name of OLD) writeFileSync(join(to, name), `old ${name}`);
    for (const name of NEW) writeFileSync(join(to, STAGING, 'new', name), `new ${name}`);
    writeFileSync(join(to, STAGING, 'entries.json'), list);
    for (const [way, name] of moves.slice(0, done)) {
      if (way === 'out') renameSync(join(to, name), join(to, STAGING, 'old', name));
      else renameSync(join(to, STAGING, 'new', name), join(to, name));
    }
  }

  it.each(moves.map((_, index) => index + 1))('after %s moves is taken back by the next one', async (done) => {
    const on = await saved();
    killedAfter(on.to, done, JSON.stringify(NEW));
    expect(await on.restore()).toMatchObject({ restored: { kind: 'notEmpty' } });
    expect(contentOf(on.to)).toEqual(OLD);
    for (const name of OLD) expect(readFileSync(join(on.to, name), 'utf8')).toBe(`old ${name}`);
  });

  it('before it moved anything, with a list that is not whole, is taken back too', async () => {
    const on = await saved();
    killedAfter(on.to, 0, '["a", "d');
    expect(await on.restore({ overwrite: true })).toMatchObject({ restored: { kind: 'restored' } });
    expect(treeOf(on.to)).toEqual(treeOf(on.source));
  });

  it('into an empty folder is done again as if nothing had been', async () => {
    const on = await saved();
    killedAfter(on.to, 0, JSON.stringify(NEW));
    for (const name of OLD) rmSync(join(on.to, name));
    renameSync(join(on.to, STAGING, 'new', 'a'), join(on.to, 'a'));
    expect(await on.restore()).toMatchObject({ restored: { kind: 'restored' } });
    expect(treeOf(on.to)).toEqual(treeOf(on.source));
  });

  it('when all was done but the clearing up leaves what it restored', async () => {
    const on = await saved();
    await on.restore();
    mkdirSync(join(on.to, STAGING.replace('.staging.', '.done.'), 'old', 'rest'), { recursive: true });
    expect(await on.restore()).toMatchObject({ restored: { kind: 'notEmpty' } });
    expect(treeOf(on.to)).toEqual(treeOf(on.source));
  });

  it('keeps snapshots from what it left half done: the last good one stays, and is restored', async () => {
    const on = await saved();
    const [good = ''] = on.archives();
    killedAfter(on.to, 4, JSON.stringify(NEW));
    for (const source of [on.to, dirname(on.to)]) {
      expect(await on.take({ sources: [source], exclude: ['source', 'snapshots'] })).toEqual({
        kind: 'failed',
        reason: `a restore has not finished, as ${join(on.to, STAGING)} shows: let it be done again first`,
        retryable: true,
      });
    }
    expect(on.archives()).toEqual([good]);
    expect(await on.restore({ overwrite: true })).toMatchObject({ restored: { kind: 'restored', file: good } });
  });

  it('when all was done but the clearing up has nothing of its own in a snapshot', async () => {
    const on = await saved();
    await on.restore();
    const done = STAGING.replace('.staging.', '.done.');
    mkdirSync(join(on.to, done, 'old', 'rest'), { recursive: true });
    expect(await on.take({ sources: [on.to] })).toMatchObject({
      taken: {
        manifest: { folders: 1, remarks: { count: 1, first: [{ path: done, what: 'is what a restore has left' }] } },
      },
    });
  });

  it('is not taken back while its process lives', async () => {
    const on = await saved();
    const alive = temporaryFile(
      'hookkeeper-restore',
      { host: hostname(), pid: process.pid, start: startOf(), job: 2_000_000_000 },
      'staging',
    );
    mkdirSync(join(on.to, alive), { recursive: true });
    expect(await on.restore()).toMatchObject({
      kind: 'failed',
      reason: `${on.to} is being restored by another process now`,
      retryable: true,
    });
  });
});

function startOf(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}
