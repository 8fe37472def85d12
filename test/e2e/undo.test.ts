import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { json } from '../helpers/request.ts';
import { within } from '../helpers/within.ts';
import { hooks, kubeletOf, postStart, preStop, type Stage, stage, type Task, until } from './stage.ts';

/** A task whose undo notes itself too, and then does what `shell` says. */
function undoable({ task }: Stage, name: string, shell = '', run = '', fields: Task = {}): Task {
  return task(name, run, { undo: { exec: task(name, shell)['exec'] }, ...fields });
}

const START = { path: '/poststart/app' };

describe('a container that comes back after its preStop', () => {
  it('has what its preStop took away given back, in reverse, before its postStart', async () => {
    const theStage = await stage();
    const { configure, start, task, executions, journal } = theStage;
    const list = [undoable(theStage, 'one'), undoable(theStage, 'two', '', 'exit 1', { onFailure: 'continue' })];
    await configure(hooks({ postStart: [task('begin')], preStop: [...list, task('three')] }));
    const service = await start();
    const kubelet = kubeletOf(service);
    for (const call of [kubelet.postStart, kubelet.preStop, kubelet.postStart, kubelet.preStop]) {
      expect(await call()).toMatchObject({ kind: 'success', status: 200 });
    }
    expect(executions()).toEqual('begin one two three two/undo one/undo begin one two three'.split(' '));
    const stops = (await journal()).runs.filter(({ hook }) => hook === 'preStop');
    expect(stops.map(({ stop, undo }) => [stop?.reason, undo?.tasks.length])).toEqual([
      ['restart', 2],
      ['unknown', undefined],
    ]);
  });

  it('starts although an undo fails, and the failure is loud', async () => {
    const theStage = await stage();
    const { configure, start, task, executions } = theStage;
    await configure(hooks({ postStart: [task('begin')], preStop: [undoable(theStage, 'one', 'exit 3')] }));
    const service = await start();
    await preStop(service);
    expect(json(await postStart(service))).toMatchObject({
      outcome: 'succeeded',
      notes: [expect.stringContaining('one/undo failed: exited with 3')],
    });
    expect(executions()).toEqual(['one', 'one/undo', 'begin']);
    const line = await service.line('the failure', ({ event }) => event === 'undoEnded');
    expect(line).toMatchObject({ failed: [expect.stringContaining('exited with 3')] });
  });
});

describe('a kill -9', () => {
  it('in the middle of an undo has only that one done again, at once, and none that had ended', async () => {
    const theStage = await stage();
    const { configure, start, task, gate, open, executions, executed, journal } = theStage;
    const list = [undoable(theStage, 'one'), undoable(theStage, 'two', gate('go')), undoable(theStage, 'three')];
    await configure(hooks({ postStart: [task('begin')], preStop: list }));
    const first = await start();
    await preStop(first);
    const lost = postStart(first);
    await executed('two/undo');
    first.kill('SIGKILL');
    expect(await lost).toMatchObject({ kind: 'broken' });
    await open('go');

    const second = await start();
    const undone = await second.line('the undo', ({ event }) => event === 'undoEnded');
    expect(undone).toMatchObject({ failed: [] });
    const expected = ['one', 'two', 'three', 'three/undo', 'two/undo', 'two/undo', 'one/undo'];
    expect(executions()).toEqual(expected);
    expect(json(await postStart(second))).toMatchObject({ outcome: 'succeeded' });
    second.kill('SIGKILL');
    await second.exited;

    const third = await start();
    await kubeletOf(third).postStart();
    expect(executions().slice(0, 8)).toEqual([...expected, 'begin']);
    expect(executions().filter((name) => name.endsWith('/undo'))).toHaveLength(4);
    const [stop] = (await journal()).runs;
    expect(stop?.undo?.tasks).toMatchObject([{ attempts: 1 }, { attempts: 2 }, { attempts: 1 }]);
  });

  it('in the middle of a preStop has it resumed by the next delivery of that life, and undone by the next life', async () => {
    const theStage = await stage();
    const { configure, start, task, gate, open, executions, executed } = theStage;
    const list = [undoable(theStage, 'one'), undoable(theStage, 'two', '', gate('go'))];
    await configure(hooks({ postStart: [task('begin')], preStop: list }));
    const first = await start();
    expect(await kubeletOf(first).postStart()).toMatchObject({ kind: 'success' });
    const lost = kubeletOf(first).preStop();
    await executed('two');
    first.kill('SIGKILL');
    expect(await lost).toMatchObject({ kind: 'failure' });
    await open('go');

    const second = await start();
    const again = await kubeletOf(second).preStop();
    expect(again.kind === 'success' && JSON.parse(again.body)).toMatchObject({ delivery: 'resumed' });
    expect(executions()).toEqual(['begin', 'one', 'two', 'two']);
    expect(await kubeletOf(second).postStart(START)).toMatchObject({ kind: 'success' });
    expect(executions().slice(4)).toEqual(['two/undo', 'one/undo', 'begin']);
  });
});

