import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { journal } from '../../src/cli/journal.ts';
import { encodeJournal, type JournalData } from '../../src/journal/codec.ts';
import type { RunRecord } from '../../src/journal/entry.ts';
import { anyJournal } from '../journal/arbitrary.ts';
import { endedRun, endedTask, runningRun } from '../journal/records.ts';
import { temporaryFolder } from '../journal/temporary-folder.ts';

const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const journalOf = (...runs: RunRecord[]): JournalData => ({ version: 1, pod: { uid: '5f1c' }, nextSequence: 99, runs });

async function print(
  dir: string,
  options: { json?: boolean; colour?: boolean; nowMs?: number; columns?: number } = {},
) {
  let text = '';
  const code = await journal({
    dir,
    json: options.json ?? false,
    colour: options.colour ?? false,
    columns: options.columns ?? Infinity,
    write: (part) => {
      text += part;
    },
    now: () => options.nowMs ?? AT_MS + 60_000,
  });
  return { code, text, lines: text.split('\n') };
}

async function printed(data: JournalData, options: Parameters<typeof print>[1] = {}) {
  await using dir = await temporaryFolder();
  await writeFile(join(dir.path, 'journal.json'), encodeJournal(data));
  const { code, text } = await print(dir.path, options);
  expect(code).toBe(0);
  return text.replaceAll(dir.path, '/journal');
}

const drained = endedRun(1, {
  deliveries: 2,
  outcome: 'failed',
  durationMs: 12_000,
  reason: 'task save failed after 6 s (3 attempts)',
  tasks: [
    endedTask({ name: 'drain', durationMs: 6000, output: '' }),
    endedTask({
      name: 'save',
      outcome: 'failed',
      attempts: 3,
      startedAtMs: AT_MS + 6000,
      durationMs: 6000,
      reason: 'exited 3',
      output: 'first line\nlast line\n',
    }),
    endedTask({
      name: 'flush-metrics',
      outcome: 'skipped',
      attempts: 0,
      reason: 'no time is left',
      durationMs: 0,
      output: '',
    }),
  ],
});

describe('hookkeeper journal', () => {
  it('prints each run on a line, and below it its tasks with a bar, attempts, reason and output', async () => {
    const running = runningRun(22, {
      hook: 'postStart',
      firstDeliveryAtMs: AT_MS + 58_000,
      tasks: [
        { state: 'running', name: 'warm', attempts: 1, startedAtMs: AT_MS + 58_000 },
        { state: 'pending', name: 'register' },
      ],
    });
    expect((await printed(journalOf(drained, running))).split('\n')).toEqual([
      '/journal/journal.json: 2 runs of pod 5f1c',
      '',
      '2026-01-02 03:04:05.000Z  preStop    app  life-1   failed   12 s  2 deliveries  run run-1',
      '  task save failed after 6 s (3 attempts)',
      '  drain          succeeded  6 s  ████████████············  1 attempt',
      '  save           failed     6 s  ············████████████  3 attempts  exited 3',
      '      | first line',
      '      | last line',
      '  flush-metrics  skipped         ························  0 attempts  no time is left',
      '',
      '2026-01-02 03:05:03.000Z  postStart  app  life-22  running  2 s   1 delivery    run run-22',
      '  warm      running  2 s  ████████████████████████  1 attempt',
      '  register  pending       ························  0 attempts',
      '',
    ]);
  });

  it('says why a container was stopped, and how that was taken back, without a bar', async () => {
    const undone = endedTask({ name: 'flush/undo', startedAtMs: AT_MS + 90_000, output: 'undone' });
    const run = endedRun(1, {
      stop: { reason: 'restart', source: 'comeback', why: 'the container came back' },
      undo: { why: 'the container came back', tasks: [undone, { state: 'pending', name: 'drain/undo' }] },
    });
    const lines = (await printed(journalOf(run))).split('\n').slice(3);
    expect(lines).toEqual([
      '  stop: restart, the container came back',
      `  flush       succeeded  1.5 s  ${'█'.repeat(24)}  1 attempt`,
      '      | flushed',
      `  flush/undo  succeeded         ${'·'.repeat(24)}  1 attempt`,
      '      | undone',
      `  drain/undo  pending           ${'·'.repeat(24)}  0 attempts`,
      '',
    ]);
  });

  it('tells an undo that goes on from one that nobody executes any more', async () => {
    const tasks = [{ state: 'running', name: 'flush/undo', attempts: 1, startedAtMs: AT_MS + 90_000 }] as const;
    for (const [instance, state] of [
      ['k3f9x2', 'running'],
      [undefined, 'interrupted'],
    ]) {
      const undo = { why: 'the container came back', tasks, ...(instance !== undefined && { instance }) };
      expect(await printed(journalOf(endedRun(1, { undo })))).toContain(`  flush/undo  ${state} `);
    }
  });

  it('does not guess how long an interrupted run took', async () => {
    const { instance: _, ...facts } = runningRun(1);
    const text = await printed(journalOf({ ...facts, state: 'interrupted' }));
    expect(text).toContain(
      'life-1  interrupted    1 delivery  run run-1\n  flush  interrupted    ························  1 attempt',
    );
  });

  it('colours what a task or run became, and only that, where it may', async () => {
    const coloured = await printed(journalOf(drained), { colour: true });
    expect(coloured).toContain('\x1b[31mfailed\x1b[39m');
    expect(coloured).toContain('\x1b[32msucceeded\x1b[39m');
    expect(stripVTControlCharacters(coloured)).toBe(await printed(journalOf(drained)));
  });

  it('prints more tasks than a call takes arguments', async () => {
    const tasks = Array.from({ length: 200_000 }, () => ({ state: 'pending', name: '' }) as const);
    expect((await printed(journalOf(endedRun(1, { tasks })))).split('\n')).toHaveLength(tasks.length + 4);
  });

  it('prints an empty journal as one', async () => {
    expect(await printed({ ...journalOf(), pod: null })).toBe('/journal/journal.json: 0 runs\n');
  });

  it('prints JSON that decodes to the journal', async () => {
    await fc.assert(
      fc.asyncProperty(anyJournal, async (data) => {
        expect(JSON.parse(await printed(data, { json: true }))).toEqual(data);
      }),
      { numRuns: 30 },
    );
  });
});

