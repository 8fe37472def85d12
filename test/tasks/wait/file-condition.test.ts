import { execFileSync } from 'node:child_process';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/hooks/clock.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { conditionOf, look, read, unreadable } from '../look.ts';

/** A file system that hangs, once for each look at it, until it is there again. */
const hanging = vi.hoisted(() => ({ path: '', looks: 0, ...Promise.withResolvers<void>() }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs/promises')>();
  const stat = async (path: string) => {
    if (path === hanging.path) {
      hanging.looks += 1;
      await hanging.promise;
    }
    return fs.stat(path);
  };
  return { ...fs, stat };
});

let dir = '';
beforeEach(async () => {
  dir = await temporaryFolder();
  await Promise.all([
    writeFile(join(dir, 'filled'), 'state: leader\nrole=primary\n'),
    writeFile(join(dir, 'empty'), ''),
    mkdir(join(dir, 'folder')),
    mkdir(join(dir, 'folder-with', 'one'), { recursive: true }),
  ]);
});

describe('a file condition', () => {
  it.each([
    ['filled', 'exists', true, 'exists'],
    ['empty', 'exists', true, 'exists'],
    ['folder', 'exists', true, 'exists'],
    ['none', 'exists', false, 'is absent'],
    ['filled/below', 'exists', false, 'is absent'],
    ['none', 'absent', true, 'is absent'],
    ['none/below', 'absent', true, 'is absent'],
    ['empty', 'absent', false, 'exists'],
    ['filled', 'notEmpty', true, 'is not empty'],
    ['empty', 'notEmpty', false, 'is empty'],
    ['none', 'notEmpty', false, 'is absent'],
    ['folder', 'notEmpty', false, 'is empty'],
    ['folder-with', 'notEmpty', true, 'is not empty'],
  ])('%s %s: %s', async (name, is, met, saw) => {
    const path = join(dir, name);
    expect(await look({ file: { path, is } })).toEqual(read(met, `file ${path} ${saw}`));
  });

  it('is there, when only a path is written', async () => {
    const file = join(dir, 'filled');
    expect(await look({ file })).toEqual(read(true, `file ${file} exists`));
    expect(conditionOf({ file }).summary).toBe(`file ${file} exists`);
  });

  it.each([
    ['filled', 'leader', true, 'matches'],
    ['filled', '^role=primary$', false, 'does not match'],
    ['filled', String.raw`\nrole=primary\n$`, true, 'matches'],
    ['empty', '^$', true, 'matches'],
    ['none', '', false, 'is absent'],
  ])('%s matches /%s/: %s', async (name, pattern, met, saw) => {
    const path = join(dir, name);
    expect(await look({ file: { path, matches: pattern || 'x' } })).toEqual(read(met, `file ${path} ${saw}`));
  });

  it.each([
    ['a folder', () => join(dir, 'folder'), 'not a file'],
    ['a device', () => '/dev/zero', 'not a file'],
    [
      'a pipe that nobody writes to',
      () => {
        execFileSync('bash', ['-c', 'mkfifo "$0"', join(dir, 'pipe')]);
        return join(dir, 'pipe');
      },
      'not a file',
    ],
  ])('does not match %s, and does not hang on it', async (_what, pathOf, problem) => {
    const path = pathOf();
    expect(await look({ file: { path, matches: 'x' } })).toEqual(unreadable(`file ${path} is ${problem}`));
  });

  it('holds at most 1 MiB of a file, and says so', async () => {
    const path = join(dir, 'huge');
    await writeFile(path, '');
    await truncate(path, 100_000_000);
    expect(await look({ file: { path, matches: 'x' } })).toEqual(unreadable(`file ${path} is larger than 1024Ki`));
  });

  it('does not match for ever', async () => {
    const path = join(dir, 'hostile');
    await writeFile(path, `${'a'.repeat(50)}!`);
    const reading = await look({ file: { path, matches: '^(a+)+$' } });
    expect(reading).toEqual(unreadable(`matching file ${path} took too long`));
  });

  it('does not take what it may not look at for absent', async () => {
    const path = join(dir, 'x'.repeat(300));
    const reading = await look({ file: { path, is: 'absent' } });
    expect(reading).toEqual(unreadable(`file ${path} can not be looked at (ENAMETOOLONG)`));
  });

  it('ends when it is told to', async () => {
    const reading = await look({ file: join(dir, 'filled') }, { signal: AbortSignal.abort() });
    expect(reading).toEqual(unreadable('was told to stop'));
  });

  it('keeps no more than one thread where its file system hangs, and sees what is there when it is back', async () => {
    hanging.path = join(dir, 'filled');
    const condition = conditionOf({ file: hanging.path });
    const lookFor = (signal: AbortSignal) => condition.read({ signal, clock: systemClock, captured: new Map() });
    for (let late = 0; late < 3; late += 1) {
      const over = new AbortController();
      const reading = lookFor(over.signal);
      over.abort();
      expect(await reading).toEqual(unreadable('was told to stop'));
    }
    expect(hanging.looks).toBe(1);
    const back = lookFor(new AbortController().signal);
    hanging.resolve();
    expect(await back).toMatchObject({ met: true });
    await lookFor(new AbortController().signal);
    expect(hanging.looks).toBe(2);
  });
});
