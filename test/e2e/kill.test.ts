import { describe, expect, it } from 'vitest';
import { randomFrom } from '../helpers/random.ts';
import { json } from '../helpers/request.ts';
import { runLane } from './kill-lane.ts';
import { hooks, preStop, stage } from './stage.ts';

const KILLS = 240;
/** Sidecars that live and die at a time. */
const LANES = 4;

describe('kill -9 of the sidecar', () => {
  it('at any moment of any run takes no finished task back, and leaves a journal that the next one goes on with', {
    timeout: 240_000,
  }, async ({ annotate }) => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
    // A lane that fails leaves the others to their end, so that none outlives the test.
    const lanes = await Promise.allSettled(
      Array.from({ length: LANES }, (_, lane) => runLane(KILLS / LANES, randomFrom(seed + lane))),
    );
    const reports = lanes.map((lane, index) => {
      if (lane.status === 'fulfilled') return lane.value;
      throw new Error(`lane ${index} of SEED=${seed}: ${String(lane.reason)}`, { cause: lane.reason });
    });
    const found = new Map<string, number>();
    for (const report of reports)
      for (const [state, count] of report.found) found.set(state, (found.get(state) ?? 0) + count);
    const sum = (key: 'kills' | 'runs' | 'executions') => reports.reduce((all, report) => all + report[key], 0);
    await annotate(`SEED=${seed}: ${sum('kills')} kills, ${sum('runs')} runs, ${sum('executions')} executions`);

    expect(sum('kills')).toBeGreaterThanOrEqual(KILLS);
    // A control: the kills were spread over all of the run, before its claim, during each task, and after its end.
    const hit = ['warm', 'register', 'first', 'left', 'right', 'at-most-once', 'last'].map((name) => `${name} running`);
    expect([...found.keys()]).toEqual(expect.arrayContaining(['no claim', ...hit, 'last pending', 'first ended']));
  });

  it('leaves its task to itself, which is ended before it is run again, and never beside', async () => {
    const { task, gate, open, configure, start, executed, processes } = await stage();
    await configure(hooks({ preStop: [task('drain', gate('go'))] }));
    const first = await start();
    void preStop(first);
    await executed('drain');
    const orphans = processes();
    first.kill('SIGKILL');
    await first.exited;
    // Of the script and its sleep, which comes and goes.
    expect(orphans.filter((pid) => processes().includes(pid))).not.toEqual([]);

    const second = preStop(await start());
    await executed('drain', 2);
    expect(orphans.filter((pid) => processes().includes(pid))).toEqual([]);
    await open('go');
    expect(json(await second)).toMatchObject({ delivery: 'resumed', outcome: 'succeeded' });
  });
});
