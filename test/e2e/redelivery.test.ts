import { describe, expect, it } from 'vitest';
import { json } from '../helpers/request.ts';
import { hooks, kubeletOf, postStart, preStop, stage } from './stage.ts';

describe('a preStop that is delivered again', () => {
  it('by a new kubelet, as the first one died in the middle, joins its run, which gets the fresh grace', async () => {
    const { task, gate, open, configure, start, executions, executed } = await stage();
    // The first task outlasts what is not worth a move of the deadline.
    await configure(hooks({ preStop: [task('first', 'sleep 1.1'), task('second', gate('go')), task('third')] }));
    const service = await start();
    const dying = kubeletOf(service);
    const lost = dying.preStop();
    await executed('second');
    dying.die();
    expect(await lost).toMatchObject({ kind: 'kubeletDied' });
    const gone = await service.line('its end', ({ callerGone }) => callerGone === true);
    expect(gone['msg']).toContain('the caller went away');

    const again = kubeletOf(service).preStop();
    const moved = await service.line('the fresh grace', ({ event }) => event === 'deadlineMoved');
    const before = service.log().find(({ event, task: name }) => event === 'taskStarted' && name === 'second');
    expect(moved['remainingMs']).toBeGreaterThan(Number(before?.['remainingMs']));
    await open('go');
    const result = await again;
    expect(result).toMatchObject({ kind: 'success', status: 200, requests: 1 });
    expect(result.kind === 'success' && JSON.parse(result.body)).toMatchObject({
      delivery: 'joined',
      outcome: 'succeeded',
    });
    expect(executions()).toEqual(['first', 'second', 'third']);
  });

  it('by anybody else joins too, and moves no deadline', async () => {
    const { task, gate, open, configure, start, executions, executed } = await stage();
    await configure(hooks({ preStop: [task('first', 'sleep 1.1'), task('second', gate('go'))] }));
    const service = await start();
    const first = preStop(service);
    await executed('second');
    const second = preStop(service);
    await service.line('the second', ({ served }) => served === 'joined');
    await open('go');
    expect([json(await first), json(await second)]).toMatchObject([{ delivery: 'executed' }, { delivery: 'joined' }]);
    expect(executions()).toEqual(['first', 'second']);
    expect(service.log().filter(({ event }) => event === 'deadlineMoved')).toEqual([]);
  });

  it('after it was answered is told the recorded result, also by the next process', async () => {
    const { task, configure, start, executions } = await stage();
    await configure(hooks({ preStop: [task('first'), task('second')] }));
    const service = await start();
    const first = json(await preStop(service));
    const again = json(await preStop(service));
    expect([first, again]).toMatchObject([{ delivery: 'executed' }, { delivery: 'replayed' }]);
    service.kill('SIGTERM');
    await service.exited;
    const next = await start();
    const third = await kubeletOf(next, '1.24').preStop();
    expect(third.kind === 'success' && JSON.parse(third.body)).toEqual(again);
    expect(executions()).toEqual(['first', 'second']);
  });

  it('after it failed has only those of its tasks run that did not succeed', async () => {
    const { task, open, isOpen, configure, start, executions } = await stage();
    const flaky = task('flaky', isOpen('mended'));
    await configure(hooks({ preStop: [{ parallel: [task('good'), flaky] }, task('last')] }));
    const service = await start();
    expect(await kubeletOf(service).preStop()).toMatchObject({ kind: 'failure' });
    expect(await kubeletOf(service).preStop()).toMatchObject({ kind: 'failure' });
    expect(executions().toSorted()).toEqual(['flaky', 'flaky', 'good']);
    await open('mended');
    const result = await kubeletOf(service).preStop();
    expect(result.kind === 'success' && JSON.parse(result.body)).toMatchObject({
      delivery: 'resumed',
      tasks: [
        { name: 'good', attempts: 1 },
        { name: 'flaky', attempts: 3 },
        { name: 'last', attempts: 1 },
      ],
    });
    expect(executions().toSorted()).toEqual(['flaky', 'flaky', 'flaky', 'good', 'last']);
  });

  it.each([
    ['rerun', 200, ['first', 'second', 'second', 'last']],
    ['skip', 200, ['first', 'second', 'last']],
    ['fail', 500, ['first', 'second']],
  ])(
    'after a kill -9 in the middle does with the interrupted task as onInterrupted says: %s',
    async (onInterrupted, status, done) => {
      const { task, gate, open, configure, start, executions, executed } = await stage();
      const second = task('second', gate('go'), { onInterrupted });
      await configure(hooks({ preStop: [task('first'), second, task('last')] }));
      const service = await start();
      const lost = preStop(service);
      await executed('second');
      service.kill('SIGKILL');
      expect(await lost).toMatchObject({ kind: 'broken' });
      await open('go');
      const reply = await preStop(await start());
      expect(reply).toMatchObject({ status, headers: { 'x-hookkeeper-delivery': 'resumed' } });
      expect(executions()).toEqual(done);
    },
  );
});

describe('the next life of the container', () => {
  it('has both hooks run again: a postStart after a preStop opens it', async () => {
    const { task, configure, start, executions } = await stage();
    await configure(hooks({ postStart: [task('begin')], preStop: [task('end')] }));
    const service = await start();
    const kubelet = kubeletOf(service);
    for (const call of [kubelet.postStart, kubelet.preStop, kubelet.preStop, kubelet.postStart, kubelet.preStop]) {
      expect(await call()).toMatchObject({ kind: 'success', status: 200 });
    }
    expect(executions()).toEqual(['begin', 'end', 'begin', 'end']);
    const lives = service.log().flatMap(({ event, incarnation }) => (event === 'delivered' ? [incarnation] : []));
    expect(lives).toEqual(['life-1', 'life-1', 'life-1', 'life-3', 'life-3']);
  });
});

describe('a caller that goes away', () => {
  it('cancels nothing: its run goes on to its end', async () => {
    const { task, gate, open, configure, start, executions, executed } = await stage();
    await configure(hooks({ postStart: [task('first', gate('go')), task('second')] }));
    const service = await start();
    const leaving = new AbortController();
    const lost = postStart(service, { signal: leaving.signal });
    await executed('first');
    leaving.abort();
    expect(await lost).toMatchObject({ kind: 'broken' });
    await service.line('its end', ({ callerGone }) => callerGone === true);
    await open('go');
    const ended = await service.line('the end of the run', ({ event }) => event === 'runEnded');
    expect(ended).toMatchObject({ outcome: 'succeeded' });
    expect(json(await postStart(service))).toMatchObject({ delivery: 'replayed', outcome: 'succeeded' });
    expect(executions()).toEqual(['first', 'second']);
  });
});
