import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { ServiceLife } from '../../src/hooks/service-life.ts';
import { createRunTraces } from '../../src/observe/timeline/run-trace.ts';
import { createStatusNow } from '../../src/server/status-now.ts';
import { taskTable } from '../../src/tasks/table.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { endedRun } from '../observe/timeline/run-records.ts';

const TEXT = `version: 1
grace: { period: 45s, reserve: 10s }
containers:
  app:
    postStart: []
    preStop:
      - { name: one, sleep: 1s }
      - parallel: [{ name: two, sleep: 1s }, { name: three, sleep: 1s }]
  worker:
    preStop: [{ name: one, sleep: 1s }]
`;

function statusOf(life: () => ServiceLife) {
  const loaded = loadConfig({ text: TEXT, file: 'hooks.yaml', table: taskTable, env: {} });
  if (!loaded.ok) throw new Error('the config is right');
  const clock = manualClock();
  const status = createStatusNow({
    version: '1.2.3',
    startedAtMs: 7,
    life,
    live: { file: 'hooks.yaml', config: () => loaded.config, loadedAtMs: () => 8, problems: () => ['a problem'] },
    journal: { all: () => [endedRun()], durability: () => ({ state: 'durable' }) },
    traces: createRunTraces(clock),
    clock,
  });
  return { clock, status, digest: loaded.config.digest };
}

describe('the status now', () => {
  it('has the service, its config, its containers and its runs', () => {
    const { status, clock, digest } = statusOf(() => ({ state: 'serving' }));
    const { runs, ...rest } = status();
    expect(rest).toEqual({
      version: '1.2.3',
      state: 'serving',
      told: null,
      startedAtMs: 7,
      nowMs: clock.epochMs(),
      config: { file: 'hooks.yaml', digest, loadedAtMs: 8, problems: ['a problem'] },
      deadline: { source: 'config', graceMs: 45_000, reserveMs: 10_000 },
      journal: { state: 'durable' },
      containers: [
        {
          name: 'app',
          hooks: [
            { hook: 'postStart', tasks: 0 },
            { hook: 'preStop', tasks: 3 },
          ],
        },
        { name: 'worker', hooks: [{ hook: 'preStop', tasks: 1 }] },
      ],
    });
    expect(runs.map(({ id }) => id)).toEqual(['k3-2']);
  });

  it('says when it was told to end, always the same, and whose preStop it waits for', () => {
    const { status, clock } = statusOf(() => ({
      state: 'awaiting',
      signal: 'SIGTERM',
      sinceMs: 300,
      containers: ['app'],
      untilMs: 9000,
    }));
    clock.advance(500);
    const told = { signal: 'SIGTERM', atMs: clock.epochMs() - 200, awaits: ['app'] };
    expect(status().told).toEqual(told);
    clock.advance(0.7);
    expect(status().told).toEqual(told);
  });

  it('says at the very end, too, that it was told: that view stays on the page', () => {
    const finishing: ServiceLife = { state: 'finishing', signal: 'SIGTERM', sinceMs: 300, untilMs: undefined };
    let life: ServiceLife = finishing;
    const { status } = statusOf(() => life);
    const { told } = status();
    expect(told).toMatchObject({ signal: 'SIGTERM', awaits: [] });
    life = { state: 'stopping', code: 0, why: 'nothing is left to do' };
    expect(status()).toMatchObject({ state: 'stopping', told });
  });
});
