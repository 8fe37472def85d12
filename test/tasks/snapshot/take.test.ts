import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/hooks/clock.ts';
import type { JobControl } from '../../../src/tasks/snapshot/control.ts';
import { latestFile } from '../../../src/tasks/snapshot/file-names.ts';
import type { JobEnd } from '../../../src/tasks/snapshot/job.ts';
import { Stopped } from '../../../src/tasks/snapshot/problem.ts';
import { plainControl, type Stage, stage } from './stage.ts';

const OLD_S = 1_700_000_000;

function remarksOf(end: JobEnd): string[] {
  if (end.kind !== 'taken') throw new Error(JSON.stringify(end));
  return end.taken.manifest.remarks.first.map(({ path, what }) => `${path} ${what}`).toSorted();
}

/** A source with files that were not touched for long. */
function fill(folder: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes)) {
    writeFileSync(join(folder, name), Buffer.alloc(size, name));
    utimesSync(join(folder, name), OLD_S, OLD_S);
  }
}

const latest = (on: Stage) => readFileSync(join(on.destination, latestFile('app')), 'utf8').trim();

/** Calls `act` at the `nth` look whether to stop. */
function interrupting(nth: number, act: () => void): JobControl {
  let looks = 0;
  return {
    ...plainControl,
    throwIfStopped() {
      looks += 1;
      if (looks === nth) act();
    },
  };
}

describe('the folder of snapshots', () => {
  it('has an archive with its checksum and manifest, and says which is the latest', async () => {
    const on = await stage();
    fill(on.source, { a: 10, b: 20 });
    const end = await on.take();
    const [archive = ''] = on.archives();
    expect(archive).toMatch(/^app-\d{8}T\d{9}Z\.tar\.zst$/);
    expect(on.files()).toEqual([archive, `${archive}.json`, `${archive}.sha256`, 'app.latest']);
    expect(latest(on)).toBe(archive);
    expect(end).toMatchObject({
      taken: { manifest: { files: 2, bytes: 30, hook: 'preStop', run: 'run-1', smaller: null, archive } },
    });
  });

  it('keeps the newest, of each name', async () => {
    const on = await stage();
    fill(on.source, { a: 10 });
    for (let count = 0; count < 4; count += 1) await on.take({ keep: 2 });
    const [oldest = '', newest = ''] = on.archives();
    await on.take({ name: 'other', keep: 2 });
    expect(on.archives()).toEqual([oldest, newest, expect.stringMatching(/^other-/)]);
    expect(latest(on)).toBe(newest);
    expect(on.files()).toHaveLength(3 * 3 + 2);
  });

  it('has the newest last, also when the clock was set back', async () => {
    const on = await stage();
    fill(on.source, { a: 10 });
    for (const epochMs of [2_000_000_000_000, 1_900_000_000_000, 1_900_000_000_000]) {
      await on.take({ keep: 2 }, { ...plainControl, clock: { ...systemClock, epochMs: () => epochMs } });
    }
    expect(on.archives()).toEqual(['app-20330518T033320001Z.tar.zst', 'app-20330518T033320002Z.tar.zst']);
    expect(latest(on)).toBe('app-20330518T033320002Z.tar.zst');
  });

  it('is made, but not its parent', async () => {
    const on = await stage();
    expect(await on.take({ destination: join(on.to, 'deep') })).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/^cannot make the folder .*: it is not there \(ENOENT\)$/),
    });
  });

  it('may lie in the source, and is left out then', async () => {
    const on = await stage();
    fill(on.source, { a: 10 });
    const destination = join(on.source, 'snapshots');
    await on.take({ destination });
    expect(remarksOf(await on.take({ destination }))).toEqual(['snapshots is where snapshots go']);
  });
});

