import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TASK_OUTCOMES } from '../../../src/journal/entry.ts';
import { runView } from '../../../src/observe/timeline/run-view.ts';
import { plainLines } from '../../../src/observe/timeline/table.ts';
import { terminalTimeline } from '../../../src/observe/timeline/terminal.ts';
import { timelineOf } from '../../../src/observe/timeline/timeline.ts';
import { attempt, delivery, endedRun, endedTask, traceOf } from './run-records.ts';

const HOSTILE = 'bad \u001b[31mred\u001b]0;title\u0007 \u202edrawkcab\nsecond line';

const tries = [attempt(1, 5000, 5600, 'failed', 2000), attempt(2, 7600, 9000, 'succeeded')];
const RUN = endedRun({
  outcome: 'failed',
  reason: 'task save timed out',
  deliveries: 2,
  endedAtMs: 24_000,
  durationMs: 14_000,
  remainingMs: 6000,
  deadline: { source: 'config', graceMs: 30_000, reserveMs: 10_000 },
  tasks: [
    endedTask('let-load-balancers-notice', { durationMs: 5000 }),
    endedTask('stop-intake', { startedAtMs: 15_000, durationMs: 4000, attempts: 2 }),
    endedTask('save', {
      startedAtMs: 19_000,
      durationMs: 4000,
      outcome: 'timedOut',
      reason: 'took too long',
      output: 'one\ntwo\nthree\n',
    }),
    endedTask('flush', { startedAtMs: 19_000, durationMs: 2000, outcome: 'failed', reason: HOSTILE, output: HOSTILE }),
    endedTask('index', { startedAtMs: 19_000, durationMs: 1000, outcome: 'interrupted' }),
    endedTask('notify', { startedAtMs: 23_000, durationMs: 0, attempts: 0, outcome: 'skipped', reason: 'was shed' }),
    { state: 'pending', name: 'never' },
  ],
});
const deliveries = [
  delivery(1, { untilMs: 14_000, served: 'the kubelet died', broken: true }),
  delivery(2, { atMs: 15_000, served: 'joined' }),
];
const LIFE = timelineOf(
  [runView(RUN, traceOf({ deliveries, attempts: new Map([['stop-intake', tries]]) }))],
  [{ label: 'SIGTERM to the app', atMs: 24_100, note: 'exit code 0' }],
  0,
);

