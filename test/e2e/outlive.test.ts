import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../src/rehearse/free-port.ts';
import { PROGRAM, type Service, spawnService } from '../helpers/program.ts';
import { json, request } from '../helpers/request.ts';
import { within } from '../helpers/within.ts';
import { hooks, kubeletOf, ops, postStart, preStop, stage } from './stage.ts';

const said = (service: Service, text: string) => service.line(text, ({ msg }) => String(msg).includes(text));
const last = { alsoWithoutHook: true };

describe('after SIGTERM', () => {
  it('a preStop that has not come is waited for, in /status and /readyz too, and its end is the end', async () => {
    const { task, configure, start, executions } = await stage();
    await configure(hooks({ preStop: [task('drain')] }));
    const service = await start();
    await postStart(service);
    service.kill('SIGTERM');
    await said(service, 'a preStop can still come (app)');
    expect(json(await ops(service, '/status'))).toMatchObject({
      state: 'awaiting',
      life: { state: 'awaiting', signal: 'SIGTERM', awaited: ['app'] },
    });
    const ready = await ops(service, '/readyz');
    expect([ready, json(ready)]).toMatchObject([{ status: 200 }, { ready: true, checks: { service: 'awaiting' } }]);
    expect(json(await preStop(service))).toMatchObject({ delivery: 'executed', outcome: 'succeeded' });
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(executions()).toEqual(['drain']);
  });

  it('with every life closed it ends at once, whatever probes and scrapers keep open', async () => {
    const { configure, start } = await stage();
    await configure(hooks({ preStop: [] }));
    const service = await start();
    await postStart(service);
    await preStop(service);
    const agent = new Agent({ keepAlive: true });
    const scrape = () =>
      new Promise<void>(
        (done) =>
          void get(
            { port: service.opsPort, path: '/metrics', agent },
            (response) => void response.resume().once('end', done),
          ),
      );
    await Promise.all([scrape(), scrape(), scrape()]);
    // One that never sent a byte, and one that stopped in the middle of its headers, on each port.
    const idle = [service.port, service.opsPort].flatMap((port) =>
      ['', 'GET /livez HTTP/1.1\r\nHost: x\r\nX-'].map((bytes) => {
        const socket = connect(port, '127.0.0.1').on('error', () => {});
        socket.write(bytes);
        return socket;
      }),
    );
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    const lines = service.log().map(({ msg }) => String(msg));
    expect(lines.some((line) => /can still come|were cut/.test(line))).toBe(false);
    agent.destroy();
  });

  it('one that never comes is given up at the end of the window, which is said', async () => {
    const { configure, start } = await stage();
    await configure(hooks({ preStop: [] }, { lifecycle: { arrivalWindow: '300ms' } }));
    const service = await start();
    await postStart(service);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.log()).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        msg: expect.stringContaining('app: no preStop came, and none is waited for'),
      }),
    );
  });

  it('a second signal ends the wait at once, with 0 as nothing was broken off', async () => {
    const { configure, start } = await stage();
    await configure(hooks({ preStop: [] }));
    const service = await start();
    await postStart(service);
    service.kill('SIGTERM');
    await said(service, 'a preStop can still come');
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });
});

describe('where the app ended without a preStop', () => {
  it('a native sidecar runs the tasks with alsoWithoutHook once, and its next process not again', async () => {
    const { task, configure, start, executions, journal } = await stage();
    const preStops = [task('drain'), task('snapshot', '', last)];
    await configure(hooks({ preStop: preStops }, { lifecycle: { sidecar: 'native' } }));
    const service = await start();
    await postStart(service);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(executions()).toEqual(['snapshot']);
    const [opening, closing] = (await journal()).runs;
    expect(closing).toMatchObject({
      hook: 'preStop',
      outcome: 'succeeded',
      incarnation: { id: opening?.incarnation.id },
    });

    const next = await start();
    next.kill('SIGTERM');
    expect(await next.exited).toEqual({ code: 0, signal: null });
    expect(executions()).toEqual(['snapshot']);
  });

  it('a preStop that comes after all joins it, and does nothing of it twice', async () => {
    const { task, gate, open, configure, start, executions, executed } = await stage();
    await configure(hooks({ preStop: [task('snapshot', gate('go'), last)] }, { lifecycle: { sidecar: 'native' } }));
    const service = await start();
    await postStart(service);
    service.kill('SIGTERM');
    await executed('snapshot');
    const late = preStop(service);
    await service.line('the delivery', ({ served }) => served === 'joined');
    await open('go');
    expect(json(await late)).toMatchObject({ delivery: 'resumed', outcome: 'succeeded' });
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(executions()).toEqual(['snapshot']);
  });

  it('an app that never started leaves nothing to save', async () => {
    const { task, configure, start, executions } = await stage();
    await configure(hooks({ preStop: [task('snapshot', '', last)] }, { lifecycle: { sidecar: 'native' } }));
    const service = await start();
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(executions()).toEqual([]);
  });
});