describe('a snapshot that is smaller than the last good one', () => {
  it('is kept beside it, does not become the latest, and is not restored', async () => {
    const on = await stage();
    fill(on.source, { a: 1000, b: 1000 });
    await on.take({ keep: 1 });
    rmSync(join(on.source, 'a'));
    rmSync(join(on.source, 'b'));
    const end = await on.take({ keep: 1 });
    const [good = '', small = ''] = on.archives();
    expect(end).toMatchObject({
      taken: {
        file: small,
        manifest: { smaller: 'has only 0 files, 0 bytes, and the last good one 2 files, 2.0 KB' },
        removed: [],
      },
    });
    expect(latest(on)).toBe(good);
    expect(await on.restore()).toMatchObject({ restored: { file: good } });
    expect(readdirSync(on.to).toSorted()).toEqual(['a', 'b']);
    for (let count = 0; count < 3; count += 1) await on.take({ keep: 1 });
    expect(on.archives()).toHaveLength(2);
    expect(on.archives()).toContain(good);
    expect(await on.restore({ archive: on.archives()[1] ?? '', overwrite: true })).toMatchObject({ kind: 'restored' });
    expect(readdirSync(on.to)).toEqual([]);
  });

  it('is not kept where that is to fail, nor with too few files', async () => {
    const on = await stage();
    fill(on.source, { a: 1000, b: 1000 });
    await on.take();
    const before = on.files();
    rmSync(join(on.source, 'a'));
    rmSync(join(on.source, 'b'));
    for (const rules of [{ onSmaller: 'fail' }, { minFiles: 1 }, { minBytes: 1 }] as const) {
      expect(await on.take(rules)).toMatchObject({ kind: 'failed', retryable: false });
      expect(on.files()).toEqual(before);
    }
  });

  it('takes its place where that is allowed', async () => {
    const on = await stage();
    fill(on.source, { a: 1000 });
    await on.take({ keep: 1 });
    rmSync(join(on.source, 'a'));
    await on.take({ keep: 1, onSmaller: 'allow' });
    expect(on.archives()).toEqual([latest(on)]);
  });
});

describe('a source', () => {
  it('of several places keeps each in its place below their common folder, once', async () => {
    const on = await stage();
    mkdirSync(join(on.source, 'x', 'deep'), { recursive: true });
    mkdirSync(join(on.source, 'y'));
    fill(on.source, { 'one.rdb': 1, 'two.aof': 2, 'x/deep/file': 3, 'x/other': 4, 'y/ignored': 5, 'y/wanted.rdb': 6 });
    const sources = ['x/deep', '*.rdb', '**/*.rdb', 'x/deep/file', 'x'].map((path) => join(on.source, path));
    await on.take({ sources });
    expect(await on.damages()).toEqual([undefined]);
    await on.restore();
    const names = readdirSync(on.to, { recursive: true, encoding: 'utf8' }).toSorted();
    expect(names).toEqual(['one.rdb', 'x', 'x/deep', 'x/deep/file', 'x/other', 'y', 'y/wanted.rdb']);
  });

  it('that is one file stands at the root', async () => {
    const on = await stage();
    fill(on.source, { 'dump.rdb': 5 });
    await on.take({ sources: [join(on.source, 'dump.rdb')] });
    await on.restore();
    expect(readdirSync(on.to)).toEqual(['dump.rdb']);
  });

  it('that is not there fails the snapshot', async () => {
    const on = await stage();
    expect(await on.take({ sources: [join(on.source, 'missing')] })).toEqual({
      kind: 'failed',
      reason: `source ${join(on.source, 'missing')} is not there`,
      retryable: true,
    });
    expect(on.files()).toEqual([]);
  });

  it('that is looked for in a file fails the snapshot', async () => {
    const on = await stage();
    fill(on.source, { 'dump.rdb': 10 });
    const reason = `source ${join(on.source, 'dump.rdb')} is not a folder`;
    expect(await on.take({ sources: [join(on.source, 'dump.rdb', '*')] })).toMatchObject({ kind: 'failed', reason });
    expect(on.files()).toEqual([]);
  });

  it('is without what is excluded by name or by path', async () => {
    const on = await stage();
    for (const folder of ['cache', 'logs', 'logs/cache', 'lost+found']) mkdirSync(join(on.source, folder));
    fill(on.source, { 'a.tmp': 1, 'cache/x': 2, 'logs/b.tmp': 3, 'logs/b.log': 4, 'logs/cache/y': 5, keep: 6 });
    const end = await on.take({ exclude: ['*.tmp', '/cache', 'logs/**/y'] });
    expect(remarksOf(end)).toEqual(['lost+found belongs to the file system']);
    await on.restore();
    const names = readdirSync(on.to, { recursive: true, encoding: 'utf8' }).toSorted();
    expect(names).toEqual(['keep', 'logs', 'logs/b.log', 'logs/cache']);
  });
});

