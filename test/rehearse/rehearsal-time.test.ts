import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { timeNeeded } from '../../src/rehearse/rehearsal-time.ts';
import type { ScenarioName } from '../../src/rehearse/scenarios.ts';
import { fakeTable } from '../config/fake-kinds.ts';

const GRACE_MS = 22_000;

/** The longest that a scenario takes with so many containers. */
function mostMs(name: ScenarioName, containers: readonly string[]): number {
  const hooks = '{ postStart: [], preStop: [{ name: a, work: { command: [x] } }] }';
  const all = containers.map((container) => `${container}: ${hooks}`).join(', ');
  const text = `version: 1\ngrace: { period: 22s, reserve: 2s }\ncontainers: { ${all} }`;
  const loaded = loadConfig({ text, file: 'hooks.yaml', table: fakeTable, env: {}, elsewhere: true });
  if (!loaded.ok) throw new Error('the config is wrong');
  return timeNeeded(name, loaded.config, { graceMs: GRACE_MS, shortGraceMs: 7000 }).mostMs;
}

describe('the time that a rehearsal needs', () => {
  it('has a whole grace for each container that is started again: the kubelet stops one after the other', () => {
    for (const containers of [['a'], ['a', 'b'], ['a', 'b', 'c']])
      expect(mostMs('app-restart', containers)).toBeGreaterThan((containers.length + 1) * GRACE_MS);
  });

  it('has one for a pod that is deleted: its containers are stopped together', () => {
    expect(mostMs('stop', ['a', 'b', 'c'])).toBe(mostMs('stop', ['a']));
  });
});
