import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod/mini';
import { startKubernetesApi } from '../helpers/kubernetes-api.ts';
import { json } from '../helpers/request.ts';
import { kubeletOf, ops, postStart, preStop, stage, type Task, until } from './stage.ts';

/** An app that listens, as far as its pod can see. */
async function app(): Promise<{ readonly port: number; readonly end: () => Promise<unknown> }> {
  const server: Server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return { port: address.port, end: () => once(server.close(), 'close') };
}

const Awaiting = z.looseObject({ life: z.looseObject({ sinceAtMs: z.number(), untilAtMs: z.number() }) });

const NATIVE = { sidecar: 'native' };
const GRACE = { period: '40s', reserve: '5s' };

/** A config whose container `app` listens on `port`. */
function config(port: number, preStops: readonly Task[]) {
  return { version: 1, grace: GRACE, containers: { app: { ports: [port], postStart: [], preStop: preStops } } };
}

describe('an app whose listening port is seen', () => {
  it('is waited for with all the grace but the reserve while it is there', async () => {
    const { port } = await app();
    const { task, configure, start } = await stage();
    await configure(config(port, [task('drain')]));
    const service = await start();
    await postStart(service);
    service.kill('SIGTERM');
    await service.line('the look', ({ presence }) => presence === 'alive');
    const { life } = z.parse(Awaiting, json(await ops(service, '/status')));
    // Each is rounded.
    expect(Math.abs(life.untilAtMs - life.sinceAtMs - 35_000)).toBeLessThanOrEqual(1);
    expect(json(await preStop(service))).toMatchObject({ outcome: 'succeeded' });
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('that ends while its preStop is waited for has its last tasks run, once, and is waited for no longer', async () => {
    const { port, end } = await app();
    const { task, configure, start, executions, journal } = await stage();
    await configure(config(port, [task('drain'), task('snapshot', '', { alsoWithoutHook: true })]));
    const service = await start();
    await postStart(service);
    service.kill('SIGTERM');
    await service.line('the look', ({ presence }) => presence === 'alive');
    await end();
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(executions()).toEqual(['snapshot']);
    const [opening, closing] = (await journal()).runs;
    expect(closing).toMatchObject({ hook: 'preStop', incarnation: { id: opening?.incarnation.id } });
  });

  it('and a native sidecar told to end beside it: the grace is over, and what runs is broken off before SIGKILL', async () => {
    const { port } = await app();
    const { task, gate, configure, start, executed, processes, journal } = await stage();
    const stubborn = task('drain', `trap '' TERM\n${gate('never')}`);
    await configure({ ...config(port, [stubborn]), lifecycle: NATIVE });
    const service = await start();
    await postStart(service);
    const draining = preStop(service);
    await executed('drain');
    service.kill('SIGTERM');
    const line = await service.line('the end', ({ msg }) => String(msg).includes('SIGKILL is about to come'));
    expect(line).toMatchObject({ level: 'warn', code: 1 });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    await draining;
    await until('the end of the task', () => processes().length === 0);
    // The next process goes on with it.
    expect((await journal()).runs.at(-1)).toMatchObject({ hook: 'preStop', state: 'interrupted' });
  });

  it('and a native sidecar told to end beside it goes on where the API server tells the grace, also with a shorter timeout', async () => {
    const { port } = await app();
    const { task, gate, open, configure, start, executed } = await stage();
    const tasks = [task('drain', gate('go'))];
    const { containers, ...rest } = config(port, []);
    const preStops = { tasks, timeout: '30s' };
    await configure({ ...rest, containers: { app: { ...containers.app, preStop: preStops } }, lifecycle: NATIVE });
    const deletionTimestamp = new Date(Date.now() + 40_000).toISOString().replace(/\.\d+/, '');
    const api = await startKubernetesApi({ deletionTimestamp, deletionGracePeriodSeconds: 40 });
    const service = await start({ env: { ...api.env } });
    await postStart(service);
    const draining = kubeletOf(service).preStop();
    await executed('drain');
    service.kill('SIGTERM');
    // A native sidecar breaks off 1.5 s after its SIGTERM what the grace may not be long enough for.
    await pause(2500);
    await open('go');
    const result = await draining;
    expect(result.kind === 'success' && JSON.parse(result.body)).toMatchObject({
      outcome: 'succeeded',
      deadline: { source: 'preStop.timeout' },
    });
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });
});
