import { describe, expect, it } from 'vitest';
import { json } from '../helpers/request.ts';
import { hooks, postStart, preStop, stage } from './stage.ts';

const DUPLICATES = 1000;
/** As the kubelets of both times, and two others. */
const CALLERS = ['kube-lifecycle/1.36', 'Go-http-client/1.1', 'curl/8.5.0', 'somebody'];

describe('a thousand deliveries at once', () => {
  it.each([
    ['preStop', preStop],
    ['postStart', postStart],
  ])('of one %s execute each of its tasks once, and all get its result', async (hook, call) => {
    const { task, gate, open, configure, start, executions, executed, journal } = await stage();
    const tasks = [
      task('first'),
      { parallel: [task('left'), task('right', gate('go'))] },
      task('last', '', { priority: 'critical' }),
    ];
    await configure(hooks({ [hook]: hook === 'postStart' ? { tasks, dedupeWindow: '5m' } : tasks }));
    const service = await start();
    const calls = Array.from({ length: DUPLICATES }, (_, index) =>
      call(service, { headers: { 'User-Agent': CALLERS[index % CALLERS.length] ?? '' } }),
    );
    await executed('right');
    await service.line('a delivery that joins', ({ served }) => served === 'joined');
    await open('go');
    const replies = await Promise.all(calls);

    expect(executions().toSorted()).toEqual(['first', 'last', 'left', 'right']);
    expect(new Set(replies.map((reply) => (reply.kind === 'answered' ? reply.status : reply.error)))).toEqual(
      new Set([200]),
    );
    const served = replies.map((reply) => (reply.kind === 'answered' ? reply.headers['x-hookkeeper-delivery'] : ''));
    expect(served.filter((delivery) => delivery === 'executed')).toHaveLength(1);
    expect(served.filter((delivery) => delivery === 'joined' || delivery === 'replayed')).toHaveLength(DUPLICATES - 1);
    expect(new Set(replies.map((reply) => reply.kind === 'answered' && reply.headers['x-hookkeeper-run'])).size).toBe(
      1,
    );
    expect(json(replies[0] ?? { kind: 'broken', error: 'none' })).toMatchObject({ hook, outcome: 'succeeded' });
    const { runs } = await journal();
    expect(runs).toMatchObject([{ hook, state: 'ended', outcome: 'succeeded' }]);
  });
});
