import * as nodeFs from 'node:fs/promises';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeOf, durableFile, type FileSystem } from '../../src/journal/durable-file.ts';
import { disk, type Operation, systemError } from './disks.ts';
import { temporaryFolder } from './temporary-folder.ts';

const MAX_BYTES = 1000;

/** The file as text. */
function fileIn(dir: string, fs: FileSystem = nodeFs) {
  const file = durableFile(join(dir, 'journal.json'), MAX_BYTES, fs);
  return {
    read: async () => (await file.read())?.toString() ?? null,
    write: (text: string) => file.write(Buffer.from(text)),
  };
}

describe('a durable file', () => {
  it('reads what was written last, and nothing where nothing was', async () => {
    await using dir = await temporaryFolder();
    const file = fileIn(dir.path);
    expect(await file.read()).toBeNull();
    await file.write('one');
    await file.write('two €');
    expect(await file.read()).toBe('two €');
    expect(await readdir(dir.path)).toEqual(['journal.json']);
  });

  it('is for its owner only', async () => {
    await using dir = await temporaryFolder();
    await fileIn(dir.path).write('one');
    expect((await stat(join(dir.path, 'journal.json'))).mode & 0o777).toBe(0o600);
  });

  it('makes a missing folder, at any time', async () => {
    await using dir = await temporaryFolder();
    const missing = join(dir.path, 'a', 'b');
    const file = fileIn(missing);
    expect(await file.read()).toBeNull();
    await file.write('one');
    await rm(join(dir.path, 'a'), { recursive: true });
    await file.write('two');
    expect(await file.read()).toBe('two');
    for (const folder of [missing, join(dir.path, 'a')]) expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('works in a folder that is a symbolic link', async () => {
    await using dir = await temporaryFolder();
    await mkdir(join(dir.path, 'real'));
    await symlink('real', join(dir.path, 'link'));
    await fileIn(join(dir.path, 'link')).write('one');
    expect(await readFile(join(dir.path, 'real', 'journal.json'), 'utf8')).toBe('one');
  });

  it('replaces what a killed process left behind, and does not write through a link there', async () => {
    await using dir = await temporaryFolder();
    const temporary = join(dir.path, '.journal.json.tmp');
    await writeFile(temporary, 'a torn one', { mode: 0o644 });
    await fileIn(dir.path).write('one');
    expect((await stat(join(dir.path, 'journal.json'))).mode & 0o777).toBe(0o600);
    await writeFile(join(dir.path, 'other'), 'not ours');
    await symlink('other', temporary);
    await fileIn(dir.path).write('two');
    expect(await readFile(join(dir.path, 'other'), 'utf8')).toBe('not ours');
    expect((await readdir(dir.path)).toSorted()).toEqual(['journal.json', 'other']);
  });

  it('does not read what is too large, or no regular file', async () => {
    await using dir = await temporaryFolder();
    const path = join(dir.path, 'journal.json');
    await writeFile(path, 'x'.repeat(MAX_BYTES + 1));
    await expect(fileIn(dir.path).read()).rejects.toThrow('it is larger than 1000 bytes: 1001 bytes');
    await writeFile(path, 'x'.repeat(MAX_BYTES));
    expect(await fileIn(dir.path).read()).toHaveLength(MAX_BYTES);
    await rm(path);
    await mkdir(path);
    await expect(fileIn(dir.path).read()).rejects.toThrow('it is not a regular file');
  });
});

describe('the code of an error', () => {
  it('is that of the system, and empty for anything else', () => {
    const others = [
      new Error('no code'),
      Object.assign(new Error('no text'), { code: 5 }),
      { code: 'EIO' },
      null,
      'EIO',
    ];
    expect([systemError('EIO'), ...others].map(codeOf)).toEqual(['EIO', '', '', '', '', '']);
  });
});

describe('a write', () => {
  it('is on the disk in this order: text, name, folder', async () => {
    await using dir = await temporaryFolder();
    const asked: string[] = [];
    const fs = disk(async (operation, path) => void asked.push(`${operation} ${path.slice(dir.path.length)}`));
    await fileIn(dir.path, fs).write('one');
    expect(asked).toEqual([
      'open /.journal.json.tmp',
      'writeFile /.journal.json.tmp',
      'datasync /.journal.json.tmp',
      'rename /.journal.json.tmp',
      'open ',
      'sync ',
    ]);
  });

  it.each<[Operation, string, string]>([
    ['open', 'EROFS', 'old'],
    ['writeFile', 'ENOSPC', 'old'],
    ['datasync', 'EIO', 'old'],
    ['rename', 'EACCES', 'old'],
    ['sync', 'EIO', 'new'],
  ])('that fails at %s with %s says so, leaves the %s text, and hinders no later one', async (failing, code, left) => {
    await using dir = await temporaryFolder();
    await fileIn(dir.path).write('old');
    const fs = disk(async (operation) => {
      if (operation === failing) throw systemError(code);
    });
    await expect(fileIn(dir.path, fs).write('new')).rejects.toMatchObject({
      code,
    });
    expect(await fileIn(dir.path).read()).toBe(left);
    await fileIn(dir.path).write('newer');
    expect(await fileIn(dir.path).read()).toBe('newer');
    expect(await readdir(dir.path)).toEqual(['journal.json']);
  });

  it.each(['writeFile', 'datasync'] as const)('that fails at %s gives its space back at once', async (failing) => {
    await using dir = await temporaryFolder();
    const fs = disk(async (operation) => {
      if (operation === failing) throw systemError('ENOSPC');
    });
    await expect(fileIn(dir.path, fs).write('new')).rejects.toThrow('ENOSPC');
    expect(await readdir(dir.path)).toEqual([]);
  });

  it('is fine on a file system that cannot sync folders', async () => {
    await using dir = await temporaryFolder();
    const fs = disk(async (operation) => {
      if (operation === 'sync') throw systemError('EINVAL');
    });
    await fileIn(dir.path, fs).write('one');
    expect(await fileIn(dir.path).read()).toBe('one');
  });

  it('below a regular file, or where no folder can be made, fails with the reason', async () => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, 'file'), '');
    await expect(fileIn(join(dir.path, 'file', 'journal')).write('one')).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(fileIn('/proc/hookkeeper').write('one')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
