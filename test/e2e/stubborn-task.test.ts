import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { json } from '../helpers/request.ts';
import { hooks, kubeletOf, preStop, stage, until } from './stage.ts';

const STUBBORN = join(import.meta.dirname, '..', 'fixtures', 'e2e', 'stubborn.sh');
/** 3 s of work: enough for the script to start its children on any machine. */
const GRACE = { grace: { period: '4s', reserve: '1s' } };

describe('a task that ignores SIGTERM and has children in other process groups', () => {
  it('is gone with all of them before the answer, which comes before deadline minus reserve', async () => {
    const { task, configure, start, executions, processes } = await stage();
    const tasks = [
      task('before'),
      task('stubborn', `exec ${STUBBORN}`),
      task('after'),
      task('save', '', { priority: 'critical', timeout: '300ms' }),
    ];
    await configure(hooks({ preStop: tasks }, GRACE));
    const service = await start();
    const kubelet = kubeletOf(service).preStop({}, 60_000);
    await until('all children', () => processes().length === 6);
    const reply = await preStop(service);
    const left = processes();
    const result = await kubelet;

    expect(left).toEqual([]);
    expect(executions()).toEqual(['before', 'stubborn', 'save']);
    expect(reply).toMatchObject({ kind: 'answered', status: 500 });
    expect(json(reply)).toMatchObject({
      outcome: 'timedOut',
      deadline: { source: 'config', graceMs: 4000, reserveMs: 1000 },
      tasks: [
        { name: 'before', outcome: 'succeeded' },
        {
          name: 'stubborn',
          outcome: 'timedOut',
          reason: expect.stringContaining("was cut short by the run's deadline"),
        },
        { name: 'after', outcome: 'skipped', reason: 'was skipped as task stubborn did not succeed' },
        { name: 'save', outcome: 'succeeded' },
      ],
    });
    const ended = await service.line('the end of the run', ({ event }) => event === 'runEnded');
    expect(ended['remainingMs']).toBeGreaterThan(0);
    expect(ended['durationMs']).toBeLessThan(3000);
    expect(result).toMatchObject({ kind: 'failure', requests: 1 });
    expect(result.kind === 'failure' && result.message).toMatch(
      /hookkeeper preStop timed out \(run \S+ in its log\) - task stubborn was cut short by the run's deadline/,
    );
    const killed = service.log().find(({ msg }) => String(msg).includes('sends SIGKILL to what did not end'));
    expect(killed).toMatchObject({ task: 'stubborn', event: 'taskOutput' });
  });

  it('is gone before the answer also where a new kubelet brings a shorter grace while it runs, whatever its killAfter', async () => {
    const { task, configure, start, executed, executions, processes } = await stage();
    const stubborn = task('stubborn', `exec ${STUBBORN}`, { priority: 'optional' }, { killAfter: '30s' });
    const save = task('save', '', { priority: 'critical', timeout: '1s' }, { killAfter: '0s' });
    await configure(hooks({ preStop: [stubborn, save] }));
    const service = await start();
    const first = kubeletOf(service).preStop();
    await executed('stubborn');
    await until('all children', () => processes().length === 6);
    const shorter = [{ name: 'Hookkeeper-Grace', value: '6s' }];
    expect(await kubeletOf(service).preStop({ httpHeaders: shorter })).toMatchObject({ kind: 'success' });
    expect(processes()).toEqual([]);
    expect(executions()).toEqual(['stubborn', 'save']);
    await first;
  });

  it('that ends by itself and leaves them running succeeds, and they are ended and named', async () => {
    const { task, configure, start, processes } = await stage();
    await configure(hooks({ preStop: [task('careless', `${STUBBORN} & sleep 0.3`)] }));
    const service = await start();
    const reply = await preStop(service);
    expect(processes()).toEqual([]);
    expect(json(reply)).toMatchObject({ outcome: 'succeeded' });
    const said = service.log().find(({ msg }) => String(msg).includes('ends what the command left running'));
    expect(said?.['msg']).toMatch(/left running: .*(stubborn\.sh|sleep)/);
  });
});

describe('fifty parallel tasks that ignore SIGTERM', () => {
  it('are all gone before the answer, which comes before the deadline', async () => {
    const { task, configure, start, executions, processes } = await stage();
    const stubborn = (_: unknown, index: number) => task(`stubborn-${index}`, "trap '' TERM; sleep 600; sleep 600");
    const parallel = Array.from({ length: 50 }, stubborn);
    // 6 s of work: enough to start them all on any machine.
    await configure(hooks({ preStop: [{ parallel }] }, { grace: { period: '20s', reserve: '14s' } }));
    const service = await start();
    const reply = await preStop(service);
    const left = processes();

    expect(left).toEqual([]);
    expect(executions()).toHaveLength(50);
    expect(json(reply)).toMatchObject({ outcome: 'timedOut' });
    const ended = await service.line('the end of the run', ({ event }) => event === 'runEnded');
    // Fifty at once are more than a busy machine ends in the quarter of a second that is kept for it: then the reserve has to do.
    expect(ended['durationMs']).toBeLessThan(20_000);
    const ends = service.log().filter(({ event }) => event === 'taskEnded');
    const reasons = new Set(ends.map(({ reason }) => reason));
    expect([...reasons]).toEqual(["was cut short by the run's deadline (was told to stop)"]);
  });
});
