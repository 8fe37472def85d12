import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../src/rehearse/free-port.ts';
import { startKubernetesApi } from '../helpers/kubernetes-api.ts';
import type { Service } from '../helpers/program.ts';
import { json } from '../helpers/request.ts';
import { within } from '../helpers/within.ts';
import { kubeletOf, ops, type Stage, stage, until } from './stage.ts';

let apps = 0;

/** The app's container: each `start` is a new instance of it. */
function appOf({ dir }: Stage, port?: number) {
  const name = `hookkeeper-evidence-${process.pid}-${++apps}`;
  const listen = `require('node:net').createServer().listen(${port}, '127.0.0.1', () => `;
  const script = `${port === undefined ? '(' : listen}require('node:fs').writeFileSync('${dir}/up', '')); setInterval(() => {}, 1e6)`;
  let child: ChildProcess | undefined;
  onTestFinished(() => void child?.kill('SIGKILL'));
  return {
    name,
    async start() {
      await rm(join(dir, 'up'), { force: true });
      child = spawn(process.execPath, ['-e', script], { argv0: name, stdio: 'ignore' });
      await until('the app', () => existsSync(join(dir, 'up')));
    },
    async crash() {
      if (child === undefined) throw new Error('the app was not started');
      const end = once(child, 'exit');
      child.kill('SIGKILL');
      await within('the end of the app', end);
    },
  };
}

/** The hooks of `app`, whose postStart notes that it `began`, and what else tells of it. */
function config({ task }: Stage, app: object = {}) {
  const container = { postStart: [task('begin')], preStop: [task('end')], ...app };
  return { version: 1, grace: { period: '40s', reserve: '5s' }, containers: { app: container } };
}

/** What decided about the deliveries so far: the life and the evidence of each. */
function decided(service: Service): string[] {
  const delivered = service.log().filter(({ event }) => event === 'delivered');
  return delivered.map(
    (line) => `${String(line['incarnation'])} by ${String(line['evidence'])}, ${String(line['served'])}`,
  );
}

