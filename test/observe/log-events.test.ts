import { describe, expect, it } from 'vitest';
import type { HookEvent } from '../../src/hooks/event.ts';
import type { Identity } from '../../src/hooks/incarnation.ts';
import type { RunRecord } from '../../src/journal/entry.ts';
import { logEvents } from '../../src/observe/log-events.ts';
import { endedRun, endedTask } from '../server/hook-port.ts';
import { capturingLogger } from './log-lines.ts';

const run: RunRecord = { ...endedRun(), state: 'running', instance: 'k3f9' };
const delivery = { hook: 'preStop', container: 'app', caller: 'kubelet', key: undefined, atMs: 1000 } as const;
const deadlineEpochMs = Date.parse('2026-11-22T10:00:35.000Z');

function logged(event: HookEvent): Record<string, unknown> {
  const { logger, lines } = capturingLogger();
  logEvents(logger)(event);
  expect(lines).toHaveLength(1);
  return lines[0] ?? {};
}

const attempt = {
  type: 'attemptEnded',
  run,
  task: 'register',
  attempt: 1,
  attempts: 3,
  outcome: 'failed',
  reason: 'connection refused by 127.0.0.1:8500',
  durationMs: 12.6,
  retryInMs: 200,
  remainingMs: 34_000.4,
} as const;

/** The life of the run, as a delivery was told. */
const told = (why: string, guess = false): Identity => {
  const [process, api, sockets] = ['no process', 'no token', 'no port'].map(
    (lack) => ({ kind: 'incomparable', why: lack }) as const,
  );
  const said = process && api && sockets && { process, api, sockets };
  return { incarnation: { ...run.incarnation, why }, guess, said };
};

const brokenOff: RunRecord = {
  ...endedRun(),
  state: 'interrupted',
  tasks: [endedTask('notice'), { state: 'pending', name: 'drain' }, { state: 'pending', name: 'save' }],
};

