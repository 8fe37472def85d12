import { describe, expect, it } from 'vitest';
import type { HookEvent } from '../../src/hooks/event.ts';
import type { Durability, RunRecord } from '../../src/journal/entry.ts';
import { METRICS } from '../../src/observe/metric-table.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { taskTable } from '../../src/tasks/table.ts';
import { endedRun, endedTask } from '../server/hook-port.ts';

const run: RunRecord = { ...endedRun(), state: 'running', instance: 'k3f9' };
const delivery = { hook: 'preStop', container: 'app', caller: 'kubelet', key: undefined, atMs: 1000 } as const;

const DRAINED = { name: 'hookkeeper_drained_connections_total', type: 'counter', help: 'Connections' } as const;
const LEFT = { name: 'hookkeeper_connections_left', type: 'gauge', help: 'Connections left' } as const;
const FIGURES = [DRAINED, LEFT];

interface Fresh {
  readonly active?: number;
  readonly durability?: Durability;
  readonly hooks?: readonly { hook: 'preStop'; container: string; tasks: readonly { name: string; kind: string }[] }[];
}

function fresh({ active = 0, durability = { state: 'durable' }, hooks = [] }: Fresh = {}) {
  return createMetrics({
    version: '0.1.0',
    activeRuns: () => active,
    durability: () => durability,
    kinds: [{ name: 'exec' }, { name: 'drain', figures: FIGURES }],
    hooks: () => hooks,
    refusals: ['token'],
  });
}

/** The lines of our own metrics, without their help. */
async function exposed(metrics: ReturnType<typeof fresh>): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => line.startsWith('hookkeeper_'));
}

const attempt: HookEvent = {
  type: 'attemptEnded',
  run,
  task: 'register',
  attempt: 1,
  attempts: 3,
  outcome: 'failed',
  reason: null,
  durationMs: 5,
  retryInMs: 200,
  remainingMs: 5,
};