/** Waits until the journal has learned what a source tells of the life. */
async function learned(service: Service, source: string, holds: (mark: object) => boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const marks = marksIn(json(await ops(service, '/status')), source);
    if (marks.some(holds)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the journal learned nothing from ${source}`);
}

function marksIn(status: unknown, source: string): object[] {
  const found: object[] = [];
  JSON.stringify(status, (key, value) => {
    if (key === source && typeof value === 'object' && value !== null) found.push(value);
    return value;
  });
  return found;
}

describe('a crash that restarts the app within the dedupe window has its postStart run again', () => {
  it('where the PID namespace is shared: by the processes', async () => {
    const theStage = await stage();
    const app = appOf(theStage);
    await theStage.configure(config(theStage, { process: { commandLine: `^${app.name} ` } }));
    const service = await theStage.start();
    await app.start();
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    await app.crash();
    await app.start();
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    expect(await kubeletOf(service).preStop()).toMatchObject({ kind: 'success' });
    expect(await kubeletOf(service).preStop()).toMatchObject({ kind: 'success' });
    expect(theStage.executions()).toEqual(['begin', 'begin', 'end']);
    expect(decided(service)).toEqual([
      'life-1 by sequence, executed',
      'life-1 by process, replayed',
      'life-2 by process, executed',
      'life-2 by process, executed',
      'life-2 by process, replayed',
    ]);
  });

  it('also when the sidecar was restarted too: the marks are in the journal', async () => {
    const theStage = await stage();
    const app = appOf(theStage);
    await theStage.configure(config(theStage, { process: { commandLine: `^${app.name} ` } }));
    const before = await theStage.start();
    await app.start();
    expect(await kubeletOf(before).postStart()).toMatchObject({ kind: 'success' });
    before.kill('SIGKILL');
    await before.exited;
    await app.crash();
    await app.start();
    const service = await theStage.start();
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    expect(theStage.executions()).toEqual(['begin', 'begin']);
    expect(decided(service)).toEqual(['life-2 by process, executed']);
  });

  it('where its ports are in the config: by the listening sockets', async () => {
    const theStage = await stage();
    const port = await freePort(Math.random);
    const app = appOf(theStage, port);
    await theStage.configure(config(theStage, { ports: [port], process: { name: 'nobody-is-called-so' } }));
    const service = await theStage.start();
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    await app.start();
    await learned(service, 'sockets', (mark) => 'inodes' in mark);
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    await app.crash();
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    await app.start();
    await app.crash();
    // A drained app listens no more, and is the same.
    expect(await kubeletOf(service).preStop()).toMatchObject({ kind: 'success' });
    expect(await kubeletOf(service).preStop()).toMatchObject({ kind: 'success' });
    expect(theStage.executions()).toEqual(['begin', 'begin', 'end']);
    expect(decided(service).slice(0, 3)).toEqual([
      'life-1 by sequence, executed',
      'life-1 by sockets, replayed',
      'life-2 by sockets, executed',
    ]);
  });

  it('where the pod may be read: by its status, though that shows the instance before at each postStart', async () => {
    const theStage = await stage();
    await theStage.configure(config(theStage, { process: { name: 'nobody-is-called-so' } }));
    const api = await startKubernetesApi({ containers: [{ name: 'app' }] });
    const service = await theStage.start({ env: api.env });
    const app = (containerID: string, state: object, restartCount = 0) =>
      api.setPod({ containers: [{ name: 'app', containerID, restartCount, state }] });
    const running = { running: { startedAt: '2026-03-01T09:00:00Z' } };
    const terminated = { terminated: { exitCode: 1, startedAt: '2026-03-01T09:00:00Z' } };

    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    app('containerd://one', running);
    await learned(service, 'api', (mark) => 'containerId' in mark && mark.containerId === 'containerd://one');
    app('containerd://one', terminated);
    // The crash; the API server knows of the end of the first instance, and not yet of the second.
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    // The same again, as after a broken connection: the first instance's end is not news twice.
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    app('containerd://two', running, 1);
    expect(await kubeletOf(service).preStop()).toMatchObject({ kind: 'success' });
    expect(await kubeletOf(service).preStop()).toMatchObject({ kind: 'success' });
    expect(theStage.executions()).toEqual(['begin', 'begin', 'end']);
    expect(decided(service)).toEqual([
      'life-1 by sequence, executed',
      'life-2 by api, executed',
      'life-2 by sequence, replayed',
      'life-2 by sequence, executed',
      'life-2 by api, replayed',
    ]);
  });
});

describe('where nothing can tell', () => {
  it('a postStart within the window is taken for a repeat, and the log says that this is a guess and how to do better', async () => {
    const theStage = await stage();
    await theStage.configure(config(theStage, { process: { name: 'nobody-is-called-so' } }));
    const service = await theStage.start();
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    expect(theStage.executions()).toEqual(['begin']);
    const guess = await service.line('the guess', (line) => line['guess'] === true);
    expect(guess).toMatchObject({ level: 'warn', evidence: 'sequence', served: 'replayed' });
    expect(guess['msg']).toMatch(
      /a guess: .*; to know it, .*let its service account get the pod, or list the app's ports/,
    );
  });
});

describe('an API server that is slow', () => {
  it('is no failure of a hook, and a flood of deliveries has one run all the same', async () => {
    const theStage = await stage();
    await theStage.configure(config(theStage, { process: { name: 'nobody-is-called-so' } }));
    const api = await startKubernetesApi();
    api.behave('never');
    const service = await theStage.start({ env: api.env });
    const kubelets = Array.from({ length: 50 }, () => kubeletOf(service));
    const results = await Promise.all(kubelets.map((kubelet) => kubelet.preStop()));
    expect(results.map(({ kind }) => kind)).toEqual(Array(50).fill('success'));
    expect(theStage.executions()).toEqual(['end']);
    const first = await service.line('a delivery', ({ event }) => event === 'delivered');
    expect(first['api']).toBe('the API server gave no answer within 300 ms');
  });
});
