import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEADLINE_SOURCES, RUN_OUTCOMES, TASK_OUTCOMES } from '../../src/journal/entry.ts';
import { answerJson, LARGEST_BODY_BYTES } from '../../src/server/answer.ts';
import { endedRun, endedTask, openHookPort, parse } from './hook-port.ts';

const LIMIT_BYTES = 8 * 1024;

const long = 'connect ECONNREFUSED 127.0.0.1 8080, and so on '.repeat(100);
const fifty = (outcome: 'succeeded' | 'failed', reason: string | null) =>
  Array.from({ length: 50 }, (_, index) => endedTask(`task-number-${index}`, { outcome, reason }));

function answer(tasks: ReturnType<typeof endedTask>[], notes: string[] = []) {
  return JSON.parse(answerJson({ kind: 'ended', delivery: 'executed', run: endedRun({ tasks }), notes }));
}

describe('an answer', () => {
  it('that fits is whole and says nothing of shortening', () => {
    const told = answer([endedTask('flush', { outcome: 'failed', reason: long.slice(0, 1000) })]);
    expect(told.tasks[0].reason).toBe(long.slice(0, 1000));
    expect(told).not.toHaveProperty('shortened');
    expect(told).not.toHaveProperty('notes');
  });

  it('keeps all tasks and cuts their reasons where that is enough', () => {
    const told = answer(fifty('failed', long).slice(0, 20));
    expect(told.tasks).toHaveLength(20);
    expect(told.tasks[0].reason).toBe(`${long.slice(0, 200)}…`);
    expect(told.shortened).toBe('reasons are cut to 200 characters');
  });

  it('then leaves out succeeded tasks, and says how many', () => {
    const told = answer([
      ...fifty('succeeded', null),
      ...fifty('succeeded', null),
      ...fifty('failed', long).slice(0, 10),
    ]);
    expect(told.tasks.map(({ outcome }: { outcome: string }) => outcome)).toEqual(Array(10).fill('failed'));
    expect(told.shortened).toBe('reasons are cut to 20 characters; 100 succeeded tasks are left out');
  });

  it('then leaves out the last tasks, and says how many', () => {
    const tasks = [...fifty('failed', long), ...fifty('failed', long)];
    const told = answer(tasks, ['the journal is kept in memory only, ENOSPC']);
    expect(told.tasks.length).toBeGreaterThan(20);
    const left = tasks.length - told.tasks.length;
    expect(told.shortened).toBe(`reasons are cut to 20 characters; ${left} other tasks are left out`);
    expect(told.notes).toEqual(['the journal is kept in memory only, ENOSPC']);
  });

  it('of fifty tasks with long reasons is at most 8 KiB with its headers', async () => {
    const run = endedRun({ outcome: 'failed', tasks: fifty('failed', long) });
    await using port = await openHookPort({ result: { kind: 'ended', delivery: 'replayed', run, notes: [long] } });
    const bytes = await port.get('/prestop/app');
    expect(parse(bytes).status).toBe(500);
    expect(bytes.length).toBeLessThanOrEqual(LIMIT_BYTES);
    expect(bytes.length).toBeGreaterThan(LIMIT_BYTES / 2);
  });

  it('is at most 8 KiB with its headers, also where it is just not too long to be whole', async () => {
    const runWith = (reason: string) => endedRun({ outcome: 'failed', tasks: [endedTask('flush', { reason })] });
    const ask = async (reason: string) => {
      const run = runWith(reason);
      await using port = await openHookPort({ result: { kind: 'ended', delivery: 'executed', run, notes: [] } });
      return await port.get('/prestop/app');
    };
    const empty = answerJson({ kind: 'ended', delivery: 'executed', run: runWith(''), notes: [] });
    const whole = await ask('x'.repeat(LARGEST_BODY_BYTES - empty.length));
    expect(parse(whole)).toMatchObject({ status: 500, body: { tasks: [{ reason: expect.stringMatching(/^x+$/) }] } });
    expect(whole.length).toBeLessThanOrEqual(LIMIT_BYTES);
    const shortened = await ask('x'.repeat(LARGEST_BODY_BYTES - empty.length + 1));
    expect(parse(shortened).body).toHaveProperty('shortened');
  });

  it('shows records that no ended run should have for what they mean', () => {
    const run = endedRun({
      tasks: [
        { state: 'pending', name: 'later' },
        { state: 'running', name: 'now', attempts: 2, startedAtMs: 5 },
      ],
    });
    const told = JSON.parse(answerJson({ kind: 'ended', delivery: 'executed', run, notes: [] }));
    expect(told.tasks).toEqual([
      { name: 'later', outcome: 'skipped', attempts: 0, durationMs: 0, reason: 'was not started' },
      { name: 'now', outcome: 'interrupted', attempts: 2, durationMs: 0, reason: 'its end is not recorded' },
    ]);
  });

  it('holds no secret that a reason quotes', () => {
    const told = answerJson({
      kind: 'ended',
      delivery: 'executed',
      run: endedRun({ tasks: [endedTask('a', { reason: 'http://bob:s3cret@host/x?token=s3cret did not answer' })] }),
      notes: ['http://bob:s3cret@host/'],
    });
    expect(told).not.toContain('s3cret');
    expect(told).toContain('host/x');
  });

  it('is valid JSON within the limit, whatever the tasks are', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 3000 }), fc.constant('\u0000'.repeat(2000)));
    const task = fc.record({
      name: fc.stringMatching(/^[a-z0-9-]{1,63}$/),
      outcome: fc.constantFrom(...TASK_OUTCOMES),
      attempts: fc.nat(),
      durationMs: fc.nat(),
      reason: fc.option(text),
    });
    const result = fc.record({
      tasks: fc.array(task, { maxLength: 120, size: 'max' }),
      outcome: fc.constantFrom(...RUN_OUTCOMES),
      source: fc.constantFrom(...DEADLINE_SOURCES),
      notes: fc.array(text, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(result, ({ tasks, outcome, source, notes }) => {
        const run = endedRun({
          outcome,
          deadline: { source, graceMs: 1, reserveMs: 0 },
          tasks: tasks.map(({ name, ...settings }) => endedTask(name, settings)),
        });
        const json = answerJson({ kind: 'ended', delivery: 'joined', run, notes });
        expect(Buffer.byteLength(json)).toBeLessThanOrEqual(LARGEST_BODY_BYTES);
        const told = JSON.parse(json);
        expect(told).toMatchObject({ hook: 'preStop', run: 'k3f9-7', outcome });
        // Nothing is left out in silence.
        expect(told.tasks.length === tasks.length || 'shortened' in told).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