describe('a sidecar that is started again', () => {
  /** The app's container: each `start` is a new instance of it. */
  function appOf() {
    const name = `hookkeeper-undo-${process.pid}`;
    let child: ChildProcess | undefined;
    onTestFinished(() => void child?.kill('SIGKILL'));
    return {
      commandLine: `^${name} `,
      async start() {
        child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { argv0: name, stdio: 'ignore' });
        await within('the start of the app', once(child, 'spawn'));
      },
      async end() {
        if (child === undefined) throw new Error('the app was not started');
        const end = once(child, 'exit');
        child.kill('SIGKILL');
        await within('the end of the app', end);
      },
    };
  }

  async function drainedApp() {
    const theStage = await stage();
    const app = appOf();
    const preStopTasks = [undoable(theStage, 'drain')];
    const { commandLine } = app;
    await theStage.configure(hooks({ postStart: [], preStop: preStopTasks, process: { commandLine } }));
    await app.start();
    const first = await theStage.start();
    await postStart(first);
    await preStop(first);
    first.kill('SIGKILL');
    await first.exited;
    return { ...theStage, app };
  }

  it('gives back at once what it finds taken away from a new life of the app, without any hook', async () => {
    const { app, start, executions } = await drainedApp();
    await app.end();
    await app.start();
    const second = await start();
    const line = await second.line('what it did', ({ event }) => event === 'reconciled');
    expect(line).toMatchObject({ undone: true, why: expect.stringContaining('in another life') });
    await until('the undo', () => executions().includes('drain/undo'));
    await second.line('its end', ({ event }) => event === 'undoEnded');
    expect(executions()).toEqual(['drain', 'drain/undo']);
    // The drain of the life that goes on is a new one.
    expect(json(await preStop(second))).toMatchObject({ delivery: 'executed' });
    expect(executions()).toEqual(['drain', 'drain/undo', 'drain']);
  });

  it('gives it back also where a slow disk gives the journal late', async () => {
    const { app, dir, isOpen, open, start, executions } = await drainedApp();
    await app.end();
    await app.start();
    const preload = join(dir, 'slow-disk.cjs');
    await writeFile(
      preload,
      `const fs = require('node:fs/promises');
      const { execSync } = require('node:child_process');
      const { open } = fs;
      const read = async (...asked) => {
        while (true) {
          try {
            execSync(${JSON.stringify(isOpen('disk'))});
            return open(...asked);
          } catch {
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }
      };
      fs.open = (path, ...rest) => (/journal\\.json$/.test(path) ? read(path, ...rest) : open(path, ...rest));`,
    );
    const second = await start({ nodeFlags: ['--require', preload] });
    expect(executions()).toEqual(['drain']);
    await open('disk');
    const line = await second.line('what it did', ({ event }) => event === 'reconciled');
    expect(line).toMatchObject({ undone: true });
    await second.line('its end', ({ event }) => event === 'undoEnded');
    expect(executions()).toEqual(['drain', 'drain/undo']);
  });

  it('takes nothing back from the same life, which may be ending, and says when it looks again', async () => {
    const { start, executions } = await drainedApp();
    const second = await start();
    const line = await second.line('that it waits', ({ event }) => event === 'reconcileWaits');
    expect(line['until']).toMatch(/^\d{4}-.*Z$/);
    expect(json(await preStop(second))).toMatchObject({ delivery: 'replayed' });
    expect(executions()).toEqual(['drain']);
  });
});
