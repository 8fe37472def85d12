import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { link, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { within } from '../helpers/within.ts';
import { actionOf, attempt } from './attempt.ts';

const SUCCEEDED = { outcome: 'succeeded' };

/** A folder, and what a `file` task with these settings comes to. */
async function place() {
  const folder = await temporaryFolder();
  return {
    folder,
    file: join(folder, 'marker'),
    change: async (settings: object, captured: Record<string, string> = {}) =>
      (await attempt('file', settings, { captured })).result,
  };
}

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

describe('file: write', () => {
  it('makes a file with the content and the mode, whatever our umask', async () => {
    const { folder, file, change } = await place();
    const umask = process.umask(0o077);
    onTestFinished(() => void process.umask(umask));
    expect(await change({ write: file, content: 'draining\n' })).toEqual(SUCCEEDED);
    expect([readFileSync(file, 'utf8'), modeOf(file)]).toEqual(['draining\n', '644']);
    expect(await change({ write: join(folder, 'secret'), mode: '0400' })).toEqual(SUCCEEDED);
    expect([readFileSync(join(folder, 'secret'), 'utf8'), modeOf(join(folder, 'secret'))]).toEqual(['', '400']);
    expect(readdirSync(folder).toSorted()).toEqual(['marker', 'secret']);
  });

  it('replaces what is there, and nothing else that this was linked to', async () => {
    const { folder, file, change } = await place();
    const other = join(folder, 'other');
    await writeFile(other, 'kept');
    await link(other, file);
    expect(await change({ write: file, content: 'new' })).toEqual(SUCCEEDED);
    expect([readFileSync(file, 'utf8'), readFileSync(other, 'utf8')]).toEqual(['new', 'kept']);
  });

  it('replaces a symbolic link instead of following it', async () => {
    const { folder, file, change } = await place();
    const target = join(folder, 'target');
    await writeFile(target, 'kept');
    await symlink(target, file);
    expect(await change({ write: file, content: 'new' })).toEqual(SUCCEEDED);
    expect([lstatSync(file).isSymbolicLink(), readFileSync(file, 'utf8')]).toEqual([false, 'new']);
    expect(readFileSync(target, 'utf8')).toBe('kept');
  });

  it('takes the content of a file as it is at the time, captured values not looked for', async () => {
    const { folder, file, change } = await place();
    const contentFile = join(folder, 'content');
    await writeFile(contentFile, 'node $(nodeId)');
    expect(await change({ write: file, contentFile })).toEqual(SUCCEEDED);
    expect(readFileSync(file, 'utf8')).toBe('node $(nodeId)');
    await writeFile(contentFile, Buffer.alloc(1024 * 1024 + 1));
    expect(await change({ write: file, contentFile })).toEqual({
      outcome: 'failed',
      reason: `could not write ${file}: contentFile, ${contentFile}, is larger than 1024Ki`,
      retryable: true,
    });
    expect(readFileSync(file, 'utf8')).toBe('node $(nodeId)');
  });

  it('puts captured values into the content', async () => {
    const { file, change } = await place();
    expect(await change({ write: file, content: 'node $(nodeId)\n' }, { nodeId: '3' })).toEqual(SUCCEEDED);
    expect(readFileSync(file, 'utf8')).toBe('node 3\n');
    expect(await change({ write: file, content: 'node $(nodeId)\n' })).toEqual({
      outcome: 'failed',
      reason: `could not write ${file}: no earlier task of this run captured nodeId`,
      retryable: false,
    });
    expect(readFileSync(file, 'utf8')).toBe('node 3\n');
  });

  it.each([
    ['containers', [{ container: 'app' }, { container: 'web' }]],
    ['tasks', [{ task: 'mark' }, { task: 'mark-too' }]],
  ])('ends well for each of two %s that write the same file at once', async (_who, writers) => {
    const { folder, file } = await place();
    for (let round = 0; round < 40; round += 1) {
      const written = writers.map((writer) => attempt('file', { write: file, content: 'draining' }, writer));
      expect((await Promise.all(written)).map(({ result }) => result)).toEqual([SUCCEEDED, SUCCEEDED]);
    }
    expect(readdirSync(folder)).toEqual(['marker']);
    expect(readFileSync(file, 'utf8')).toBe('draining');
  });

  it('is whole whenever its writer is killed, and the next attempt leaves no debris', { timeout: 60_000 }, async () => {
    const { folder, file, change } = await place();
    const script = join(import.meta.dirname, '../fixtures/tasks/write-for-ever.ts');
    for (let kills = 0; kills < 5 || readdirSync(folder).length === 1; kills += 1) {
      const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      await within('the first file', once(child.stdout, 'data'));
      await killWhile(child, () => readdirSync(folder).length === 2);
      const text = readFileSync(file, 'utf8');
      expect(text).toBe(text.slice(0, 1).repeat(65_536));
    }
    expect(await change({ write: file, content: 'x' })).toEqual(SUCCEEDED);
    expect(readdirSync(folder)).toEqual(['marker']);
  });
});

/** Stops it again and again until it is seen in the middle, and kills it there. */
async function killWhile(child: ChildProcess, inTheMiddle: () => boolean): Promise<void> {
  const exited = once(child, 'exit');
  for (;;) {
    child.kill('SIGSTOP');
    if (inTheMiddle()) break;
    child.kill('SIGCONT');
    await new Promise(setImmediate);
  }
  child.kill('SIGKILL');
  await within('its end', exited);
}

describe('file: touch', () => {
  it('makes an empty file where nothing is', async () => {
    const { file, change } = await place();
    expect(await change({ touch: file })).toEqual(SUCCEEDED);
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  it('gives what is there the present time, and leaves its content', async () => {
    const { file, change } = await place();
    await writeFile(file, 'kept');
    await utimes(file, 1000, 1000);
    expect(await change({ touch: file })).toEqual(SUCCEEDED);
    expect(statSync(file).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
    expect(readFileSync(file, 'utf8')).toBe('kept');
  });

  it('follows no symbolic link: it makes nothing elsewhere', async () => {
    const { folder, file, change } = await place();
    await symlink(join(folder, 'elsewhere'), file);
    expect(await change({ touch: file })).toEqual(SUCCEEDED);
    expect(readdirSync(folder)).toEqual(['marker']);
  });
});

describe('file: remove', () => {
  it('removes a file, and finds nothing to do the second time', async () => {
    const { folder, file, change } = await place();
    await writeFile(file, '');
    expect(await change({ remove: file })).toEqual(SUCCEEDED);
    expect(existsSync(file)).toBe(false);
    expect(await change({ remove: file })).toEqual(SUCCEEDED);
    expect(await change({ remove: join(folder, 'no', 'such', 'folder') })).toEqual(SUCCEEDED);
  });

  it('removes a symbolic link, and not what it names', async () => {
    const { folder, file, change } = await place();
    const target = join(folder, 'target');
    await writeFile(target, 'kept');
    await symlink(target, file);
    expect(await change({ remove: file })).toEqual(SUCCEEDED);
    expect(readdirSync(folder)).toEqual(['target']);
  });
});

describe('file: what cannot be done', () => {
  it.each([
    ['write', 'it is a folder', false],
    ['remove', 'it is a folder', false],
  ])('%s: a folder is left alone', async (act, problem, retryable) => {
    const { folder, file, change } = await place();
    await mkdir(file);
    await writeFile(join(file, 'inside'), '');
    expect(await change({ [act]: file })).toEqual({
      outcome: 'failed',
      reason: `could not ${act} ${file}: ${problem}`,
      retryable,
    });
    expect(readdirSync(folder)).toEqual(['marker']);
  });

  it.each(['write', 'touch'])('%s: a folder that is not there yet may come', async (act) => {
    const { folder, change } = await place();
    const path = join(folder, 'later', 'marker');
    expect(await change({ [act]: path })).toEqual({
      outcome: 'failed',
      reason: `could not ${act} ${path}: its folder is not there`,
      retryable: true,
    });
  });

  it.each(['write', 'touch'])('%s: a file that stands where its folder should be', async (act) => {
    const { file, change } = await place();
    await writeFile(file, '');
    expect(await change({ [act]: join(file, 'x') })).toMatchObject({
      reason: `could not ${act} ${join(file, 'x')}: its folder is a file`,
      retryable: false,
    });
  });

  it('write: a name that is too long is told, and leaves nothing', async () => {
    const { folder, change } = await place();
    const path = join(folder, 'x'.repeat(300));
    expect(await change({ write: path })).toMatchObject({ reason: `could not write ${path}: ENAMETOOLONG` });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('file: what is looked at when the config is loaded', () => {
  async function problems(settings: (folder: string) => object) {
    const { folder } = await place();
    await writeFile(join(folder, 'a-file'), '');
    await mkdir(join(folder, 'a-folder'));
    const found = actionOf('file', settings(folder)).check();
    return found.map(({ path, rule, value }) => `${path.join('.')} ${rule}: ${value.replaceAll(folder, '')}`);
  }

  it.each([
    (folder: string) => ({ write: `${folder}/new`, content: '' }),
    (folder: string) => ({ write: `${folder}/new`, contentFile: `${folder}/a-file` }),
    (folder: string) => ({ touch: `${folder}/a-file` }),
    (folder: string) => ({ remove: `${folder}/gone` }),
  ])('is fine: %s', async (settings) => {
    expect(await problems(settings)).toEqual([]);
  });

  it.each([
    [
      (folder: string) => ({ touch: `${folder}/no/marker` }),
      'touch must lie in a folder that we can write to: /no (not there)',
    ],
    [
      (folder: string) => ({ write: `${folder}/a-file/marker` }),
      'write must lie in a folder that we can write to: /a-file (not a folder)',
    ],
    [(folder: string) => ({ remove: `${folder}/a-folder` }), 'remove must not be a folder: /a-folder'],
    [
      (folder: string) => ({ write: `${folder}/x`, contentFile: `${folder}/no` }),
      'contentFile must be a file that can be read: /no (not there)',
    ],
  ])('is a mistake: %s', async (settings, problem) => {
    expect(await problems(settings)).toEqual([problem]);
  });

  it('never holds the content in what is shown', async () => {
    expect(actionOf('file', { write: '/shared/token', content: 'hush' }).summary).toBe('file write /shared/token');
  });
});
