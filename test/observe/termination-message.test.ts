import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/journal/entry.ts';
import { LONGEST_MESSAGE_BYTES, terminationMessage } from '../../src/observe/termination-message.ts';
import { anyRun } from '../journal/arbitrary.ts';
import { endedRun, endedTask } from '../server/hook-port.ts';

const headline = 'hookkeeper 0.1.0 ended with 0';

function message(
  runs: readonly RunRecord[],
  { notes = [] as string[], over = false, limitBytes = LONGEST_MESSAGE_BYTES } = {},
) {
  return terminationMessage({ headline, runs, notes, over }, limitBytes);
}

const postStart = endedRun({ id: 'k3f9-6', hook: 'postStart', tasks: [endedTask('wait'), endedTask('register')] });
const failed = endedRun({
  outcome: 'failed',
  reason: 'task save exited with 3 after 12.4 s (3 attempts)',
  tasks: [
    endedTask('notice'),
    endedTask('flush', { outcome: 'skipped', attempts: 0, durationMs: 0, reason: 'was shed as 2 s were left' }),
    endedTask('save', { outcome: 'failed', attempts: 3, durationMs: 12_400, reason: 'exited with 3' }),
    endedTask('leave', { outcome: 'timedOut', durationMs: 5000, reason: 'ran out of its timeout of 5 s' }),
  ],
});

describe('the termination message', () => {
  it('tells what did not go well first, with its reasons, and the rest in short', () => {
    expect(message([failed, postStart]).split('\n')).toEqual([
      headline,
      'preStop app failed after 2.4 s of 35 s (config), run k3f9-7: task save exited with 3 after 12.4 s (3 attempts)',
      '  save: failed after 12.4 s (3 attempts): exited with 3',
      '  leave: timed out after 5 s: ran out of its timeout of 5 s',
      '  flush: was shed as 2 s were left',
      '  succeeded: notice',
      'postStart app succeeded after 2.4 s of 35 s (config), run k3f9-6',
      '  succeeded: wait, register',
      '',
    ]);
  });

  it('tells of each hook only the last run, of each container', () => {
    const text = message([failed, endedRun({ id: 'k3f9-8' }), endedRun({ id: 'k3f9-9', container: 'proxy' })]);
    expect([...text.matchAll(/run (k3f9-\d)/g)].map(([, id]) => id)).toEqual(['k3f9-9', 'k3f9-8']);
  });

  it('tells what of a stop could not be taken back, before what is good', () => {
    const undo = {
      why: 'a postStart came',
      tasks: [endedTask('drain/undo', { outcome: 'failed', reason: 'exited with 3' })],
    };
    const lines = message([endedRun({ undo }), endedRun({ id: 'k3f9-9', container: 'proxy' })]).split('\n');
    expect(lines.slice(1, 3)).toEqual([
      'preStop app succeeded after 2.4 s of 35 s (config), run k3f9-7',
      '  drain/undo: failed after 2.4 s: exited with 3',
    ]);
  });

  it('tells whether a stop is being taken back still', () => {
    const tasks = [{ state: 'running', name: 'drain/undo', attempts: 1, startedAtMs: 0 } as const];
    const of = (instance?: string, facts = {}) =>
      message([endedRun({ undo: { why: 'a postStart came', instance, tasks } })], facts).split('\n')[2];
    expect(of('k3f9')).toBe('  drain/undo: running, attempt 1');
    expect(of('k3f9', { over: true })).toBe('  drain/undo: interrupted, attempt 1');
    expect(of()).toBe('  drain/undo: interrupted, attempt 1');
  });

  it('tells what was under way when it was written, for who is killed has no time to say it', () => {
    const { outcome: _o, reason: _r, endedAtMs: _e, durationMs: _d, remainingMs: _m, ...facts } = failed;
    const tasks = [
      endedTask('notice'),
      { state: 'running', name: 'save', attempts: 2, startedAtMs: 0 } as const,
      { state: 'pending', name: 'flush' } as const,
    ];
    expect(message([{ ...facts, state: 'running', instance: 'k3f9', tasks }])).toContain(
      'preStop app is being run within 35 s (config), run k3f9-7\n' +
        '  save: running, attempt 2\n  flush: not begun\n  succeeded: notice\n',
    );
    const interrupted =
      'preStop app was interrupted within 35 s (config), run k3f9-7\n' +
      '  save: interrupted, attempt 2\n  flush: not begun\n  succeeded: notice\n';
    expect(message([{ ...facts, state: 'interrupted', tasks }])).toContain(interrupted);
    // A second signal has ended the process in the middle of it.
    expect(message([{ ...facts, state: 'running', instance: 'k3f9', tasks }], { over: true })).toContain(interrupted);
  });

  it('has what must not pass in silence before the runs', () => {
    expect(message([failed], { notes: ['the journal is kept in memory only: ENOSPC'] }).split('\n')[1]).toBe(
      'the journal is kept in memory only: ENOSPC',
    );
  });

  it('holds no secret and no line that a task forged', () => {
    const reason = 'answered 500 by http://user:hunter2@host/?token=hunter2\nhookkeeper is fine\u001b[2J';
    const text = message([endedRun({ tasks: [endedTask('a', { outcome: 'failed', reason })] })]);
    for (const never of ['hunter2', '\u001b', '\nhookkeeper is fine']) expect(text).not.toContain(never);
  });

  it('leaves out the last lines where it would grow too long, and says how many', () => {
    const lines = message([failed, postStart], { limitBytes: 300 }).split('\n');
    expect(lines.slice(0, 3)).toEqual(message([failed, postStart]).split('\n').slice(0, 3));
    expect(lines.slice(-2)).toEqual(['… 4 more lines: see the log', '']);
  });

  it('is at most so long, of whole lines and whole characters, whatever was run', () => {
    const limits = fc.integer({ min: 64, max: LONGEST_MESSAGE_BYTES });
    fc.assert(
      fc.property(fc.array(anyRun, { maxLength: 60 }), limits, (runs, limitBytes) => {
        const text = message(runs, { limitBytes });
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limitBytes);
        expect(text.startsWith(`${headline}\n`)).toBe(true);
        expect(text.endsWith('\n')).toBe(true);
        expect(text.isWellFormed()).toBe(true);
        if (text.includes('more lines: see the log')) return;
        expect(text).toBe(message(runs, { limitBytes: 1_000_000 }));
      }),
    );
  });
});
