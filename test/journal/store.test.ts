import * as nodeFs from 'node:fs/promises';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeJournal, parseJournal } from '../../src/journal/codec.ts';
import type { TaskRecord } from '../../src/journal/entry.ts';
import type { JournalEvent } from '../../src/journal/event.ts';
import { type JournalOptions, openJournal } from '../../src/journal/store.ts';
import { type ManualClock, manualClock } from '../helpers/manual-clock.ts';
import { within } from '../helpers/within.ts';
import { disk, type Operation, systemError } from './disks.ts';
import { endedRun, runningRun } from './records.ts';
import { temporaryFolder } from './temporary-folder.ts';

async function open(dir: string, options: Partial<JournalOptions> & { clock?: ManualClock } = {}) {
  const events: JournalEvent[] = [];
  const clock = options.clock ?? manualClock();
  const onEvent = (event: JournalEvent) => void events.push(event);
  const journal = await openJournal({ dir, instance: 'second', podUid: undefined, onEvent, ...options, clock });
  const of = (type: JournalEvent['type']) => events.filter((event) => event.type === type);
  return { journal, clock, events, of };
}

const pathIn = (dir: string) => join(dir, 'journal.json');
const DURABLE = { state: 'durable' };

async function onDisk(dir: string) {
  const decoded = parseJournal(await readFile(pathIn(dir), 'utf8'));
  return decoded.kind === 'journal' ? decoded.data : decoded;
}