describe('a file', () => {
  const LARGE = 3_000_000;

  it('that changes while it is read is read once more, and the whole copy is restored', async () => {
    const on = await stage();
    fill(on.source, { large: LARGE });
    const file = join(on.source, 'large');
    const end = await on.take(
      {},
      interrupting(4, () => appendFileSync(file, 'more')),
    );
    expect(remarksOf(end)).toEqual([]);
    expect(end).toMatchObject({ taken: { manifest: { files: 1, bytes: LARGE + 4 } } });
    await on.restore();
    expect(readFileSync(join(on.to, 'large')).equals(readFileSync(file))).toBe(true);
  });

  it.each([
    ['grows', (file: string) => appendFileSync(file, 'more')],
    ['shrinks', (file: string) => truncateSync(file, LARGE / 2)],
    ['is rewritten', (file: string) => writeFileSync(file, Buffer.alloc(LARGE, 'other'))],
  ])('that %s each time it is read is named, and does no harm to the others', async (_what, change) => {
    const on = await stage();
    fill(on.source, { large: LARGE, other: 10 });
    const file = join(on.source, 'large');
    const control: JobControl = {
      ...plainControl,
      throwIfStopped: () => void (existsSync(file) && change(file)),
    };
    const end = await on.take({}, control);
    expect(remarksOf(end)).toEqual(['large changed while it was read']);
    expect(await on.damages()).toEqual([undefined]);
    await on.restore();
    expect(readFileSync(join(on.to, 'other'), 'utf8')).toBe('other'.repeat(2));
    expect(existsSync(join(on.to, 'large'))).toBe(true);
  });

  it('that was written just now is read once more when another write can be told from that', async () => {
    const on = await stage();
    const file = join(on.source, 'fresh');
    writeFileSync(file, 'fresh');
    const { mtimeMs } = statSync(file);
    let ageMs = 5;
    const clock = {
      ...systemClock,
      epochMs: () => mtimeMs + ageMs,
      after(ms: number, wake: () => void) {
        // As long and, as far as the file system tells, at the same time.
        writeFileSync(file, 'later');
        utimesSync(file, mtimeMs / 1000, mtimeMs / 1000);
        ageMs += 100;
        return systemClock.after(ms, wake);
      },
    };
    expect(remarksOf(await on.take({}, { ...plainControl, clock }))).toEqual([]);
    await on.restore();
    expect(readFileSync(join(on.to, 'fresh'), 'utf8')).toBe('later');
  });

  it('that vanishes before it is read is named', async () => {
    const on = await stage();
    fill(on.source, { a: 10, b: 10 });
    const first = interrupting(1, () => {
      for (const name of ['a', 'b']) rmSync(join(on.source, name));
    });
    const end = await on.take({}, first);
    expect(remarksOf(end).filter((remark) => !remark.endsWith(' vanished'))).toEqual([]);
    expect(remarksOf(end).length).toBeGreaterThan(0);
    expect(await on.damages()).toEqual([undefined]);
  });

  it('that vanishes while it is read is in the archive as it was, and named', async () => {
    const on = await stage();
    fill(on.source, { large: LARGE });
    const end = await on.take(
      {},
      interrupting(4, () => rmSync(join(on.source, 'large'))),
    );
    expect(remarksOf(end)).toEqual(['large changed while it was read']);
    expect(end).toMatchObject({ taken: { manifest: { files: 1, bytes: LARGE } } });
  });
});

