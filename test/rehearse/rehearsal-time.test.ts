import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { timeNeeded } from '../../src/rehearse/rehearsal-time.ts';
import type { ScenarioName } from '../../src/rehearse/scenarios.ts';
import { fakeTable } from '../config/fake-kinds.ts';

const GRACE_MS = 22_000;

/** How long a scenario takes with so many containers, each with such a preStop. */
function timeOf(name: ScenarioName, containers: readonly string[], task = 'work: { command: [x] }') {
  const hooks = `{ postStart: [], preStop: [{ name: a, ${task} }] }`;
  const all = containers.map((container) => `${container}: ${hooks}`).join(', ');
  const text = `version: 1\ngrace: { period: 22s, reserve: 2s }\ncontainers: { ${all} }`;
  const loaded = loadConfig({ text, file: 'hooks.yaml', table: fakeTable, env: {}, elsewhere: true });
  if (!loaded.ok) throw new Error('the config is wrong');
  return timeNeeded(name, loaded.config, { graceMs: GRACE_MS, shortGraceMs: 7000 });
}

describe('the time that a rehearsal needs', () => {
  it('has a whole grace for each container that is started again: the kubelet stops one after the other', () => {
    for (const containers of [['a'], ['a', 'b'], ['a', 'b', 'c']])
      expect(timeOf('app-restart', containers).mostMs).toBeGreaterThan((containers.length + 1) * GRACE_MS);
  });

  it('has the time in which a stop is taken back before the app is started again, as far as its postStart has it', () => {
    const [task, undo] = [
      'work: { command: [x] }',
      (timeout: string) => `undo: { work: { command: [x] }, timeout: ${timeout} }`,
    ];
    const more = (name: ScenarioName, timeout: string) =>
      timeOf(name, ['a'], `${task}, ${undo(timeout)}`).mostMs - timeOf(name, ['a'], task).mostMs;
    expect([more('app-restart', '50s'), more('failing-start', '50s'), more('stop', '50s')]).toEqual([
      50_000, 50_000, 0,
    ]);
    // A postStart has 60 s where nothing else is written, and 250 ms of them for its answer.
    expect(more('app-restart', '5m')).toBe(59_750);
  });

  it('has one for a pod that is deleted: its containers are stopped together', () => {
    expect(timeOf('stop', ['a', 'b', 'c']).mostMs).toBe(timeOf('stop', ['a']).mostMs);
  });

  it('is no more at least than the rest of a pod and what is surely waited for: a task with a when may be left out', () => {
    const leastMs = (task: string) => timeOf('stop', ['a'], task).leastMs;
    expect(leastMs('work: { command: [x] }')).toBeLessThan(700);
    expect(leastMs('pause: 3s') - leastMs('work: { command: [x] }')).toBe(3000);
    expect(leastMs('pause: 3s, when: { reason: restart }')).toBe(leastMs('work: { command: [x] }'));
  });
});