describe('a journal', () => {
  it('is there with nothing in it where there was none, and on the disk at once', async () => {
    await using dir = await temporaryFolder();
    const path = join(dir.path, 'not', 'there');
    const { journal, events } = await open(path, { podUid: 'pod-a' });
    expect(journal.all()).toEqual([]);
    expect(journal.nextSequence()).toBe(1);
    expect(journal.durability()).toEqual(DURABLE);
    expect(events.map(({ type }) => type)).toEqual(['written', 'opened']);
    expect(await onDisk(path)).toEqual({ version: 1, pod: { uid: 'pod-a' }, nextSequence: 1, runs: [] });
  });

  it('shows what was put at once, and has it on the disk after a commit', async () => {
    await using dir = await temporaryFolder();
    const { journal, of } = await open(dir.path);
    journal.put(runningRun(1, { container: 'proxy' }));
    journal.put(runningRun(2));
    journal.put(endedRun(2));
    expect(journal.runsOf('app')).toEqual([endedRun(2)]);
    expect(journal.all().map(({ id }) => id)).toEqual(['run-1', 'run-2']);
    expect(journal.nextSequence()).toBe(3);
    expect(await onDisk(dir.path)).toMatchObject({ runs: [] });
    expect(await journal.commit()).toEqual(DURABLE);
    expect(await onDisk(dir.path)).toMatchObject({ nextSequence: 3, runs: journal.all() });
    const { size } = await nodeFs.stat(pathIn(dir.path));
    expect(of('written').at(-1)).toMatchObject({ bytes: size });
  });

  it('tells how long each write took', async () => {
    await using dir = await temporaryFolder();
    const clock = manualClock();
    clock.advance(1000);
    const fs = disk(async (operation) => {
      if (operation === 'datasync') clock.advance(7);
    });
    const { of } = await open(dir.path, { fs, clock });
    expect(of('written')).toMatchObject([{ durationMs: 7 }]);
  });

  it('keeps runs in the order of their sequence, in whatever order they are put', async () => {
    await using dir = await temporaryFolder();
    const { journal } = await open(dir.path);
    for (const sequence of [3, 1, 2, 1]) journal.put(endedRun(sequence));
    expect(journal.all().map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(journal.nextSequence()).toBe(4);
  });

  it('never gives a sequence twice, also when its run was dropped', async () => {
    await using dir = await temporaryFolder();
    const { journal } = await open(dir.path);
    for (let sequence = 1; sequence <= 30; sequence += 1) journal.put(endedRun(sequence));
    await journal.close();
    const again = await open(dir.path);
    expect(again.journal.all()).toHaveLength(20);
    expect(again.journal.nextSequence()).toBe(31);
  });

  it('takes a record that was made from one of another state', async () => {
    await using dir = await temporaryFolder();
    const { journal } = await open(dir.path);
    journal.put({ ...runningRun(1), ...endedRun(1) });
    await journal.commit();
    expect(await onDisk(dir.path)).toMatchObject({ runs: [endedRun(1)] });
  });

  it('has everything on the disk once it is closed', async () => {
    await using dir = await temporaryFolder();
    const { journal } = await open(dir.path);
    journal.put(endedRun(1));
    await journal.close();
    expect(await onDisk(dir.path)).toMatchObject({ runs: [endedRun(1)] });
  });

  it('is there after a restart, and claims of the process before are interrupted, its tasks as they were', async () => {
    await using dir = await temporaryFolder();
    const first = await open(dir.path, { instance: 'first' });
    const claim = runningRun(2, { instance: 'first' });
    first.journal.put(endedRun(1));
    first.journal.put(claim);
    await first.journal.commit();

    const { journal, events } = await open(dir.path, { instance: 'second' });
    const { instance: _, ...facts } = claim;
    expect(journal.all()).toEqual([endedRun(1), { ...facts, state: 'interrupted' }]);
    expect(journal.all()[1]?.tasks).toEqual([expect.objectContaining({ state: 'running', attempts: 1 })]);
    expect(events.at(-1)).toEqual({ type: 'opened', path: pathIn(dir.path), runs: 2, interrupted: 1 });
    expect(await onDisk(dir.path)).toMatchObject({ runs: [{ state: 'ended' }, { state: 'interrupted' }] });
  });
});

describe('a claim', () => {
  it('of this very process stays one, when it opens its journal again', async () => {
    await using dir = await temporaryFolder();
    const first = await open(dir.path, { instance: 'same' });
    first.journal.put(runningRun(1, { instance: 'same' }));
    await first.journal.close();
    const { journal, of } = await open(dir.path, { instance: 'same' });
    expect(journal.all()).toMatchObject([{ state: 'running', instance: 'same' }]);
    expect(of('opened')).toMatchObject([{ runs: 1, interrupted: 0 }]);
  });

  it('of a stop that is taken back ends with its process, too', async () => {
    await using dir = await temporaryFolder();
    const first = await open(dir.path, { instance: 'first' });
    const tasks: TaskRecord[] = [{ state: 'running', name: 'flush/undo', attempts: 1, startedAtMs: 0 }];
    const undo = { why: 'the container came back', tasks };
    first.journal.put(endedRun(1, { undo: { ...undo, instance: 'first' } }));
    await first.journal.close();
    expect((await open(dir.path, { instance: 'first' })).journal.all()[0]?.undo?.instance).toBe('first');
    expect((await open(dir.path, { instance: 'second' })).journal.all()[0]?.undo).toEqual(undo);
  });
});

describe('the journal of a folder that another process uses', () => {
  it('is in memory alone, says so, and touches nothing', async () => {
    await using dir = await temporaryFolder();
    await writeFile(pathIn(dir.path), 'not ours to read');
    const untouchable = 'another process uses the folder';
    const { journal, events } = await open(dir.path, { untouchable });
    expect(journal.durability()).toMatchObject({ state: 'degraded', reason: untouchable });
    journal.put(endedRun(1));
    expect(await journal.commit()).toMatchObject({ state: 'degraded', reason: untouchable });
    expect(journal.all()).toEqual([endedRun(1)]);
    expect(events.map(({ type }) => type)).toEqual(['writeFailed', 'degraded', 'opened', 'writeFailed']);
    expect(await readFile(pathIn(dir.path), 'utf8')).toBe('not ours to read');
    expect(await readdir(dir.path)).toEqual(['journal.json']);
  });
});

describe('a file that is no journal of ours', () => {
  const AT = '2026-01-01T00-00-00-000Z';
  const whole = encodeJournal({ version: 1, pod: null, nextSequence: 2, runs: [endedRun(1)] }).toString();

  it.each([
    ['is empty', '', 'unreadable', 'it is empty'],
    ['is torn', whole.slice(0, 200), 'unreadable', 'it is not JSON'],
    ['has a torn character', Buffer.from(whole).fill(0xff, 100, 101), 'unreadable', 'it is not UTF-8'],
    ['is foreign', '{"name":"app"}', 'unreadable', 'version must be 1'],
    ['is too large', ' '.repeat(8 * 1024 * 1024 + 1), 'unreadable', 'it is larger than 8388608 bytes: 8388609 bytes'],
    ['is newer', '{"version":7}', 'newer', 'it has version 7, and this program knows up to 1'],
  ])('because it %s, is moved aside, and a new one is begun', async (_, text, kind, why) => {
    await using dir = await temporaryFolder();
    await writeFile(pathIn(dir.path), text);
    const { journal, of } = await open(dir.path);
    const to = `${pathIn(dir.path)}.${kind}-${AT}`;
    expect(of('movedAside')).toEqual([{ type: 'movedAside', from: pathIn(dir.path), to, why }]);
    expect((await readFile(to)).equals(Buffer.from(text))).toBe(true);
    expect(journal.durability()).toEqual(DURABLE);
    journal.put(endedRun(1));
    await journal.commit();
    expect(await onDisk(dir.path)).toMatchObject({ runs: [endedRun(1)] });
  });

  it('because it is a folder, is moved aside too', async () => {
    await using dir = await temporaryFolder();
    await mkdir(pathIn(dir.path));
    const { journal, of } = await open(dir.path);
    expect(of('movedAside')).toMatchObject([{ why: 'it is not a regular file' }]);
    expect(journal.durability()).toEqual(DURABLE);
  });

  it('does not hide another that was moved in the same moment', async () => {
    await using dir = await temporaryFolder();
    for (const text of ['one', 'two']) {
      await writeFile(pathIn(dir.path), text);
      await open(dir.path);
    }
    const names = (await readdir(dir.path)).toSorted();
    expect(names).toEqual(['journal.json', `journal.json.unreadable-${AT}`, `journal.json.unreadable-${AT}-2`]);
  });

  it('is one of at most five that are kept: the oldest is removed, and that is said', async () => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, 'journal.json.bak'), 'of the user');
    const clock = manualClock();
    const moved: string[] = [];
    for (let n = 1; n <= 7; n += 1) {
      await writeFile(pathIn(dir.path), `broken ${n}`);
      const { of } = await open(dir.path, { clock });
      for (const event of of('movedAside')) moved.push(event.type === 'movedAside' ? event.to : '');
      expect(of('removed')).toEqual(n <= 5 ? [] : [{ type: 'removed', path: moved[n - 6] }]);
      clock.advance(1000);
    }
    const texts = await Promise.all(moved.slice(2).map((file) => readFile(file, 'utf8')));
    expect(texts).toEqual([3, 4, 5, 6, 7].map((n) => `broken ${n}`));
    expect(await readdir(dir.path)).toHaveLength(7);
  });
});