describe('a snapshot that the disk keeps wrong', () => {
  it('is found when it is read back, and does not count', async () => {
    const on = await stage();
    fill(on.source, { large: 2_500_000 });
    await on.take({ format: 'tar' });
    const before = on.files();
    const throwIfStopped = () => {
      const temporary = on.files().find((file) => file.endsWith('.tmp'));
      if (temporary === undefined) return;
      const fd = openSync(join(on.destination, temporary), 'r+');
      writeSync(fd, 'X', 1_000_000);
      closeSync(fd);
    };
    expect(await on.take({ format: 'tar' }, { ...plainControl, throwIfStopped })).toEqual({
      kind: 'failed',
      reason: 'what was written is damaged: its SHA-256 is another',
      retryable: true,
    });
    expect(on.files()).toEqual(before);
  });
});

describe('a snapshot that is told to stop', () => {
  it('at any moment leaves everything as it was, or is whole', async () => {
    const on = await stage();
    fill(on.source, { a: 10, large: 2_500_000 });
    await on.take();
    const before = on.files();
    let stopped = 0;
    for (let nth = 1; on.archives().length < 2; nth += 1) {
      const end = await on.take(
        { format: 'tar' },
        interrupting(nth, () => {
          throw new Stopped();
        }),
      );
      if (end.kind === 'taken') break;
      stopped += 1;
      expect(end).toEqual({ kind: 'failed', reason: 'was told to stop', retryable: true });
      expect(on.files()).toEqual(before);
    }
    expect(stopped).toBeGreaterThan(8);
    expect(await on.damages()).toEqual([undefined, undefined]);
  });
});

describe('what killed runs have left', () => {
  const temporary = (host: string, pid: number, start: number, job = 1, name = 'app') =>
    `.${name}~${host}~${pid}~${start}~${job}.archive.tmp`;

  it('is removed and told, but nothing of the living, of others, or of young strangers', async () => {
    const on = await stage();
    const dead = temporary(hostname(), 4_000_000, 5);
    const reused = temporary(hostname(), 1, 1);
    const strange = temporary('other-pod', 1, 1);
    const abandoned = temporary('other-pod', 1, 2);
    const ofOther = temporary(hostname(), 4_000_000, 5, 1, 'other');
    const orphan = 'app-20260101T000000000Z.tar.zst.json';
    mkdirSync(on.destination);
    for (const file of [dead, reused, strange, abandoned, ofOther, orphan, 'notes.txt']) {
      writeFileSync(join(on.destination, file), '');
    }
    utimesSync(join(on.destination, abandoned), OLD_S, OLD_S);
    fill(on.source, { a: 1 });
    const first = await on.take();
    expect(first).toMatchObject({ taken: { debris: expect.arrayContaining([dead, reused, abandoned]) } });
    expect(on.files()).toEqual(expect.arrayContaining([strange, ofOther, 'notes.txt', orphan]));
    // While somebody writes, side files without an archive may be theirs.
    rmSync(join(on.destination, strange));
    expect(await on.take()).toMatchObject({ taken: { debris: [orphan] } });
  });
});

describe('a rate limit', () => {
  it('holds, by the clock, and ends soon when the snapshot is told to stop', async () => {
    const on = await stage();
    fill(on.source, { large: 8_000_000 });
    let nowMs = 0;
    const clock = {
      ...systemClock,
      monotonicMs: () => nowMs,
      after(ms: number, wake: () => void) {
        nowMs += ms;
        queueMicrotask(wake);
        return () => {};
      },
    };
    await on.take({ limitBytesPerS: 1_000_000 }, { ...plainControl, clock });
    expect(nowMs).toBeGreaterThanOrEqual(8000);
    expect(nowMs).toBeLessThan(8500);
    const throwIfStopped = () => {
      if (nowMs > 10_000) throw new Stopped();
    };
    expect(await on.take({ limitBytesPerS: 1000 }, { ...plainControl, clock, throwIfStopped })).toMatchObject({
      reason: 'was told to stop',
    });
    expect(nowMs).toBeLessThan(10_200);
  });
});