describe('a timeline on a terminal', () => {
  it('shows who called, what was done when, how it ended, against the reserve and the end of the grace', () => {
    expect(terminalTimeline(LIFE, { columns: 100, colour: false, outputLines: 2 }).split('\n')).toEqual([
      '                            ┬0 s─────────┬10 s────────┬20 s────────',
      'preStop of app, run k3-2: failed after 14 s',
      '  delivery 1 (kubelet)      ├────╳                    ┊           │ the kubelet died',
      '  delivery 2 (kubelet)            ├───────────┤       ┊           │ joined',
      '  let-load-balancers-notice ███████                   ┊           │ 5 s',
      '  stop-intake                     ▓▓─███              ┊           │ 4 s, attempt 2',
      '  save                                 ▒▒▒▒▒▒         ┊           │ timed out after 4 s: took too l…',
      '    | two',
      '    | three',
      '  flush                                ▓▓▓▓           ┊           │ failed after 2 s: bad \\x1b[31mr…',
      '    | bad \\x1b[31mred\\x1b]0;title\\x07 \\u202edrawkcab',
      '    | second line',
      '  index                                ▚▚▚            ┊           │ interrupted after 1 s',
      '  notify                                    ░         ┊           │ was shed',
      '  never                                               ┊           │ pending',
      '  time used                 ▰▰▰▰▰▰▰▰▰▰▰▰▰▰▰▰▰▰▱▱▱▱▱▱▱▱╌╌╌╌╌╌╌╌╌╌╌╌╌ 14 of 20 s, reserve 10 s',
      'SIGTERM to the app                            ▲                     exit code 0',
      '',
    ]);
  });

  it('has colours only when asked for, and is the same without them', () => {
    const style = { columns: 100, outputLines: 5 };
    const coloured = terminalTimeline(LIFE, { ...style, colour: true });
    expect(coloured).toContain('\u001b[32m███████\u001b[39m');
    expect(stripVTControlCharacters(coloured)).toBe(terminalTimeline(LIFE, { ...style, colour: false }));
  });

  it('says in full what its rows have no room for, and what its signs mean, when asked to', () => {
    const lines = terminalTimeline(LIFE, { columns: 60, colour: false, explained: true }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(lines).toEqual([
      '                     ┬0 s──────────┬20 s──',
      'preStop of app, run k3-2: failed after 14 s',
      '  delivery 1 (kubel… ├─╳           ┊     │ the kubelet died',
      '  delivery 2 (kubel…    ├─────┤    ┊     │ joined',
      '  let-load-balancer… ████          ┊     │ 5 s',
      '  stop-intake           ▓─██       ┊     │ 4 s, attempt 2',
      '  save                     ▒▒▒▒    ┊     │ timed out after …',
      '  flush                    ▓▓      ┊     │ failed after 2 s…',
      '  index                    ▚▚      ┊     │ interrupted afte…',
      '  notify                      ░    ┊     │ was shed',
      '  never                            ┊     │ pending',
      '  time used          ▰▰▰▰▰▰▰▰▰▰▱▱▱▱╌╌╌╌╌╌╌ 14 of 20 s, rese…',
      '  … let-load-balancers-notice: 5 s',
      '  … save: timed out after 4 s: took too long',
      '  … flush: failed after 2 s: bad \\x1b[31mred\\x1b]0;title\\x07',
      '    \\u202edrawkcab\\nsecond line',
      '  … index: interrupted after 1 s',
      '  … time used: 14 of 20 s, reserve 10 s',
      'SIGTERM to the app            ▲            exit code 0',
      '█ succeeded  ▓ failed  ▒ timed out  ░ skipped  ▚ interrupted',
      '─ no attempt is made  ┤ delivery answered',
      '╳ delivery failed or lost  ┊ the reserve begins',
      '│ end of the grace',
      '',
    ]);
  });

  it('says all of it in plain lines, where there is no terminal', () => {
    expect(plainLines(LIFE)).toEqual([
      'preStop of app, run k3-2: failed after 14 s: task save timed out',
      '  delivery 1 (kubelet): the kubelet died',
      '  delivery 2 (kubelet): joined',
      '  let-load-balancers-notice: succeeded after 5 s',
      '  stop-intake: succeeded after 4 s, attempt 2',
      '  save: timed out after 4 s: took too long',
      '    | one',
      '    | two',
      '    | three',
      '  flush: failed after 2 s: bad \\x1b[31mred\\x1b]0;title\\x07 \\u202edrawkcab\\nsecond line',
      '    | bad \\x1b[31mred\\x1b]0;title\\x07 \\u202edrawkcab',
      '    | second line',
      '  index: interrupted after 1 s',
      '  notify: was shed',
      '  never: pending',
      '  time used: 14 of 20 s, reserve 10 s',
      'SIGTERM to the app: exit code 0',
    ]);
  });

  it('keeps to its columns and draws bars in the order of time, whatever ran and was printed', () => {
    const anyTask = fc.record({
      name: fc.string({ maxLength: 60, unit: 'binary' }),
      outcome: fc.constantFrom(...TASK_OUTCOMES),
      reason: fc.option(fc.string({ maxLength: 90, unit: 'binary' })),
      startedAtMs: fc.integer({ min: 10_000, max: 1_000_000 }),
      durationMs: fc.nat(1_000_000),
    });
    fc.assert(
      fc.property(fc.array(anyTask, { minLength: 1 }), fc.integer({ min: 40, max: 160 }), (tasks, columns) => {
        const run = endedRun({
          tasks: tasks.map((each) => endedTask(each.name, each)),
          endedAtMs: 2_000_000,
          remainingMs: 0,
        });
        const text = terminalTimeline(timelineOf([runView(run, undefined)], [], 0), { columns, colour: false });
        const lines = text.split('\n');
        expect(lines).toHaveLength(tasks.length + 5);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
        const labels = Math.min(28, Math.floor(columns * 0.36));
        const starts = lines.slice(3, -2).map((line) => line.slice(labels).search(/[█▓▒░▚]/));
        for (const [i, one] of tasks.entries()) {
          for (const [j, other] of tasks.entries()) {
            if (one.startedAtMs < other.startedAtMs) expect(starts[i]).toBeLessThanOrEqual(starts[j] ?? 0);
          }
        }
      }),
    );
  });
});