describe('the journal of another pod', () => {
  it('is archived under its UID, and its runs are not ours', async () => {
    await using dir = await temporaryFolder();
    const first = await open(dir.path, { podUid: 'pod-a' });
    first.journal.put(endedRun(7));
    await first.journal.close();
    const { journal, of } = await open(dir.path, { podUid: 'pod-b' });
    const to = `${pathIn(dir.path)}.pod-pod-a`;
    const why = 'it is the journal of another pod, pod-a';
    expect(of('movedAside')).toEqual([{ type: 'movedAside', from: pathIn(dir.path), to, why }]);
    expect(journal.all()).toEqual([]);
    expect(await readFile(to, 'utf8')).toContain('run-7');
  });

  it('cannot name a file outside the folder', async () => {
    await using dir = await temporaryFolder();
    const { journal } = await open(dir.path, { podUid: `../../etc/${'x'.repeat(400)}` });
    await journal.close();
    const { of } = await open(dir.path, { podUid: 'pod-b' });
    expect(of('movedAside')).toMatchObject([{ to: `${pathIn(dir.path)}.pod-______etc_${'x'.repeat(54)}` }]);
  });

  it.each([
    ['is not known to this process', 'pod-a', undefined, 'pod-a'],
    ['was not known to the last process', undefined, 'pod-b', 'pod-b'],
    ['is the same', 'pod-a', 'pod-a', 'pod-a'],
  ])('is not assumed where the pod %s', async (_, before, after, kept) => {
    await using dir = await temporaryFolder();
    const first = await open(dir.path, { podUid: before });
    first.journal.put(endedRun(1));
    await first.journal.close();
    const { journal } = await open(dir.path, { podUid: after });
    expect(journal.all()).toEqual([endedRun(1)]);
    expect(await onDisk(dir.path)).toMatchObject({ pod: { uid: kept } });
  });
});

