import { describe, expect, it } from 'vitest';
import { tasksOf } from '../../src/config/config.ts';
import { hasTasksWithoutHook, withoutHook } from '../../src/hooks/without-hook.ts';
import { hook, steps, task } from './stage.ts';

const last = task('last', undefined, { alsoWithoutHook: true, priority: 'critical', minimumMs: 500 });
const usual = task('usual', undefined, { priority: 'critical', minimumMs: 500 });

describe('a preStop that never came', () => {
  it('leaves something to do where one task says so, in a group, too', () => {
    expect(hasTasksWithoutHook(hook(steps(usual, last)))).toBe(true);
    expect(hasTasksWithoutHook(hook(steps([usual, last])))).toBe(true);
    expect(hasTasksWithoutHook(hook(steps(usual, [usual])))).toBe(false);
  });

  it('leaves those tasks as they are, and no time is held for the others, which are skipped with the reason', async () => {
    const left = withoutHook(hook(steps(usual, last, [last, usual]), { timeoutMs: 5000 }));
    expect(left).toMatchObject({ timeoutMs: 5000, steps: [{ kind: 'task' }, { kind: 'task' }, { kind: 'parallel' }] });
    const [first, second, third, fourth] = tasksOf(left);
    expect([second, third]).toEqual([last, last]);
    for (const skipped of [first, fourth]) {
      expect(skipped).toMatchObject({ name: 'usual', priority: 'optional', minimumMs: 0 });
      expect(skipped?.when?.check()).toEqual([]);
      const clock = { monotonicMs: () => 0, after: () => () => {} };
      const context = { signal: new AbortController().signal, clock, captured: new Map() };
      expect(await skipped?.when?.read(context)).toEqual({
        kind: 'read',
        met: false,
        saw: 'the app ended without one',
        left: undefined,
      });
      expect(skipped?.when?.summary).toBe('a preStop came');
    }
  });
});