describe('on a terminal, hookkeeper journal', () => {
  const saved = endedRun(1, {
    outcome: 'failed',
    durationMs: 12_000,
    reason: 'task save-the-state-of-the-application failed after 6 s (3 attempts)',
    stop: { reason: 'restart', source: 'comeback', why: 'the container came back with another container ID' },
    tasks: [
      endedTask({ name: 'drain', durationMs: 6000, output: '' }),
      endedTask({
        name: 'save-the-state-of-the-application',
        outcome: 'failed',
        attempts: 3,
        startedAtMs: AT_MS + 6000,
        durationMs: 6000,
        reason: 'exited 3 as the volume of the snapshots is full, and was tried again in vain',
        output: `${'x'.repeat(130)}\n`,
      }),
    ],
  });
  const on = async (columns: number) => (await printed(journalOf(saved), { columns })).split('\n');

  it('of 120 columns shows all of a task in its line but a long reason', async () => {
    expect(await on(120)).toEqual([
      '/journal/journal.json: 1 run of pod 5f1c',
      '',
      '2026-01-02 03:04:05.000Z  preStop  app  life-1  failed  12 s  1 delivery  run run-1',
      '  task save-the-state-of-the-application failed after 6 s (3 attempts)',
      '  stop: restart, the container came back with another container ID',
      '  drain                              succeeded  6 s  ████████████············  1 attempt',
      '  save-the-state-of-the-application  failed     6 s  ············████████████  3 attempts',
      '      exited 3 as the volume of the snapshots is full, and was tried again in vain',
      `      | ${'x'.repeat(112)}`,
      `      | ${'x'.repeat(18)}`,
      '',
    ]);
  });

  it('of 80 columns leaves the bar out first, and tells what became of a run below which it is', async () => {
    expect((await on(80)).slice(2, 10)).toEqual([
      '2026-01-02 03:04:05.000Z  preStop  app  life-1',
      '  failed  12 s  1 delivery  run run-1',
      '  task save-the-state-of-the-application failed after 6 s (3 attempts)',
      '  stop: restart, the container came back with another container ID',
      '  drain                              succeeded  6 s  1 attempt',
      '  save-the-state-of-the-application  failed     6 s  3 attempts',
      '      exited 3 as the volume of the snapshots is full, and was tried again in',
      '      vain',
    ]);
  });

  it('of 60 columns tells several attempts with the reason', async () => {
    expect((await on(60)).slice(7, 12)).toEqual([
      '  stop: restart, the container came back with another',
      '    container ID',
      '  drain                              succeeded  6 s',
      '  save-the-state-of-the-application  failed     6 s',
      '      3 attempts, exited 3 as the volume of the snapshots is',
    ]);
  });

  it('of 40 columns cuts names, and nothing else', async () => {
    expect((await on(40)).slice(3, 15)).toEqual([
      '2026-01-02 03:04:05.000Z  preStop  app',
      '  life-1',
      '  failed  12 s  1 delivery  run run-1',
      '  task save-the-state-of-the-application',
      '    failed after 6 s (3 attempts)',
      '  stop: restart, the container came back',
      '    with another container ID',
      '  drain                   succeeded  6 s',
      '  save-the-state-of-the…  failed     6 s',
      '      3 attempts, exited 3 as the volume',
      '      of the snapshots is full, and was',
      '      tried again in vain',
    ]);
  });

  it.each([60, 80, 120])('of %i columns has no longer line, whatever the journal holds', async (columns) => {
    await fc.assert(
      fc.asyncProperty(anyJournal, async (data) => {
        const lines = (await printed(data, { columns })).split('\n');
        expect(lines.filter((line) => line.length > columns)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('of 40 columns has no longer line about a run, whatever the journal holds', async () => {
    await fc.assert(
      fc.asyncProperty(anyJournal, async (data) => {
        const runs = data.runs.map((run) => ({ ...run, tasks: [], undo: undefined }));
        const lines = (await printed({ ...data, runs }, { columns: 40 })).split('\n');
        expect(lines.filter((line) => line.length > 40)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('gives a sentence that fits where there is no journal', async () => {
    const { lines } = await print('/nowhere', { columns: 40 });
    expect(lines.slice(0, 2)).toEqual(['There is no journal', '  /nowhere/journal.json: no service has']);
  });
});

describe('what a task printed', () => {
  const nasty = '\x1b[2J\x1b]0;pwned\x07\r\u009b31m\u202e\u2028\x00\tend';

  it('cannot command the terminal of who reads it, wherever it stands', async () => {
    const task = endedTask({ name: nasty, reason: nasty, output: `${nasty}\n${nasty}` });
    const about = {
      container: nasty,
      id: nasty,
      reason: nasty,
      incarnation: { id: nasty, evidence: 'sequence', why: nasty },
    } as const;
    const text = await printed({ ...journalOf(endedRun(1, { ...about, tasks: [task] })), pod: { uid: nasty } });
    const seen = '\\x1b[2J\\x1b]0;pwned\\x07\\r\\x9b31m\\u202e\\u2028\\x00\\tend';
    expect(text.split(seen)).toHaveLength(10);
    expect(text).toContain(`      | ${seen}\n      | ${seen}\n`);
  });

  it('never holds a character that a terminal obeys, in no form of the journal', async () => {
    await fc.assert(
      fc.asyncProperty(anyJournal, fc.boolean(), async (data, json) => {
        expect(await printed(data, { json })).not.toMatch(
          /[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Cs}/u,
        );
      }),
      { numRuns: 100 },
    );
  });

  it('passes for nothing but output: no line of it is at the margin', async () => {
    const text = await printed(
      journalOf(endedRun(1, { tasks: [endedTask({ output: 'one\r\n2026-01-02 forged\n\nend' })] })),
    );
    const output = text.split('\n').slice(4, -1);
    expect(output).toEqual(['      | one', '      | 2026-01-02 forged', '      | ', '      | end']);
  });
});

describe('a journal that cannot be printed', () => {
  it.each([
    [
      'missing',
      undefined,
      'There is no journal PATH: no service has written one here, or it is kept in memory, which hookkeeper status tells; name another folder with --journal\n',
    ],
    [
      'torn',
      '{"version":1,',
      'Cannot read the journal PATH: it is not JSON; the service moves it aside when it starts, and begins a new one\n',
    ],
    [
      'foreign',
      '{"version":1,"pod":null,"nextSequence":"\\u001b[2J","runs":[]}',
      'Cannot read the journal PATH: nextSequence must be of type number; the service moves it aside when it starts, and begins a new one\n',
    ],
    [
      'newer',
      '{"version":2}',
      'Cannot read the journal PATH: it has version 2, and this program knows up to 1; print it with the hookkeeper that wrote it\n',
    ],
  ])('because it is %s gives a sentence and exit code 1', async (_, text, sentence) => {
    await using dir = await temporaryFolder();
    const path = join(dir.path, 'journal.json');
    if (text !== undefined) await writeFile(path, text);
    for (const json of [false, true]) {
      expect(await print(dir.path, { json })).toMatchObject({ code: 1, text: sentence.replace('PATH', path) });
    }
  });

  it('because its folder is none gives the reason of the system', async () => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, 'file'), '');
    const { code, text } = await print(join(dir.path, 'file'));
    expect(code).toBe(1);
    expect(text).toContain('ENOTDIR');
    expect(text).toContain('check the folder');
  });
});

describe('printing', () => {
  it.each(['', 'torn', '{"version":9}', encodeJournal(journalOf(drained)).toString()])(
    'changes nothing, whatever is there: %.20s',
    async (text) => {
      await using dir = await temporaryFolder();
      const folder = join(dir.path, 'journal');
      await mkdir(folder);
      const path = join(folder, 'journal.json');
      await writeFile(path, text);
      await chmod(path, 0o444);
      await chmod(folder, 0o555);
      const before = await stat(path);
      await print(folder);
      expect(await readdir(folder)).toEqual(['journal.json']);
      expect(await readFile(path, 'utf8')).toBe(text);
      expect(await stat(path)).toMatchObject({ mtimeMs: before.mtimeMs, ctimeMs: before.ctimeMs, ino: before.ino });
      await chmod(folder, 0o755);
    },
  );
});
