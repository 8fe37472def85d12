import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  mkdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/hooks/clock.ts';
import type { JobControl } from '../../../src/tasks/snapshot/control.ts';
import { FORMATS } from '../../../src/tasks/snapshot/format-names.ts';
import { rawOf } from '../../../src/tasks/snapshot/raw-path.ts';
import { plainControl, stage } from './stage.ts';
import { makeTree, treeOf, trees } from './trees.ts';

/** What other programs read of the times in an archive, in ms. */
const WHOLE_SECONDS = 1000;

/** As if everything were old: what has long been as it is, is read in another way than what was written just now. */
const AGES_MS = [0, 60_000];

function later(ageMs: number): JobControl {
  return { ...plainControl, clock: { ...systemClock, epochMs: () => systemClock.epochMs() + ageMs } };
}

describe('a snapshot that is restored', () => {
  it('has all names, contents, links, modes, owners and times of any folder', async () => {
    await fc.assert(
      fc.asyncProperty(trees, fc.constantFrom(...FORMATS), fc.constantFrom(...AGES_MS), async (tree, format, ageMs) => {
        const on = await stage();
        makeTree(rawOf(on.source), tree);
        expect(await on.take({ format }, later(ageMs))).toMatchObject({
          kind: 'taken',
          taken: { manifest: { remarks: { count: 0 } } },
        });
        expect(await on.damages()).toEqual([undefined]);
        expect(await on.restore()).toMatchObject({ kind: 'restored', restored: { kind: 'restored', passedOver: [] } });
        expect(treeOf(on.to)).toEqual(treeOf(on.source));
      }),
      { numRuns: 40 },
    );
  });

  it('lacks what lies too deep to be restored, and says so', async () => {
    const on = await stage();
    // Not with Node.js, which knows no folder but by its whole path.
    execFileSync('bash', ['-c', `for each in {1..18}; do mkdir "$1"; cd "$1"; done`, '-', 'x'.repeat(250)], {
      cwd: on.source,
    });
    onTestFinished(() => void execFileSync('find', [on.source, '-delete']));
    const end = await on.take();
    const path = `${'x'.repeat(250)}/x`;
    const what = 'has a path that is too long to be restored';
    const first = [{ path: expect.stringContaining(path), what }];
    expect(end).toMatchObject({ taken: { manifest: { folders: 14, remarks: { count: 1, first } } } });
    expect(await on.restore()).toMatchObject({ restored: { kind: 'restored', passedOver: [] } });
  });

  it.each(FORMATS)('as %s is one that tar unpacks to the same, with its times in whole seconds', async (format) => {
    const on = await stage();
    const [tree] = fc.sample(trees, { numRuns: 1, seed: 5 });
    makeTree(rawOf(on.source), tree ?? []);
    writeFileSync(join(on.source, 'x'.repeat(200)), Buffer.alloc(3_000_000, 'many blocks '));
    await on.take({ format });
    mkdirSync(on.to);
    const [archive = ''] = on.archives();
    execFileSync('tar', ['-xpf', join(on.destination, archive), '-C', on.to]);
    expect(treeOf(on.to, WHOLE_SECONDS)).toEqual(treeOf(on.source, WHOLE_SECONDS));
    execFileSync('sha256sum', ['-c', `${archive}.sha256`], { cwd: on.destination, stdio: 'ignore' });
  });

  it('has the owners that files, folders and links had', async () => {
    const on = await stage();
    mkdirSync(join(on.source, 'folder'));
    writeFileSync(join(on.source, 'file'), 'content');
    symlinkSync('file', join(on.source, 'link'));
    // Only root can give files away.
    const [own = 0, group = 0] = [process.getuid?.(), process.getgid?.()];
    const owners = own === 0 ? [65_532, 3_000_000, 4_000_000_000] : [own, own, group];
    for (const [index, name] of ['folder', 'link', 'file'].entries()) {
      lchownSync(join(on.source, name), owners[index] ?? own, owners[2] ?? group);
    }
    await on.take();
    await on.restore();
    expect(treeOf(on.to)).toEqual(treeOf(on.source));
    expect(treeOf(on.to)).toMatchObject({ link: { uid: owners[1], gid: owners[2] } });
  });

  it('has a link as a folder where another source leads through it, and names it', async () => {
    const on = await stage();
    mkdirSync(join(on.source, 'v1'));
    writeFileSync(join(on.source, 'v1', 'file'), 'content');
    symlinkSync('v1', join(on.source, 'current'));
    const end = await on.take({ sources: [join(on.source, 'current', 'file'), on.source] });
    const what = 'is there as a folder, as another source leads through it';
    const remarks = { count: 1, first: [{ path: 'source/current', what }] };
    expect(end).toMatchObject({ taken: { manifest: { files: 2, remarks } } });
    expect(await on.restore()).toMatchObject({ restored: { kind: 'restored', passedOver: [] } });
  });

  it('lacks a folder that has the name of what was fetched, with all that is in it', async () => {
    const on = await stage();
    mkdirSync(join(on.source, 'raft'));
    writeFileSync(join(on.source, 'raft', 'log'), 'log');
    writeFileSync(`${on.source}.fetched`, 'state');
    const end = await on.take({ fetched: [{ path: `${on.source}.fetched`, name: 'raft' }] });
    const first = ['raft', 'raft/log'].map((path) => ({ path, what: 'has the name of what was fetched' }));
    expect(end).toMatchObject({ taken: { manifest: { files: 1, remarks: { count: 2, first } } } });
    expect(await on.restore()).toMatchObject({ restored: { kind: 'restored', passedOver: [] } });
  });

  it('keeps a sparse file sparse', async () => {
    const on = await stage();
    const file = join(on.source, 'sparse');
    writeFileSync(file, 'begin');
    truncateSync(file, 50_000_000);
    await on.take();
    await on.restore();
    const { size, blocks } = statSync(join(on.to, 'sparse'));
    expect(size).toBe(50_000_000);
    expect(blocks * 512).toBeLessThan(1_000_000);
  });

  it('makes an absolute link into the source a relative one, and leaves out what leads outside, both named', async () => {
    const on = await stage();
    mkdirSync(join(on.source, 'a', 'b'), { recursive: true });
    writeFileSync(join(on.source, 'file'), 'content');
    symlinkSync(join(on.source, 'file'), join(on.source, 'a', 'b', 'absolute'));
    symlinkSync('/etc/passwd', join(on.source, 'outside'));
    symlinkSync('../../file', join(on.source, 'a', 'up'));
    const end = await on.take();
    expect(end).toMatchObject({ kind: 'taken', taken: { manifest: { links: 1, remarks: { count: 3 } } } });
    const remarks = end.kind === 'taken' ? end.taken.manifest.remarks.first : [];
    expect(remarks.map(({ path, what }) => `${path} ${what}`).toSorted()).toEqual([
      'a/b/absolute was an absolute link, and is in the archive as a relative one',
      'a/up is a link that leads outside, to ../../file',
      'outside is a link that leads outside, to /etc/passwd',
    ]);
    await on.restore();
    expect(Object.keys(treeOf(on.to)).toSorted()).toEqual(['a', 'a/b', 'a/b/absolute', 'file']);
    expect(treeOf(on.to)['a/b/absolute']).toMatchObject({ target: '../../file' });
  });

  it('has one file with several names where there was one, be it small or large, and reads it once', async () => {
    const on = await stage();
    mkdirSync(join(on.source, 'folder'));
    for (const [name, bytes] of [
      ['small', 10],
      ['large', 3_000_000],
    ] as const) {
      writeFileSync(join(on.source, name), Buffer.alloc(bytes, name));
      utimesSync(join(on.source, name), 1_700_000_000, 1_700_000_000);
      for (const other of [`folder/${name}`, `folder/${name}-again`]) {
        linkSync(join(on.source, name), join(on.source, other));
      }
    }
    expect(await on.take()).toMatchObject({ taken: { manifest: { files: 6, bytes: 3_000_010 } } });
    expect(await on.restore()).toMatchObject({ restored: { counts: { files: 6 } } });
    expect(treeOf(on.to)).toEqual(treeOf(on.source));
    for (const name of ['small', 'large']) {
      const names = [name, `folder/${name}`, `folder/${name}-again`].map((each) => statSync(join(on.to, each)));
      expect(new Set(names.map(({ ino }) => ino)).size).toBe(1);
    }
    const [archive = ''] = on.archives();
    const unpacked = join(on.source, '..', 'unpacked');
    mkdirSync(unpacked);
    execFileSync('tar', ['xf', join(on.destination, archive), '-C', unpacked]);
    expect(treeOf(unpacked, WHOLE_SECONDS)).toEqual(treeOf(on.source, WHOLE_SECONDS));
  });

  it('has the mode and owner of the folder itself', async () => {
    const on = await stage();
    writeFileSync(join(on.source, 'file'), 'content');
    chmodSync(on.source, 0o2710);
    if (process.getuid?.() === 0) chownSync(on.source, 1234, 4321);
    chmodSync(on.source, 0o2710);
    await on.take();
    await on.restore();
    const { mode, uid, gid } = statSync(on.to);
    const was = statSync(on.source);
    expect([mode.toString(8), uid, gid]).toEqual([was.mode.toString(8), was.uid, was.gid]);
  });

  it('leaves out sockets, FIFOs and devices, and names them', async () => {
    const on = await stage();
    execFileSync('mkfifo', [join(on.source, 'fifo')]);
    writeFileSync(join(on.source, 'file'), 'content');
    const { createServer } = await import('node:net');
    const server = createServer().listen(join(on.source, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    const end = await on.take();
    await new Promise((resolve) => server.close(resolve));
    const remarks = end.kind === 'taken' ? end.taken.manifest.remarks.first : [];
    expect(remarks.map(({ path, what }) => `${path} ${what}`).toSorted()).toEqual([
      'fifo is a FIFO',
      'socket is a socket',
    ]);
    await on.restore();
    expect(Object.keys(treeOf(on.to))).toEqual(['file']);
  });
});