describe('the metrics', () => {
  it.each<[string, HookEvent, string[]]>([
    [
      'a delivery',
      {
        type: 'delivered',
        delivery,
        served: 'joined',
        run,
        identity: { incarnation: run.incarnation, guess: false, said: undefined },
      },
      ['hookkeeper_deliveries_total{hook="preStop",container="app",served="joined"} 1'],
    ],
    [
      'a delivery that the hooks refuse, without the container it names',
      { type: 'deliveryRefused', delivery: { ...delivery, container: 'whatever' }, reason: 'busy' },
      ['hookkeeper_refused_total{reason="hooks"} 1'],
    ],
    [
      'an attempt that is followed by another',
      attempt,
      [
        'hookkeeper_attempts_total{hook="preStop",container="app",task="register",outcome="failed"} 1',
        'hookkeeper_retries_total{hook="preStop",container="app",task="register"} 1',
      ],
    ],
    [
      'the end of a task',
      { type: 'taskEnded', run, task: endedTask('flush', { outcome: 'skipped' }), shed: false, remainingMs: 5 },
      ['hookkeeper_tasks_total{hook="preStop",container="app",task="flush",outcome="skipped"} 1'],
    ],
    [
      'a task that was shed',
      { type: 'taskEnded', run, task: endedTask('flush', { outcome: 'skipped' }), shed: true, remainingMs: 5 },
      ['hookkeeper_tasks_shed_total{hook="preStop",container="app",task="flush"} 1'],
    ],
    [
      'a stop that was taken back',
      { type: 'undoEnded', run, failed: [], durationMs: 5 },
      ['hookkeeper_undos_total{container="app",outcome="succeeded"} 1'],
    ],
    [
      'a stop that was not taken back whole',
      { type: 'undoEnded', run, failed: ['undo of drain failed'], durationMs: 5 },
      ['hookkeeper_undos_total{container="app",outcome="failed"} 1'],
    ],
    [
      'what a task measured and may grow',
      { type: 'taskFigure', run, task: 'connections', figure: DRAINED, value: 12 },
      ['hookkeeper_drained_connections_total{hook="preStop",container="app",task="connections"} 12'],
    ],
    [
      'what a task measured',
      { type: 'taskFigure', run, task: 'connections', figure: LEFT, value: 3 },
      ['hookkeeper_connections_left{hook="preStop",container="app",task="connections"} 3'],
    ],
    [
      'a run that was broken off',
      { type: 'runBrokenOff', run, why: 'its container is being stopped' },
      ['hookkeeper_runs_total{hook="preStop",container="app",outcome="interrupted"} 1'],
    ],
    [
      'the end of a run',
      { type: 'runEnded', run: endedRun({ outcome: 'timedOut', durationMs: 2400, remainingMs: 600 }) },
      [
        'hookkeeper_runs_total{hook="preStop",container="app",outcome="timedOut"} 1',
        'hookkeeper_run_duration_seconds_bucket{le="1",hook="preStop"} 0',
        'hookkeeper_run_duration_seconds_bucket{le="2.5",hook="preStop"} 1',
        'hookkeeper_run_duration_seconds_sum{hook="preStop"} 2.4',
        'hookkeeper_run_duration_seconds_count{hook="preStop"} 1',
        'hookkeeper_run_remaining_seconds{hook="preStop",container="app"} 0.6',
        'hookkeeper_run_working_seconds{hook="preStop",container="app"} 35',
        'hookkeeper_run_deadlines_total{hook="preStop",container="app",source="config"} 1',
      ],
    ],
  ])('count %s', async (_what, event, expected) => {
    const metrics = fresh();
    const before = await exposed(metrics);
    for (const line of expected) expect(before).not.toContain(line);
    metrics.countEvent(event);
    expect(await exposed(metrics)).toEqual(expect.arrayContaining(expected));
  });

  it('count from nothing for what the config has: an increase is seen only in what was there before', async () => {
    const tasks = [
      { name: 'flush', kind: 'exec' },
      { name: 'connections', kind: 'drain' },
    ];
    const metrics = fresh({ hooks: [{ hook: 'preStop', container: 'app', tasks }] });
    const expected = [
      'hookkeeper_deliveries_total{hook="preStop",container="app",served="joined"} 0',
      'hookkeeper_run_deadlines_total{hook="preStop",container="app",source="api"} 0',
      'hookkeeper_run_duration_seconds_count{hook="preStop"} 0',
      'hookkeeper_tasks_total{hook="preStop",container="app",task="flush",outcome="timedOut"} 0',
      'hookkeeper_retries_total{hook="preStop",container="app",task="flush"} 0',
      'hookkeeper_undos_total{container="app",outcome="failed"} 0',
      'hookkeeper_drained_connections_total{hook="preStop",container="app",task="connections"} 0',
      'hookkeeper_runs_total{hook="preStop",container="app",outcome="failed"} 0',
      'hookkeeper_runs_total{hook="preStop",container="app",outcome="interrupted"} 0',
      'hookkeeper_tasks_shed_total{hook="preStop",container="app",task="flush"} 0',
      'hookkeeper_refused_total{reason="token"} 0',
      'hookkeeper_config_reloads_total{result="failed"} 0',
    ];
    expect(await exposed(metrics)).toEqual(expect.arrayContaining(expected));
    metrics.countEvent({ type: 'runEnded', run: endedRun({ outcome: 'failed' }) });
    await metrics.text();
    const after = await exposed(metrics);
    expect(after).toContain('hookkeeper_runs_total{hook="preStop",container="app",outcome="failed"} 1');
    expect(after).toContain('hookkeeper_run_duration_seconds_count{hook="preStop"} 1');
    expect(after.join('\n')).not.toContain('drained_connections_total{hook="preStop",container="app",task="flush"}');
  });

  it('take no figure that no kind has named: a name makes a metric', async () => {
    const metrics = fresh();
    const figure = { name: 'hookkeeper_made_up', type: 'gauge', help: '' } as const;
    metrics.countEvent({ type: 'taskFigure', run, task: 'connections', figure, value: 1 });
    expect((await exposed(metrics)).join('\n')).not.toContain('made_up');
  });

  it('do not count as a delivery what Hookkeeper begins by itself, as the app ended without a preStop', async () => {
    const metrics = fresh();
    const identity = { incarnation: run.incarnation, guess: false, said: undefined };
    const nobody = { ...delivery, caller: 'other', withoutHook: true } as const;
    metrics.countEvent({ type: 'delivered', delivery: nobody, served: 'executed', run, identity });
    expect((await exposed(metrics)).join('\n')).not.toContain('hookkeeper_deliveries_total{');
  });

  it('do not count a task as shed that was left out for another reason', async () => {
    const metrics = fresh();
    metrics.countEvent({ type: 'taskEnded', run, task: endedTask('flush'), shed: false, remainingMs: 5 });
    expect((await exposed(metrics)).join('\n')).not.toContain('hookkeeper_tasks_shed_total{');
  });

  it('do not count an attempt as retried after which nothing comes', async () => {
    const metrics = fresh();
    metrics.countEvent({ ...attempt, retryInMs: undefined });
    expect((await exposed(metrics)).join('\n')).not.toContain('hookkeeper_retries_total{');
  });

  it('show what is so now', async () => {
    expect(await exposed(fresh())).toEqual(
      expect.arrayContaining([
        'hookkeeper_runs_active 0',
        'hookkeeper_journal_degraded 0',
        'hookkeeper_config_last_reload_successful 1',
        'hookkeeper_build_info{version="0.1.0"} 1',
      ]),
    );
    const lines = await exposed(fresh({ active: 2, durability: { state: 'degraded', reason: 'ENOSPC', sinceMs: 0 } }));
    expect(lines).toEqual(expect.arrayContaining(['hookkeeper_runs_active 2', 'hookkeeper_journal_degraded 1']));
  });

  it('count refusals by their class, writes of the journal and reloads of the config', async () => {
    const metrics = fresh();
    metrics.countRefused('token');
    metrics.countRefused('token');
    metrics.countJournalEvent({ type: 'written', bytes: 512, durationMs: 1 });
    metrics.countJournalEvent({ type: 'writeFailed', reason: 'ENOSPC' });
    metrics.countJournalEvent({ type: 'recovered' });
    metrics.countReload('ok');
    metrics.countReload('failed');
    expect(await exposed(metrics)).toEqual(
      expect.arrayContaining([
        'hookkeeper_refused_total{reason="token"} 2',
        'hookkeeper_journal_writes_total{result="ok"} 1',
        'hookkeeper_journal_writes_total{result="failed"} 1',
        'hookkeeper_journal_bytes 512',
        'hookkeeper_config_reloads_total{result="ok"} 1',
        'hookkeeper_config_reloads_total{result="failed"} 1',
        'hookkeeper_config_last_reload_successful 0',
      ]),
    );
    metrics.countReload('ok');
    expect(await exposed(metrics)).toContain('hookkeeper_config_last_reload_successful 1');
  });

  it('are those of the table, and of Node and the process', async () => {
    const text = await fresh().text();
    const types = [...text.matchAll(/^# TYPE (hookkeeper_\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    expect(types.toSorted()).toEqual(
      [...Object.values(METRICS), ...FIGURES].map(({ name, type }) => `${name} ${type}`).toSorted(),
    );
    for (const { name, help } of Object.values(METRICS)) expect(text).toContain(`# HELP ${name} ${help}\n`);
    expect(text).toContain('nodejs_heap_size_used_bytes');
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('are named as Prometheus asks', () => {
    const rows = [...Object.values(METRICS), ...taskTable.kinds.flatMap(({ figures = [] }) => figures)];
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    for (const { name, type } of rows) {
      expect(name).toMatch(/^hookkeeper_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });

  it('have a registry of their own: two programs in one process do not mix', async () => {
    const [one, two] = [fresh(), fresh()];
    one.countRefused('token');
    expect(await exposed(two)).toContain('hookkeeper_refused_total{reason="token"} 0');
  });
});
