import { type Dir, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { stage } from './stage.ts';
import { treeOf } from './trees.ts';

/** What an app does when a name of a folder was read, and when all were. */
const meanwhile = vi.hoisted(() => ({ afterName: () => {}, afterAll: () => {} }));

/**
 * A folder that gives all its names once more. XFS does so with those that were removed and made anew while it is read, where it has
 * more than a thousand names.
 */
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  function opendirSync(
    path: string | Buffer,
    options: import('node:fs').OpenDirOptions,
  ): Pick<Dir, 'readSync' | 'closeSync'> {
    let dir = fs.opendirSync(path, options);
    let again = false;
    return {
      readSync() {
        const entry = dir.readSync();
        if (entry !== null && !again) meanwhile.afterName();
        if (entry !== null || again) return entry;
        again = true;
        dir.closeSync();
        meanwhile.afterAll();
        dir = fs.opendirSync(path, options);
        return dir.readSync();
      },
      closeSync: () => dir.closeSync(),
    };
  }
  return { ...fs, opendirSync };
});

describe('a folder that gives a name twice, as it was made anew meanwhile', () => {
  it('is saved with that once, so that it can be restored, and it is named', async () => {
    const on = await stage();
    mkdirSync(join(on.source, 'folder'));
    writeFileSync(join(on.source, 'folder', 'file'), 'content');
    symlinkSync('folder', join(on.source, 'link'));
    const end = await on.take();
    const remarks = ['folder/file', 'folder', 'link'].map((path) => ({
      path,
      what: 'was made anew while its folder was read',
    }));
    expect(end).toMatchObject({ taken: { manifest: { files: 1, folders: 1, links: 1, remarks: { count: 3 } } } });
    expect(end).toMatchObject({ taken: { manifest: { remarks: { first: expect.arrayContaining(remarks) } } } });
    expect(await on.restore()).toMatchObject({ restored: { kind: 'restored', passedOver: [] } });
    expect(treeOf(on.to)).toEqual(treeOf(on.source));
  });

  it('is saved with what was gone when it came first', async () => {
    const on = await stage();
    const file = join(on.source, 'file');
    writeFileSync(file, 'old');
    meanwhile.afterName = () => rmSync(file);
    meanwhile.afterAll = () => writeFileSync(file, 'new');
    onTestFinished(() => void Object.assign(meanwhile, { afterName() {}, afterAll() {} }));
    const remarks = { count: 1, first: [{ path: 'file', what: 'vanished' }] };
    expect(await on.take()).toMatchObject({ taken: { manifest: { files: 1, bytes: 3, remarks } } });
  });
});
