import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readSmallFile, readSmallFileSync } from '../../src/tasks/small-file.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** What somebody else does to the file right after the first look at it. */
const meanwhile = vi.hoisted(() => ({ act: () => {} }));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const statSync = (path: string) => {
    const stats = fs.statSync(path);
    meanwhile.act();
    return stats;
  };
  return { ...fs, statSync };
});

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs/promises')>();
  const stat = async (path: string) => {
    const stats = await fs.stat(path);
    meanwhile.act();
    return stats;
  };
  return { ...fs, stat };
});

const BOTH = [
  ['at once', async (path: string, mostBytes: number) => readSmallFileSync(path, mostBytes)],
  ['in its turn', readSmallFile],
] as const;

beforeEach(() => {
  meanwhile.act = () => {};
});

describe.each(BOTH)('a small file, read %s', (_how, read) => {
  it('has all that it holds, up to the most there may be', async () => {
    const path = join(await temporaryFolder(), 'file');
    const content = 'x'.repeat(100 * 1024);
    writeFileSync(path, content);
    expect(await read(path, content.length)).toEqual({ ok: true, bytes: Buffer.from(content) });
    expect(await read(path, 99 * 1024)).toEqual({ ok: false, problem: 'larger than 99Ki' });
    writeFileSync(path, '');
    expect(await read(path, 1024)).toEqual({ ok: true, bytes: Buffer.alloc(0) });
  });

  it('may be one of those that tell no size, as those of the kernel', async () => {
    expect(await read('/proc/self/stat', 4096)).toMatchObject({ ok: true });
    expect(await read('/proc/self/stat', 16)).toMatchObject({ ok: false });
  });

  it('is not waited for where a pipe took its place meanwhile', async () => {
    const path = join(await temporaryFolder(), 'file');
    writeFileSync(path, 'content');
    meanwhile.act = () => {
      rmSync(path);
      execFileSync('mkfifo', [path]);
    };
    expect(await read(path, 1024)).toEqual({ ok: false, problem: 'not a file' });
  });

  it('is refused where it has become too large meanwhile', async () => {
    const path = join(await temporaryFolder(), 'file');
    writeFileSync(path, 'content');
    meanwhile.act = () => writeFileSync(path, 'x'.repeat(4096));
    expect(await read(path, 1024)).toEqual({ ok: false, problem: 'larger than 1Ki' });
  });

  it('is not there, or no file', async () => {
    const folder = await temporaryFolder();
    expect(await read(join(folder, 'file'), 1024)).toEqual({ ok: false, problem: 'not there' });
    expect(await read(folder, 1024)).toEqual({ ok: false, problem: 'not a file' });
  });
});