describe('a disk that fails', () => {
  /** A disk on which some operations fail, for as long as they stand in the map. */
  function failing(...failures: [Operation, string][]) {
    const codes = new Map(failures);
    const fs = disk(async (operation) => {
      const code = codes.get(operation);
      if (code !== undefined) throw systemError(code);
    });
    return { fs, codes };
  }

  it.each<[Operation, string]>([
    ['writeFile', 'ENOSPC'],
    ['open', 'EROFS'],
    ['open', 'EACCES'],
    ['datasync', 'EIO'],
    ['rename', 'EIO'],
  ])(
    'at %s with %s stops nothing: memory serves, and the disk has all of it once it works',
    async (operation, code) => {
      await using dir = await temporaryFolder();
      const { fs, codes } = failing();
      const { journal, clock, of } = await open(dir.path, { fs });
      codes.set(operation, code);
      clock.advance(5000);
      const reason = `cannot write ${pathIn(dir.path)}: ${code}: a test says so`;
      const degraded = { state: 'degraded', reason, sinceMs: clock.epochMs() };
      journal.put(runningRun(1));
      expect(await journal.commit()).toEqual(degraded);
      journal.put(endedRun(1));
      expect(await journal.commit()).toEqual(degraded);
      expect(journal.all()).toEqual([endedRun(1)]);
      expect(of('degraded')).toEqual([{ type: 'degraded', reason }]);
      codes.clear();
      expect(await journal.commit()).toEqual(DURABLE);
      expect(of('recovered')).toHaveLength(1);
      expect(await onDisk(dir.path)).toMatchObject({ runs: [endedRun(1)] });
    },
  );

  it.each([
    ['below a regular file', async (dir: string) => join(dir, 'file', 'journal'), 'ENOTDIR'],
    ['where no folder can be made', async () => '/proc/hookkeeper', 'ENOENT'],
    ['on a read-only file system', async () => '/sys/kernel/hookkeeper', 'E'],
  ])('%s, is told from the start, and the journal works from memory', async (_, path, code) => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, 'file'), '');
    const { journal, of } = await open(await path(dir.path));
    expect(journal.durability()).toMatchObject({ state: 'degraded', reason: expect.stringContaining(code) });
    journal.put(endedRun(1));
    expect(await journal.commit()).toMatchObject({ state: 'degraded' });
    expect(journal.all()).toEqual([endedRun(1)]);
    expect(of('degraded')).toHaveLength(1);
    await journal.close();
  });

  it('and can move nothing aside never has it overwritten, and tries again', async () => {
    await using dir = await temporaryFolder();
    await writeFile(pathIn(dir.path), 'a treasure');
    const { fs, codes } = failing(['rename', 'EACCES']);
    const { journal, of } = await open(dir.path, { fs });
    const reason = `cannot use ${pathIn(dir.path)} (it is not JSON) and cannot move it aside: EACCES: a test says so`;
    expect(journal.durability()).toMatchObject({ state: 'degraded', reason });
    journal.put(endedRun(1));
    await journal.commit();
    expect(await readFile(pathIn(dir.path), 'utf8')).toBe('a treasure');
    codes.clear();
    expect(await journal.commit()).toEqual(DURABLE);
    expect(of('movedAside')).toHaveLength(1);
    expect(await onDisk(dir.path)).toMatchObject({ runs: [endedRun(1)] });
    expect(await readFile(`${pathIn(dir.path)}.unreadable-2026-01-01T00-00-00-000Z`, 'utf8')).toBe('a treasure');
  });

  it('when a journal is read has that moved aside, not overwritten', async () => {
    await using dir = await temporaryFolder();
    const text = encodeJournal({ version: 1, pod: null, nextSequence: 2, runs: [endedRun(1)] });
    await writeFile(pathIn(dir.path), text);
    const { journal, of } = await open(dir.path, failing(['readFile', 'EIO']));
    expect(journal.all()).toEqual([]);
    expect(of('movedAside')).toMatchObject([{ why: 'EIO: a test says so' }]);
  });

  it('and cannot remove old files moved aside is usable all the same', async () => {
    await using dir = await temporaryFolder();
    for (let n = 1; n <= 6; n += 1) await writeFile(`${pathIn(dir.path)}.unreadable-${n}`, '');
    await writeFile(pathIn(dir.path), 'broken');
    const { journal } = await open(dir.path, failing(['rm', 'EACCES'], ['lstat', 'EACCES']));
    expect(journal.durability()).toEqual(DURABLE);
  });

  it('is not written what is longer than its limit, and that is said', async () => {
    await using dir = await temporaryFolder();
    const { journal } = await open(dir.path);
    journal.put(runningRun(1, { container: 'x'.repeat(2 * 1024 * 1024) }));
    const reason = `cannot write ${pathIn(dir.path)}: what must be kept is over 1048576 bytes`;
    expect(await journal.commit()).toMatchObject({ state: 'degraded', reason });
    expect((await nodeFs.stat(pathIn(dir.path))).size).toBeLessThan(1000);
  });
});

