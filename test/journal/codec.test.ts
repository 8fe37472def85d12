import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeJournal, encodedBytes, encodeJournal, type JournalData, parseJournal } from '../../src/journal/codec.ts';
import { anyJournal } from './arbitrary.ts';
import { endedRun, runningRun } from './records.ts';

const journal: JournalData = {
  version: 1,
  pod: { uid: '5f1c' },
  nextSequence: 3,
  runs: [endedRun(1), runningRun(2)],
};

/** The journal as JSON, with the value at the path replaced, or removed where it's undefined. */
function withValue(path: readonly (string | number)[], value: unknown): unknown {
  const copy: unknown = JSON.parse(encodeJournal(journal).toString());
  let at = copy;
  for (const key of path.slice(0, -1)) at = Reflect.get(Object(at), key);
  Reflect.set(Object(at), path.at(-1) ?? '', value);
  return JSON.parse(JSON.stringify(copy));
}

describe('the journal as text', () => {
  it('decodes to what was encoded, whatever the records hold', () => {
    fc.assert(
      fc.property(anyJournal, (data) => {
        expect(parseJournal(encodeJournal(data).toString())).toEqual({ kind: 'journal', data });
      }),
    );
  });

  it('is read as older programs wrote it, which knew no marks of a life, and as this one does', () => {
    const [run] = journal.runs;
    const marks = {
      process: { containerId: null, startTicks: 5 },
      api: { before: null, containerId: 'containerd://aa', restartCount: 1 },
      sockets: { inodes: [7] },
    };
    const marked = { ...journal, runs: run ? [{ ...run, incarnation: { ...run.incarnation, marks } }] : [] };
    expect(encodeJournal(journal).toString()).not.toContain('marks');
    expect(parseJournal(encodeJournal(journal).toString())).toEqual({ kind: 'journal', data: journal });
    expect(parseJournal(encodeJournal(marked).toString())).toEqual({ kind: 'journal', data: marked });
  });

  it('has a stop of which older programs did not say what told it', () => {
    const written = withValue(['runs', 0, 'stop'], { reason: 'restart', why: 'the container came back' });
    expect(decodeJournal(written)).toMatchObject({
      kind: 'journal',
      data: { runs: [{ stop: { reason: 'restart', source: 'none', why: 'the container came back' } }, {}] },
    });
  });

  it('is as long as it says', () => {
    fc.assert(
      fc.property(anyJournal, (data) => {
        expect(encodedBytes(data)).toBe(encodeJournal(data).length);
      }),
    );
  });

  it('is the same in a buffer that is longer, and held another one before', () => {
    const room = Buffer.alloc(2 ** 20);
    fc.assert(
      fc.property(anyJournal, (data) => {
        expect(encodeJournal(data, () => room)).toEqual(encodeJournal(data));
      }),
    );
  });

  it('has one run a line, so that people can search it', () => {
    const lines = encodeJournal(journal).toString().split('\n');
    expect(lines.filter((line) => line.startsWith('{"id":"run-'))).toHaveLength(2);
  });
});

describe('a journal that is none', () => {
  it('is an error and not a throw, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(decodeJournal(value).kind).not.toBe('journal');
      }),
    );
  });

  it('is an error and not a throw, whatever bytes it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(parseJournal(Buffer.from(bytes).toString()).kind).toBe('undecodable');
      }),
    );
  });

  it('is an error wherever the text was torn', () => {
    // Without its line end it is whole already.
    const whole = encodeJournal(journal).toString().trimEnd();
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), (length) => {
        expect(parseJournal(whole.slice(0, length)).kind).toBe('undecodable');
      }),
    );
  });

  it('is an error or another journal, never a throw, with any one value replaced', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constant(undefined));
    const key = fc.constantFrom('id', 'sequence', 'hook', 'incarnation', 'tasks', 'state', 'deadline', 'other');
    fc.assert(
      fc.property(fc.nat({ max: 1 }), key, value, (index, name, replaced) => {
        const decoded = decodeJournal(withValue(['runs', index, name], replaced));
        if (decoded.kind === 'journal') expect(parseJournal(encodeJournal(decoded.data).toString())).toEqual(decoded);
        else expect(decoded.reason).not.toBe('');
      }),
    );
  });

  it.each([
    ['', 'it is empty'],
    ['{"version":1,', 'it is not JSON'],
    ['null', 'it must be of type object'],
    ['[]', 'it must be of type object'],
    ['{}', 'version must be 1'],
    ['{"version":"1"}', 'version must be 1'],
    ['{"version":0}', 'version must be 1'],
  ])('%j: %s', (text, reason) => {
    expect(parseJournal(text)).toEqual({ kind: 'undecodable', reason });
  });

  it.each<[(string | number)[], unknown, string]>([
    [['pod'], 'app', 'pod must be of type object'],
    [['nextSequence'], -1, 'nextSequence is out of range'],
    [['nextSequence'], 1.5, 'nextSequence must be of type int'],
    [['nextSequence'], 2, 'runs[1].sequence is not less than nextSequence'],
    [['runs'], undefined, 'runs must be of type array'],
    [['runs', 0, 'hook'], 'prestop', 'runs[0].hook must be postStart or preStop'],
    [['runs', 0, 'state'], 'dead', 'runs[0].state is in no known state'],
    [['runs', 0, 'instance'], 'first', 'runs[0] has the unknown key "instance"'],
    [['runs', 0, 'sequence'], 2.5, 'runs[0].sequence must be of type int'],
    [['runs', 1, 'sequence'], 0, 'runs[1].sequence is less than that of the run before'],
    [['runs', 1, 'id'], 'run-1', 'runs[1].id is that of an earlier run'],
    [['runs', 0, 'durationMs'], null, 'runs[0].durationMs must be of type number'],
    [['runs', 0, 'tasks', 0, 'attempts'], 'one', 'runs[0].tasks[0].attempts must be of type number'],
    [['runs', 1, 'tasks', 0, 'output'], '', 'runs[1].tasks[0] has the unknown key "output"'],
    [
      ['runs', 0, 'incarnation', 'evidence'],
      'hope',
      'runs[0].incarnation.evidence must be idempotency-key or process or api or sockets or sequence',
    ],
    [['k'.repeat(100)], 1, `it has the unknown key "${'k'.repeat(40)}"`],
    [['edited'], 1, 'it has the unknown key "edited"'],
  ])('with %j as %j: %s', (path, value, reason) => {
    expect(decodeJournal(withValue(path, value))).toEqual({ kind: 'undecodable', reason });
  });

  it('is told from one that a newer program wrote, whatever that has', () => {
    const reason = 'it has version 2, and this program knows up to 1';
    expect(parseJournal('{"version":2,"journal":"elsewhere"}')).toEqual({ kind: 'newer', reason });
  });
});
