import { describe, expect, it } from 'vitest';
import type { EndedTask, TaskEnd } from '../../src/hooks/task-run.ts';
import { judge, type Verdict, whyNotRun } from '../../src/hooks/verdict.ts';
import { task } from './stage.ts';

type Settings = Parameters<typeof task>[2];

const GOOD: Verdict = { kind: 'good' };
const BAD: Verdict = { kind: 'bad', outcome: 'failed', task: 'first', reason: 'task first failed' };

function end(kind: TaskEnd['kind'], outcome: EndedTask['outcome'], about: Partial<EndedTask> = {}): TaskEnd {
  const record = { name: 'save', attempts: 1, startedAtMs: 0, durationMs: 0, reason: null, output: '', captured: {} };
  return { kind, record: { state: 'ended', ...record, outcome, ...about } };
}

describe('a run after a task', () => {
  it.each<[TaskEnd, Settings, string]>([
    [end('ran', 'succeeded'), {}, 'good'],
    [end('ran', 'failed'), {}, 'bad: failed'],
    [end('ran', 'failed'), { priority: 'optional' }, 'bad: failed'],
    [end('ran', 'failed'), { onFailure: 'continue', onTimeout: 'fail' }, 'good'],
    [end('ran', 'failed'), { onFailure: 'stop', onTimeout: 'fail' }, 'stopped'],
    [end('ran', 'timedOut'), { onFailure: 'continue', onTimeout: 'fail' }, 'bad: timedOut'],
    [end('ran', 'timedOut'), { priority: 'optional' }, 'bad: timedOut'],
    [end('noTime', 'timedOut'), {}, 'bad: timedOut'],
    [end('noTime', 'timedOut'), { priority: 'optional' }, 'good'],
    [end('noTime', 'skipped'), {}, 'bad: timedOut'],
    [end('noTime', 'skipped'), { priority: 'optional' }, 'good'],
    [end('ran', 'skipped'), {}, 'good'],
    [end('ran', 'interrupted'), { onInterrupted: 'fail' }, 'bad: failed'],
    [end('ran', 'interrupted'), { onInterrupted: 'skip' }, 'good'],
  ])("case %# is what the task's settings make of its end", (ended, settings, expected) => {
    const verdict = judge(GOOD, task('save', undefined, settings), ended);
    expect(verdict.kind === 'bad' ? `bad: ${verdict.outcome}` : verdict.kind).toBe(expected);
  });

  it('keeps its first reason', () => {
    expect(judge(BAD, task('save'), end('ran', 'timedOut'))).toBe(BAD);
  });

  it.each([
    [{}, 'task save failed'],
    [{ reason: 'exited with 3' }, 'task save exited with 3'],
    [{ reason: 'exited with 3', durationMs: 1500 }, 'task save exited with 3 after 1.5 s'],
    [{ reason: 'exited with 3', durationMs: 1500, attempts: 3 }, 'task save exited with 3 after 1.5 s (3 attempts)'],
  ])('tells what failed it: %j', (about, reason) => {
    expect(judge(GOOD, task('save'), end('ran', 'failed', about))).toMatchObject({ task: 'save', reason });
  });
});

describe('a task after others', () => {
  const STOPPED: Verdict = { kind: 'stopped', task: 'first' };

  it('is run after a failure only where it is a critical one of a preStop, and after a stop never', () => {
    const [normal, critical] = [task('save'), task('save', undefined, { priority: 'critical' })];
    const failed = 'was skipped as task first did not succeed';
    const stopped = 'was skipped as task first ended the run';
    expect(whyNotRun(GOOD, 'postStart', normal)).toBeUndefined();
    expect(whyNotRun(BAD, 'preStop', critical)).toBeUndefined();
    expect(whyNotRun(BAD, 'preStop', normal)).toBe(failed);
    expect(whyNotRun(BAD, 'postStart', critical)).toBe(failed);
    expect(whyNotRun(STOPPED, 'preStop', critical)).toBe(stopped);
  });
});
