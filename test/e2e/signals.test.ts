import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { json } from '../helpers/request.ts';
import { hooks, kubeletOf, ops, preStop, stage, until } from './stage.ts';

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('ends an idle service with 0', async () => {
    const { configure, start } = await stage();
    await configure(hooks({ preStop: [] }));
    const service = await start();
    service.kill(signal);
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.log().at(-1)).toMatchObject({ msg: 'hookkeeper ends with 0' });
  });

  it('while a run is executed lets it end and others join it, and then ends with 0', async () => {
    const { task, gate, open, configure, start, executions, executed } = await stage();
    await configure(hooks({ preStop: [task('first', gate('go')), task('second')] }));
    const service = await start();
    const first = preStop(service);
    await executed('first');
    service.kill(signal);
    await service.line('the signal', ({ signal: heard }) => heard === signal);
    const status = json(await ops(service, '/status'));
    expect(status).toMatchObject({ state: 'finishing', activeRuns: 1 });
    const second = preStop(service);
    await service.line('the second', ({ served }) => served === 'joined');
    await open('go');
    expect([json(await first), json(await second)]).toMatchObject([
      { delivery: 'executed', outcome: 'succeeded' },
      { delivery: 'joined', outcome: 'succeeded' },
    ]);
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(executions()).toEqual(['first', 'second']);
  });

  it('that comes twice breaks a run off at once with 1, leaves no process, and the next process goes on', async () => {
    const { task, gate, open, configure, start, executions, executed, processes, journal } = await stage();
    // Ignoring SIGTERM would buy it no time, nor would its long killAfter.
    const deaf = task('second', `trap '' TERM INT\n${gate('go')}`, {}, { killAfter: '15s' });
    await configure(hooks({ preStop: [task('first'), deaf, task('third')] }));
    const service = await start();
    const lost = kubeletOf(service).preStop();
    await executed('second');
    service.kill(signal);
    await service.line('the signal', ({ signal: heard }) => heard === signal);
    service.kill(signal);
    expect(await service.exited).toEqual({ code: 1, signal: null });
    await until('the end of the task', () => processes().length === 0);
    const why = `a second signal came, ${signal} after ${signal}`;
    expect(await lost).toMatchObject({ kind: 'failure', error: expect.stringContaining(why) });
    expect((await journal()).runs).toMatchObject([
      { state: 'interrupted', tasks: [{ outcome: 'succeeded' }, { state: 'running' }, { state: 'pending' }] },
    ]);
    expect(service.log()).toContainEqual(expect.objectContaining({ event: 'runBrokenOff', why, notBegun: ['third'] }));
    await open('go');
    expect(json(await preStop(await start()))).toMatchObject({ delivery: 'resumed', outcome: 'succeeded' });
    expect(executions()).toEqual(['first', 'second', 'second', 'third']);
  });
});

describe('a thread that a hanging volume never lets go', () => {
  it.each([
    ['a look at a file', (fifo: string) => `require('node:fs').open('${fifo}', () => {});`],
    [
      'a snapshot that was given up',
      (fifo: string) => `
        const { Worker } = require('node:worker_threads');
        const worker = new Worker("require('node:fs').openSync('${fifo}')", { eval: true });
        worker.once('online', () => void worker.terminate());
      `,
    ],
  ])('holds up no end: %s', async (_what, hangs) => {
    const { dir, configure, start } = await stage();
    await configure(hooks({ preStop: [] }));
    // What opens a FIFO waits until somebody writes there, and nobody does.
    const [fifo, preload] = [join(dir, 'fifo'), join(dir, 'hang.cjs')];
    execFileSync('mkfifo', [fifo]);
    await writeFile(preload, hangs(fifo));
    const service = await start({ nodeFlags: ['--require', preload] });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.log().at(-1)).toEqual({ msg: expect.stringContaining('a volume or a name server does not answer') });
  });
});
