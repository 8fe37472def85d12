import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boundJournal,
  DROPPED_OUTPUT,
  JOURNAL_BYTES,
  OUTPUT_CHARACTERS,
  RUNS_PER_HOOK,
} from '../../src/journal/bounds.ts';
import { encodeJournal, type JournalData, parseJournal } from '../../src/journal/codec.ts';
import type { Incarnation, RunRecord, TaskRecord } from '../../src/journal/entry.ts';
import { keptRun } from '../../src/journal/kept-run.ts';
import { anyRun } from './arbitrary.ts';
import { endedRun, endedTask, runningRun } from './records.ts';

function journalOf(runs: readonly RunRecord[]): JournalData {
  return { version: 1, pod: null, nextSequence: 1_000_000, runs };
}

function bounded(runs: readonly RunRecord[], limitBytes?: number) {
  const { data, fits } = boundJournal(journalOf(runs.map(keptRun)), limitBytes);
  return { runs: data.runs, fits, ids: data.runs.map(({ id }) => id), bytes: encodeJournal(data).length };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const outputs = (run: RunRecord | undefined) => run?.tasks.map((task) => (task.state === 'ended' ? task.output : ''));

describe('the runs that are kept', () => {
  it('are the last 20 of each hook of each container', () => {
    const runs = upTo(25).flatMap((n) => [
      endedRun(4 * n, { hook: 'postStart' }),
      endedRun(4 * n + 1, { hook: 'preStop' }),
      endedRun(4 * n + 2, { hook: 'preStop', container: 'proxy' }),
    ]);
    const kept = bounded(runs).runs;
    expect(kept).toHaveLength(3 * RUNS_PER_HOOK);
    expect(kept[0]?.sequence).toBe(24);
    expect(kept.map(({ sequence }) => sequence)).toEqual(
      kept.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
    );
  });

  it("are the container's own, however many lives callers name with keys", () => {
    const keyed = (n: number) => ({ id: `key-${n}`, evidence: 'idempotency-key', why: 'a key' }) as const;
    const { ids } = bounded([endedRun(1), ...upTo(30).map((n) => endedRun(n + 1, { incarnation: keyed(n) }))]);
    expect(ids).toContain('run-1');
    expect(ids).toHaveLength(RUNS_PER_HOOK + 1);
  });

  it('have every one that is being executed among them, however old', () => {
    const { ids } = bounded([runningRun(1), ...upTo(30).map((n) => endedRun(n + 1))]);
    expect(ids).toContain('run-1');
    expect(ids).toHaveLength(RUNS_PER_HOOK + 1);
  });

  it('are the same records where nothing had to be cut, so that their text stays known', () => {
    const runs = [keptRun(endedRun(1)), keptRun(runningRun(2))];
    const { data } = boundJournal(journalOf(runs));
    expect(data.runs[0]).toBe(runs[0]);
    expect(data.runs[1]).toBe(runs[1]);
  });

  it('are the same records when they are bounded again', () => {
    const undo = { why: 'the container came back', tasks: [endedTask()] };
    const tasks = [endedTask({ output: 'z'.repeat(4096) }), endedTask()];
    const once = boundJournal(journalOf([endedRun(1, { tasks, undo }), endedRun(2)]), 2000);
    expect(outputs(once.data.runs[0])).toEqual([DROPPED_OUTPUT, 'flushed']);
    const again = boundJournal(once.data, 2000);
    expect(again.data.runs[0]).toBe(once.data.runs[0]);
  });
});

describe('what a run keeps', () => {
  it('is the last 4 KiB that a task printed, and the mark of the cut', () => {
    const run = keptRun(endedRun(1, { tasks: [endedTask({ output: `${'x'.repeat(10_000)}the end` })] }));
    const [output = ''] = outputs(run) ?? [];
    expect(Buffer.byteLength(output)).toBe(4096);
    expect(output).toMatch(/^…x+the end$/);
  });

  it('is all that is known of it, where nothing is long', () => {
    const marks = { sockets: { inodes: [1] } };
    const incarnation: Incarnation = { id: 'life-1', evidence: 'sockets', why: 'it listens anew', marks };
    const stop = { reason: 'restart', source: 'comeback', why: 'the pod lives on' } as const;
    const undo = { why: 'the container came back', tasks: [endedTask({ captured: { node: '7' } })] };
    for (const run of [
      endedRun(1, { incarnation, stop, undo }),
      runningRun(2, { incarnation, stop, undo }),
      endedRun(3),
    ])
      expect(keptRun(run)).toStrictEqual(run);
  });

  it('is the first KiB of a reason', () => {
    const reason = `exited 3 ${'y'.repeat(5000)}`;
    const run = keptRun(endedRun(1, { reason, tasks: [endedTask({ reason })] }));
    expect(run).toMatchObject({ reason: expect.stringMatching(/^exited 3 y+…$/) });
    expect(run.tasks[0]).toMatchObject({ reason: expect.stringMatching(/^exited 3 y+…$/) });
    expect(JSON.stringify(run).length).toBeLessThan(3 * 1024);
  });

  it('is nothing that an earlier state of its record had, so that it can be decoded', () => {
    const anySpread = fc
      .tuple(anyRun, anyRun)
      .map(([earlier, run]): RunRecord => ({ ...earlier, ...run, sequence: 1 }));
    fc.assert(
      fc.property(anySpread, (run) => {
        const kept = keptRun(run);
        expect(parseJournal(encodeJournal(journalOf([kept])).toString())).toEqual({
          kind: 'journal',
          data: journalOf([kept]),
        });
        expect(run).toMatchObject(kept);
      }),
    );
    const ended: RunRecord = { ...runningRun(1), ...endedRun(1) };
    expect(ended).toHaveProperty('instance');
    expect(keptRun(ended)).not.toHaveProperty('instance');
  });
});

describe('output', () => {
  const chatty = (n: number, about = {}) => endedRun(n, { tasks: [endedTask({ output: 'z'.repeat(4096) })], ...about });

  it('is kept of the newest runs, up to 128 Ki characters in all', () => {
    const hooks = ['postStart', 'preStop'] as const;
    const { runs } = bounded(upTo(40).map((n) => chatty(n, { hook: hooks[n % 2] })));
    const withOutput = runs.filter((run) => outputs(run)?.[0] !== DROPPED_OUTPUT);
    expect(withOutput).toHaveLength(OUTPUT_CHARACTERS / 4096);
    expect(withOutput[0]?.sequence).toBe(9);
  });

  it('of the newest run of a hook is kept, whatever others printed later', () => {
    const containers = upTo(40).map((n) => chatty(n, { container: `app-${n}` }));
    expect(bounded(containers).runs.every((run) => outputs(run)?.[0] !== DROPPED_OUTPUT)).toBe(true);
  });

  it('of an undo is counted and dropped as that of the tasks is, and nothing else of it', () => {
    const undo = { why: 'the container came back', tasks: [endedTask({ output: 'z'.repeat(4096) })] };
    const { runs } = bounded(upTo(40).map((n) => endedRun(n, { hook: n % 2 === 0 ? 'preStop' : 'postStart', undo })));
    const undos = runs.map((run) => run.undo);
    expect(
      undos.filter((kept) => kept?.tasks[0]?.state === 'ended' && kept.tasks[0].output === DROPPED_OUTPUT),
    ).toHaveLength(40 - Math.floor(OUTPUT_CHARACTERS / (4096 + 'flushed'.length)));
    expect(undos[0]).toEqual({ ...undo, tasks: [endedTask({ output: DROPPED_OUTPUT })] });
    expect(outputs(runs[0])).toEqual(['flushed']);
  });

  it('that is shorter than the word for its absence stays', () => {
    const long = upTo(15).map((n) =>
      endedRun(n + 1, { tasks: upTo(3).map(() => endedTask({ output: 'z'.repeat(4096) })) }),
    );
    expect(outputs(bounded([endedRun(1), ...long]).runs[0])).toEqual(['flushed']);
  });
});

describe('a journal that would grow past its limit', () => {
  const wordy = (n: number, about = {}) =>
    endedRun(n, {
      reason: 'r'.repeat(900),
      tasks: [endedTask({ reason: 'r'.repeat(900), output: 'z'.repeat(2000) })],
      ...about,
    });
  const runs = [wordy(1, { hook: 'postStart' }), runningRun(2), ...upTo(8).map((n) => wordy(n + 2))];
  const full = bounded(runs).bytes;

  it('keeps all up to the byte, and loses no more than it has to', () => {
    expect(bounded(runs, full)).toMatchObject({ bytes: full, fits: true });
    const shorter = bounded(runs, full - 1);
    expect(shorter.bytes).toBeLessThan(full);
    expect(bounded(runs, shorter.bytes)).toEqual(shorter);
  });

  it('loses the output of its oldest runs first', () => {
    const { runs: left, ids } = bounded(runs, full - 3000);
    expect(ids).toHaveLength(runs.length);
    expect(left.filter((run) => outputs(run)?.[0] === DROPPED_OUTPUT).map(({ id }) => id)).toEqual(['run-3', 'run-4']);
  });

  it('then has the reasons of its oldest runs shortened', () => {
    const { runs: left, ids } = bounded(runs, full - 7 * 1950 - 1000);
    expect(ids).toHaveLength(runs.length);
    const short = left.filter((run) => run.state === 'ended' && (run.reason?.length ?? 0) < 101);
    expect(short.map(({ id }) => id)).toEqual(['run-3']);
    expect(short[0]).toMatchObject({ reason: `${'r'.repeat(97)}…`, tasks: [{ reason: `${'r'.repeat(97)}…` }] });
  });

  it('has every reason shortened that is told in it, and nothing else', () => {
    const why = 'w'.repeat(900);
    const [incarnation, stop, undo] = [
      { id: 'life-1', evidence: 'process', why, marks: {} },
      { reason: 'restart', source: 'comeback', why },
      { why, tasks: [endedTask({ reason: why })] },
    ] as const;
    const short = `${'w'.repeat(97)}…`;
    const { runs: left, fits } = bounded([endedRun(1, { incarnation, stop, undo }), endedRun(2)], 2200);
    expect(fits).toBe(true);
    expect(left[0]).toEqual(
      endedRun(1, {
        incarnation: { ...incarnation, why: short },
        stop: { ...stop, why: short },
        undo: { why: short, tasks: [endedTask({ reason: short })] },
      }),
    );
  });

  it('then loses its oldest runs, but none that is executed, nor the newest of a hook', () => {
    const { ids, runs: left } = bounded(runs, 9800);
    expect(ids).toEqual(['run-1', 'run-2', 'run-10']);
    expect(outputs(left[0])).not.toEqual([DROPPED_OUTPUT]);
  });

  it('at last has the output and the reasons of these shortened', () => {
    const { runs: left, ids, fits } = bounded(runs, 2500);
    expect({ ids, fits }).toEqual({ ids: ['run-1', 'run-2', 'run-10'], fits: true });
    expect(outputs(left[2])).toEqual([DROPPED_OUTPUT]);
  });

  it('says so where what must be kept is too long by itself', () => {
    const { ids, fits } = bounded(runs, 500);
    expect({ ids, fits }).toEqual({ ids: ['run-1', 'run-2', 'run-10'], fits: false });
  });
});

describe('whatever is put', () => {
  const long = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc
      .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }), fc.nat({ max: 60_000 }))
      .map(([text, times]) => text.repeat(times)),
  );
  const task: fc.Arbitrary<TaskRecord> = fc
    .record({ name: fc.string({ maxLength: 300 }), reason: fc.option(long), output: long })
    .map((about) => endedTask(about));
  const run = fc
    .record({
      container: fc
        .tuple(fc.nat({ max: 400 }), fc.nat({ max: 3000 }))
        .map(([n, length]) => `app-${n}-${'a'.repeat(length)}`),
      hook: fc.constantFrom('postStart' as const, 'preStop' as const),
      tasks: fc.array(task, { maxLength: 6 }),
      reason: fc.option(long),
      running: fc.boolean(),
    })
    .map(({ running, ...about }) => (n: number): RunRecord => {
      const { reason: _, ...claimed } = about;
      return running ? runningRun(n, claimed) : endedRun(n, about);
    });
  const runs = fc
    .tuple(fc.array(run, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 60 }))
    .map(([some, times]) => Array.from({ length: times * some.length }, (_, n) => some[n % some.length]?.(n + 1)))
    .map((all) => all.filter((each) => each !== undefined));

  it('the file is at most 1 MiB, or consists of what must be kept, with nothing left to shorten', () => {
    fc.assert(
      fc.property(runs, (all) => {
        const kept = bounded(all);
        const newest = new Map(all.map((each) => [`${each.hook}/${each.container}`, each.id]));
        const must = all.filter((each) => each.state === 'running' || [...newest.values()].includes(each.id));
        expect(kept.ids).toEqual(expect.arrayContaining(must.map(({ id }) => id)));
        expect(kept.fits).toBe(kept.bytes <= JOURNAL_BYTES);
        if (!kept.fits) expect(kept.ids).toEqual(must.map(({ id }) => id));
      }),
      { numRuns: 60 },
    );
  });

  it('bounding twice is bounding once', () => {
    fc.assert(
      fc.property(runs, (all) => {
        const once = boundJournal(journalOf(all.map(keptRun)));
        expect(boundJournal(once.data)).toEqual(once);
        for (const each of once.data.runs) expect(keptRun(each)).toEqual(each);
      }),
      { numRuns: 30 },
    );
  });
});
