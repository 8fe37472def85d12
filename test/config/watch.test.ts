import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConfigChange, type WatchInput, watchConfig } from '../../src/config/watch.ts';

/** Longer than any test lasts: what is seen was not found by reading from time to time. */
const NEVER_MS = 3_600_000;

let folder: string;
let file: string;
let ending: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hookkeeper-watch-'));
  file = join(folder, 'hooks.yaml');
  ending = new AbortController();
});

afterEach(async () => {
  ending.abort();
  await rm(folder, { recursive: true, force: true });
});

/** Watches `file`; `next()` resolves with the next change, or with one that nobody has asked for yet. */
function watching(own: Partial<WatchInput> = {}) {
  const changes: ConfigChange[] = [];
  let arrived = () => {};
  const look = watchConfig({
    file,
    text: 'first',
    signal: ending.signal,
    debounceMs: 20,
    pollMs: NEVER_MS,
    onChange(change) {
      changes.push(change);
      arrived();
    },
    ...own,
  });
  return {
    changes,
    look,
    async next(): Promise<ConfigChange | undefined> {
      const { promise, resolve } = Promise.withResolvers<void>();
      arrived = resolve;
      if (changes.length === 0) await promise;
      return changes.shift();
    },
  };
}

/** Puts a new version there as the kubelet does: a new folder, and `..data` swapped to it in one step. */
async function publish(version: string, text: string): Promise<void> {
  const versioned = join(folder, `..2026_${version}`);
  await mkdir(versioned);
  await writeFile(join(versioned, 'hooks.yaml'), text);
  await symlink(`..2026_${version}`, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
}

/** The inodes that this process watches. */
async function watchedInodes(): Promise<number[]> {
  const descriptors = await readdir('/proc/self/fdinfo');
  const texts = descriptors.map((descriptor) => readFile(`/proc/self/fdinfo/${descriptor}`, 'utf8').catch(() => ''));
  const found = (await Promise.all(texts)).join('\n').matchAll(/^inotify .*\bino:([0-9a-f]+)/gm);
  return [...found].map(([, ino = '']) => Number.parseInt(ino, 16));
}

describe('a watched config', () => {
  it('in a ConfigMap is followed through every swap of its symlink', async () => {
    await publish('1', 'first');
    await symlink('..data/hooks.yaml', file);
    const watched = watching();
    for (const version of ['2', '3', '4', '5']) {
      await publish(version, `version ${version}`);
      expect(await watched.next()).toEqual({ ok: true, text: `version ${version}` });
      if (version === '3') await rm(join(folder, '..2026_2'), { recursive: true });
    }
  });

  it('is followed when an editor replaces it, and when it is written in place', async () => {
    await writeFile(file, 'first');
    const watched = watching();
    for (const text of ['second', 'third']) {
      await writeFile(join(folder, '.hooks.yaml.swp'), text);
      await rename(join(folder, '.hooks.yaml.swp'), file);
      expect(await watched.next()).toEqual({ ok: true, text });
    }
    await writeFile(file, 'fourth');
    let last = await watched.next();
    // Writing in place empties the file first, and that may be seen.
    if (last?.ok && last.text === '') last = await watched.next();
    expect(last).toEqual({ ok: true, text: 'fourth' });
  });

  it('is handed over only when its text is another one', async () => {
    await writeFile(file, 'first');
    const watched = watching();
    await writeFile(join(folder, 'beside'), 'x');
    await writeFile(join(folder, 'same'), 'first');
    await rename(join(folder, 'same'), file);
    await writeFile(join(folder, 'other'), 'second');
    await rename(join(folder, 'other'), file);
    expect(await watched.next()).toEqual({ ok: true, text: 'second' });
    expect(watched.changes).toEqual([]);
  });

  it('that was changed before the watch began is handed over', async () => {
    await writeFile(file, 'second');
    expect(await watching().next()).toEqual({ ok: true, text: 'second' });
  });

  it('is told to be unreadable once, and handed over when it is back with the same text', async () => {
    await writeFile(file, 'first');
    const watched = watching();
    await rm(file);
    expect(await watched.next()).toEqual({ ok: false, reason: expect.stringContaining('ENOENT') });
    await writeFile(join(folder, 'beside'), 'x');
    await writeFile(join(folder, 'back'), 'first');
    await rename(join(folder, 'back'), file);
    expect(await watched.next()).toEqual({ ok: true, text: 'first' });
  });

  it('is told to be unreadable once, however often it is read, and what did not change is not told', async () => {
    await writeFile(file, 'first');
    let reads = 0;
    let enough = () => {};
    const again = () => {
      reads += 1;
      enough();
      return false;
    };
    const readTimes = (times: number) =>
      new Promise<void>((resolve) => {
        const wanted = reads + times;
        enough = () => void (reads >= wanted && resolve());
      });
    const watched = watching({ pollMs: 5, again });
    const byDefault = watching({ pollMs: 5 });
    await readTimes(5);
    expect([...watched.changes, ...byDefault.changes]).toEqual([]);
    await rm(file);
    expect(await watched.next()).toMatchObject({ ok: false });
    expect(await byDefault.next()).toMatchObject({ ok: false });
    await readTimes(5);
    expect([...watched.changes, ...byDefault.changes]).toEqual([]);
  });

  it('is told to be unreadable for another reason', async () => {
    const watched = watching({ pollMs: 5 });
    expect(await watched.next()).toEqual({ ok: false, reason: expect.stringContaining('ENOENT') });
    await mkdir(file);
    expect(await watched.next()).toEqual({ ok: false, reason: expect.stringContaining('EISDIR') });
  });

  it('is read though its folder never comes to rest', async () => {
    await writeFile(file, 'first');
    const watched = watching({ debounceMs: 400 });
    await writeFile(file, 'second');
    while (watched.changes.length === 0) {
      await writeFile(join(folder, 'log'), 'a line');
      await sleep(5);
    }
    expect(watched.changes).toEqual([{ ok: true, text: 'second' }]);
  });

  it('that is as large as it may be is read', async () => {
    const text = 'x'.repeat(1024 * 1024);
    await writeFile(file, text);
    expect(await watching().next()).toEqual({ ok: true, text });
  });

  it('that is too large is not read', async () => {
    await writeFile(file, 'x'.repeat(1024 * 1024 + 1));
    expect(await watching().next()).toEqual({ ok: false, reason: expect.stringContaining('more than 1048576 bytes') });
  });

  it('is read from time to time where the folder tells nothing', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'hookkeeper-elsewhere-'));
    try {
      await writeFile(join(elsewhere, 'hooks.yaml'), 'first');
      await symlink(join(elsewhere, 'hooks.yaml'), file);
      const watched = watching({ pollMs: 10 });
      await writeFile(join(elsewhere, 'new'), 'second');
      await rename(join(elsewhere, 'new'), join(elsewhere, 'hooks.yaml'));
      expect(await watched.next()).toEqual({ ok: true, text: 'second' });
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  it('is handed over again at each reading while that is wanted', async () => {
    await writeFile(file, 'first');
    let wanted = true;
    const watched = watching({ pollMs: 10, again: () => wanted });
    for (let times = 0; times < 3; times += 1) expect(await watched.next()).toEqual({ ok: true, text: 'first' });
    wanted = false;
    watched.changes.length = 0;
    await writeFile(join(folder, 'new'), 'second');
    await rename(join(folder, 'new'), file);
    expect(await watched.next()).toEqual({ ok: true, text: 'second' });
  });

  it('is followed into a folder that comes to be later', async () => {
    file = join(folder, 'later', 'hooks.yaml');
    const watched = watching({ pollMs: 10 });
    expect(await watched.next()).toEqual({ ok: false, reason: expect.stringContaining('ENOENT') });
    await mkdir(join(folder, 'later'));
    await writeFile(join(folder, 'new'), 'second');
    await rename(join(folder, 'new'), file);
    expect(await watched.next()).toEqual({ ok: true, text: 'second' });
  });

  it('is followed in the folder that is there when it is looked at', async () => {
    file = join(folder, 'later', 'hooks.yaml');
    const watched = watching();
    expect(await watched.next()).toMatchObject({ ok: false });
    await mkdir(join(folder, 'later'));
    watched.look();
    await writeFile(file, 'second');
    let last = await watched.next();
    if (last?.ok && last.text === '') last = await watched.next();
    expect(last).toEqual({ ok: true, text: 'second' });
  });

  it('has no watch left after the signal, nor where the signal came first', async () => {
    await writeFile(file, 'first');
    const { ino } = await stat(folder);
    const alive = watching();
    expect(await watchedInodes()).toContain(ino);
    ending.abort();
    alive.look();
    watching();
    expect(await watchedInodes()).not.toContain(ino);
  });

  it('is handed over no more after the signal', async () => {
    await writeFile(file, 'second');
    const ended = watching();
    ending.abort();
    const control = new AbortController();
    const alive = watching({ signal: control.signal });
    expect(await alive.next()).toEqual({ ok: true, text: 'second' });
    control.abort();
    expect(ended.changes).toEqual([]);
    expect(watching().changes).toEqual([]);
  });
});