describe('whatever else happens to the process', () => {
  it('SIGHUP has the config looked at, and ends nothing', async () => {
    const { configure, start } = await stage();
    await configure(hooks({ preStop: [] }));
    const service = await start();
    service.kill('SIGHUP');
    await said(service, 'the config file is looked at, as SIGHUP asks for');
    expect(json(await preStop(service))).toMatchObject({ outcome: 'succeeded' });
  });

  it('SIGUSR1 opens no debugger, and ends nothing', async () => {
    const { configure, start } = await stage();
    await configure(hooks({ preStop: [] }));
    const debuggerPort = await freePort(Math.random);
    const service = await start({ nodeFlags: [`--inspect-port=${debuggerPort}`] });
    service.kill('SIGUSR1');
    await said(service, 'SIGUSR1 is ignored: the debugger of Node.js stays closed');
    expect(json(await preStop(service))).toMatchObject({ outcome: 'succeeded' });
    await expect(fetch(`http://127.0.0.1:${debuggerPort}/json`)).rejects.toThrow('fetch failed');
  });

  it('a stdout and stderr that nobody has any more lose the log, and no hook', async () => {
    const { task, configure, configFile, journalDir, executions } = await stage();
    await configure(hooks({ preStop: [task('drain', 'seq 1 2000')] }));
    const args = [
      PROGRAM,
      'serve',
      `--config=${configFile}`,
      `--journal=${journalDir}`,
      '--host=127.0.0.1',
      '--port=0',
      '--ops-port=0',
    ];
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    const lines = createInterface({ input: child.stdout });
    const port = await within(
      'the port',
      new Promise<number>((found) => {
        lines.on('line', (line) => {
          const { port: listening } = JSON.parse(line);
          if (typeof listening === 'number') found(listening);
        });
      }),
    );
    lines.close();
    child.stdout.destroy();
    child.stderr.destroy();
    expect(json(await postStart({ port }))).toMatchObject({ outcome: 'succeeded' });
    expect(json(await preStop({ port }))).toMatchObject({ outcome: 'succeeded' });
    child.kill('SIGTERM');
    expect(await within('the end', exited)).toEqual([0, null]);
    expect(executions()).toEqual(['drain']);
  });

  it("its own container's hook succeeds, says that it is not needed, and is no delivery of the app's", async () => {
    const { task, configure, start, executions } = await stage();
    await configure(hooks({ preStop: [task('drain')] }));
    const service = await start();
    const kubelet = kubeletOf(service);
    expect(await kubelet.preStop({ path: '/prestop/hookkeeper' })).toMatchObject({ kind: 'success' });
    const reply = await request({ port: service.port, path: '/prestop/hookkeeper' });
    expect(json(reply)).toMatchObject({ note: expect.stringContaining("Hookkeeper's own preStop does nothing") });
    expect(executions()).toEqual([]);
  });

  it.each([
    ['warns', 'under unshare', ['--fork', '--pid', '--kill-child'], true],
    ['does not warn', 'without', undefined, false],
  ] as const)('as PID 1 it %s: %s', async (_does, _how, flags, warns) => {
    const { configure, configFile, journalDir } = await stage();
    await configure(hooks({ preStop: [] }));
    const unprivileged = process.getuid?.() === 0 ? [] : ['--map-root-user'];
    const wrapper = flags === undefined ? [] : ['unshare', ...unprivileged, ...flags];
    const child = spawnService({ configFile, journalDir, wrapper });
    await within(
      'listening',
      new Promise<void>((done) => void child.onLine((line) => line.includes('serves hooks on port') && done())),
    );
    expect(child.lines().some((line) => line.includes('hookkeeper is PID 1'))).toBe(warns);
    child.kill('SIGKILL');
  });

  it('without its ports it touches no journal', async () => {
    const { configure, start, configFile, dir } = await stage();
    await configure(hooks({ preStop: [] }));
    const { port, opsPort } = await start();
    for (const taken of [`--port=${port}`, `--ops-port=${opsPort}`]) {
      const journalDir = join(dir, 'other');
      const child = spawnService({ configFile, journalDir, args: [taken] });
      expect(await child.exited).toMatchObject({ code: 1 });
      expect(child.lines().join('\n')).toContain('another process has it');
      expect(existsSync(journalDir)).toBe(false);
    }
  });
});