describe('a disk that hangs', () => {
  /** A disk that hangs at an operation from when it's told to until it's released. */
  function hanging() {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    let at: Operation | undefined;
    const asked: Operation[] = [];
    const fs = disk(async (operation) => {
      asked.push(operation);
      if (operation !== at) return;
      reached.resolve();
      await released.promise;
    });
    const hangAt = (operation: Operation) => {
      at = operation;
    };
    return {
      fs,
      asked,
      hangAt,
      reached: within('the disk to hang', reached.promise),
      release: () => released.resolve(),
    };
  }

  it('during a write holds a commit up for 2 s at most, later ones not at all, and has everything when it comes back', async () => {
    await using dir = await temporaryFolder();
    const { fs, hangAt, reached, release } = hanging();
    const { journal, clock, of, events } = await open(dir.path, { fs });
    hangAt('datasync');
    journal.put(runningRun(1));
    const claimed = journal.commit();
    await reached;
    clock.advance(1999);
    expect(journal.durability()).toEqual(DURABLE);
    clock.advance(1);
    const reason = `cannot write ${pathIn(dir.path)}: the disk did not answer within 2000 ms`;
    expect(await claimed).toEqual({ state: 'degraded', reason, sinceMs: clock.epochMs() });
    journal.put(endedRun(1));
    expect(await journal.commit()).toMatchObject({ state: 'degraded' });
    const closed = journal.close();
    clock.advance(2000);
    await within('the close', closed);

    release();
    await within(
      'the recovery',
      until(() => of('recovered').length === 1),
    );
    expect(await onDisk(dir.path)).toMatchObject({ runs: [endedRun(1)] });
    expect(events.filter(({ type }) => type !== 'written').map(({ type }) => type)).toEqual([
      'opened',
      'writeFailed',
      'degraded',
      'recovered',
    ]);
  });

  it('at the start holds it up for twice the time of a write, and then keeps what could not be read', async () => {
    await using dir = await temporaryFolder();
    await writeFile(pathIn(dir.path), encodeJournal({ version: 1, pod: null, nextSequence: 9, runs: [endedRun(8)] }));
    const { fs, asked, hangAt, reached, release } = hanging();
    hangAt('readFile');
    const clock = manualClock();
    const opening = open(dir.path, { fs, clock, writeTimeoutMs: 100 });
    await reached;
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(100);
    const { journal, of } = await within('the journal', opening);
    expect(journal.durability()).toMatchObject({ state: 'degraded' });
    journal.put(endedRun(1));
    await journal.commit();
    expect(asked).toEqual(['open', 'stat', 'readFile']);

    release();
    await within(
      'the recovery',
      until(() => of('recovered').length === 1),
    );
    expect(of('movedAside')).toMatchObject([{ why: 'it was not read within 100 ms' }]);
    expect(await onDisk(dir.path)).toMatchObject({ runs: [endedRun(1)] });
    const aside = (await readdir(dir.path)).find((name) => name.includes('unreadable'));
    expect(await readFile(join(dir.path, aside ?? ''), 'utf8')).toContain('run-8');
  });

  it.each([
    ['while it is opened', true],
    ['after it was opened, and nothing was begun without it', false],
  ])('at the start and gives what it has %s loses none of it', async (_, soon) => {
    await using dir = await temporaryFolder();
    const runs = [endedRun(8), runningRun(9, { instance: 'first' })];
    await writeFile(pathIn(dir.path), encodeJournal({ version: 1, pod: null, nextSequence: 12, runs }));
    const { fs, hangAt, reached, release } = hanging();
    hangAt('readFile');
    const clock = manualClock();
    const opening = open(dir.path, { fs, clock, writeTimeoutMs: 100 });
    await reached;
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
    if (soon) release();
    else clock.advance(100);
    const { journal, of } = await within('the journal', opening);
    release();
    await within(
      'the runs',
      until(() => journal.all().length === 2),
    );
    expect(await journal.commit()).toBeDefined();
    expect(journal.all()).toMatchObject([{ id: 'run-8' }, { id: 'run-9', state: 'interrupted' }]);
    expect(journal.nextSequence()).toBe(12);
    expect(of('opened').at(-1)).toMatchObject({ runs: 2, interrupted: 1 });
    expect(of('movedAside')).toEqual([]);
    await within(
      'the disk',
      until(() => of('written').length > 0),
    );
    expect(await onDisk(dir.path)).toMatchObject({ nextSequence: 12, runs: [{}, { state: 'interrupted' }] });
    expect(await readdir(dir.path)).toEqual(['journal.json']);
  });

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve));
  }
});

describe('a folder that goes away', () => {
  it('is made again by the next commit', async () => {
    await using dir = await temporaryFolder();
    const path = join(dir.path, 'journal');
    const { journal } = await open(path);
    await rm(path, { recursive: true });
    journal.put(endedRun(1));
    expect(await journal.commit()).toEqual(DURABLE);
    expect(await onDisk(path)).toMatchObject({ runs: [endedRun(1)] });
  });
});