const lines: [string, HookEvent, level: string, message: string, fields: Record<string, unknown>][] = [
  [
    'a run that is broken off names what of it had not begun',
    { type: 'runBrokenOff', run: brokenOff, why: 'its container came back' },
    'warn',
    '[preStop app] run k3f9-7 is broken off, and is interrupted: its container came back; not begun: drain, save',
    { run: 'k3f9-7', why: 'its container came back', notBegun: ['drain', 'save'] },
  ],
  [
    'a first delivery names the deadline and its source',
    { type: 'delivered', delivery, served: 'executed', run, identity: told('a preStop closes life-2') },
    'info',
    '[preStop app] delivery 1 (kubelet) executed by run k3f9-7, deadline from config (grace 45 s, reserve 10 s); a preStop closes life-2',
    { run: 'k3f9-7', hook: 'preStop', container: 'app', source: 'config', graceMs: 45_000, reserveMs: 10_000 },
  ],
  [
    'a joining delivery',
    {
      type: 'delivered',
      delivery,
      served: 'joined',
      run: { ...run, deliveries: 2 },
      identity: told('the run is being executed'),
    },
    'info',
    '[preStop app] delivery 2 (kubelet) joined by run k3f9-7; the run is being executed',
    { served: 'joined', evidence: 'sequence', incarnation: 'life-2', keyed: false },
  ],
  [
    'a guess, and what each source lacked',
    { type: 'delivered', delivery, served: 'replayed', run, identity: told('a guess: it came soon', true) },
    'warn',
    '[preStop app] delivery 1 (kubelet) replayed by run k3f9-7; a guess: it came soon',
    { guess: true, process: 'no process', api: 'no token', sockets: 'no port' },
  ],
  [
    'a refused delivery',
    { type: 'deliveryRefused', delivery, reason: 'hookkeeper is being stopped' },
    'warn',
    '[preStop app] delivery refused: hookkeeper is being stopped',
    { hook: 'preStop', container: 'app', caller: 'kubelet', reason: 'hookkeeper is being stopped' },
  ],
  [
    'the start of a run',
    { type: 'runStarted', run, resumed: false, remainingMs: 35_000, deadlineEpochMs },
    'info',
    '[preStop app] run k3f9-7 started, 35 s left, deadline from config (grace 45 s, reserve 10 s)',
    {
      deadlineAt: '2026-11-22T10:00:35.000Z',
      source: 'config',
      remainingMs: 35_000,
      config: '0123456789ab',
      traceId: 'a'.repeat(32),
    },
  ],
  [
    'the start of a resumed run',
    { type: 'runStarted', run, resumed: true, remainingMs: 35_000, deadlineEpochMs },
    'info',
    '[preStop app] run k3f9-7 resumed, 35 s left, deadline from config (grace 45 s, reserve 10 s)',
    { run: 'k3f9-7' },
  ],
  [
    'a deadline that moved',
    { type: 'deadlineMoved', run, movedMs: 12_000, why: 'with a fresh grace', remainingMs: 34_900, deadlineEpochMs },
    'info',
    '[preStop app] run k3f9-7 goes on with a fresh grace, 34.9 s left',
    { deadlineAt: '2026-11-22T10:00:35.000Z', remainingMs: 34_900 },
  ],
  [
    'the start of a task',
    {
      type: 'taskStarted',
      run,
      task: 'connections',
      kind: 'drain',
      summary: 'drain 8080',
      budgetMs: 20_000,
      remainingMs: 30_000,
    },
    'info',
    '[preStop app connections] started: drain 8080, within 20 s, 30 s left',
    { task: 'connections', kind: 'drain', budgetMs: 20_000, remainingMs: 30_000 },
  ],
  [
    'an attempt that is followed by another',
    attempt,
    'warn',
    '[preStop app register] attempt 1 of 3 failed after 13 ms, the next in 200 ms, 34 s left: connection refused by 127.0.0.1:8500',
    {
      task: 'register',
      attempt: 1,
      attempts: 3,
      outcome: 'failed',
      durationMs: 13,
      retryInMs: 200,
      remainingMs: 34_000,
    },
  ],
  [
    'an attempt that succeeded',
    { ...attempt, attempt: 2, outcome: 'succeeded', reason: null, retryInMs: undefined },
    'info',
    '[preStop app register] attempt 2 of 3 succeeded after 13 ms, 34 s left',
    { outcome: 'succeeded' },
  ],
  [
    'what a task printed, without colours and secrets',
    {
      type: 'taskOutput',
      run,
      task: 'flush',
      attempt: 1,
      line: '\u001b[32mPUT\u001b[0m http://bob:s3cret@host/ ok',
      remainingMs: 9,
    },
    'info',
    '[preStop app flush] printed: PUT http://[redacted]@host/ ok',
    { task: 'flush', attempt: 1 },
  ],
  [
    'how a long task gets on',
    { type: 'taskProgress', run, task: 'connections', attempt: 1, message: 'waits: 12 connections', remainingMs: 9000 },
    'info',
    '[preStop app connections] waits: 12 connections, 9 s left',
    { task: 'connections', attempt: 1, remainingMs: 9000 },
  ],
  [
    'output beyond the limit',
    { type: 'outputLimit', run, task: 'flush', lines: 17, remainingMs: 9 },
    'warn',
    '[preStop app flush] printed 17 lines more than the log takes; the last are in the journal',
    { lines: 17 },
  ],
  [
    'the end of a task that ran out of time',
    {
      type: 'taskEnded',
      shed: false,
      run,
      task: endedTask('connections', {
        outcome: 'timedOut',
        durationMs: 20_000,
        reason: 'ran out of its timeout of 20 s',
      }),
      remainingMs: 4200,
    },
    'warn',
    '[preStop app connections] ended timedOut after 20 s (attempt 1), 4.2 s left: ran out of its timeout of 20 s',
    { task: 'connections', outcome: 'timedOut', attempt: 1, durationMs: 20_000, remainingMs: 4200 },
  ],
  [
    'the end of a task that was never started',
    {
      type: 'taskEnded',
      shed: false,
      run,
      task: endedTask('flush', { outcome: 'skipped', attempts: 0, durationMs: 0, reason: 'no time was left' }),
      remainingMs: -3,
    },
    'info',
    '[preStop app flush] ended skipped after 0 ms (not started), 0 ms left: no time was left',
    { outcome: 'skipped', attempt: 0 },
  ],
  [
    'the end of a run',
    { type: 'runEnded', run: endedRun() },
    'info',
    '[preStop app] run k3f9-7 ended succeeded after 2.4 s, 32.6 s left',
    { outcome: 'succeeded', durationMs: 2400, remainingMs: 32_600 },
  ],
  [
    'the end of a run that failed',
    { type: 'runEnded', run: endedRun({ outcome: 'failed', reason: 'task a exited with 3 after 2 s' }) },
    'error',
    '[preStop app] run k3f9-7 ended failed after 2.4 s, 32.6 s left: task a exited with 3 after 2 s',
    { outcome: 'failed', reason: 'task a exited with 3 after 2 s' },
  ],
  [
    'a bug in a task',
    { type: 'taskBug', run, task: 'flush', error: new TypeError('x is undefined') },
    'error',
    '[preStop app flush] met a bug of hookkeeper, please report it',
    { err: { type: 'TypeError', message: 'x is undefined', stack: expect.stringContaining('log-events') } },
  ],
];

describe('one line of the log', () => {
  it.each(lines)('is written for %s', (_what, event, level, message, fields) => {
    const line = logged(event);
    expect(line).toMatchObject({ level, event: event.type, ...fields });
    expect(line['msg']).toBe(message);
  });

  it('has no secret and no control character in its fields either', () => {
    const line = logged({ ...attempt, reason: 'GET http://bob:s3cret@host/?k=s3cret\n\u001b[31mfailed' });
    expect(line['reason']).toBe('GET http://[redacted]@host/?[redacted] failed');
    expect(JSON.stringify(line)).not.toContain('s3cret');
  });
});
