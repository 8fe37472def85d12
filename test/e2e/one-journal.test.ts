import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../src/rehearse/free-port.ts';
import { spawnService } from '../helpers/program.ts';
import { json } from '../helpers/request.ts';
import { hooks, ops, postStart, preStop, stage } from './stage.ts';

describe('two processes on one journal folder', () => {
  it('the second serves from memory and says so; a kill -9 of the first frees the folder', async () => {
    const { task, configure, start, journal, executions } = await stage();
    await configure(hooks({ preStop: [task('drain')] }));
    const first = await start();
    await postStart(first);
    const before = await journal();

    const second = await start();
    expect(json(await ops(second, '/readyz'))).toMatchObject({
      ready: true,
      checks: {
        journal: { state: 'degraded', reason: expect.stringContaining('another hookkeeper uses the journal folder') },
      },
    });
    expect(json(await preStop(second))).toMatchObject({
      outcome: 'succeeded',
      notes: [expect.stringContaining('a folder of its own')],
    });
    expect(await journal()).toEqual(before);
    second.kill('SIGKILL');
    await second.exited;

    first.kill('SIGKILL');
    await first.exited;
    const third = await start();
    expect(json(await ops(third, '/readyz'))).toMatchObject({ checks: { journal: { state: 'durable' } } });
    // It is the same life: the postStart is replayed, and the preStop is its first.
    expect(json(await postStart(third))).toMatchObject({ delivery: 'replayed' });
    expect(json(await preStop(third))).toMatchObject({ delivery: 'executed' });
    expect(executions()).toEqual(['drain', 'drain']);
  });

  it('one that is just ending is waited for', async () => {
    const { task, gate, open, configure, start, executed } = await stage();
    await configure(hooks({ preStop: [task('drain', gate('go'))] }));
    const first = await start();
    const draining = preStop(first);
    await executed('drain');
    first.kill('SIGTERM');
    const second = start();
    await open('go');
    await draining;
    expect(json(await ops(await second, '/readyz'))).toMatchObject({ checks: { journal: { state: 'durable' } } });
  });

  it('a SIGTERM that comes while it waits ends it as ever', async () => {
    const { configure, configFile, journalDir, start } = await stage();
    await configure(hooks({ preStop: [] }, { lifecycle: { sidecar: 'native' } }));
    await start();
    const port = await freePort(Math.random);
    const second = spawnService({ configFile, journalDir, args: [`--port=${port}`] });
    while (!(await takesConnections(port))) await pause(5);
    second.kill('SIGTERM');
    expect(await second.exited).toEqual({ code: 0, signal: null });
  });
});

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
