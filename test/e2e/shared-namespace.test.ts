import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { listPids, listProcesses, processAt } from '../../src/proc/process-table.ts';
import { within } from '../helpers/within.ts';
import { hooks, kubeletOf, stage, until } from './stage.ts';

/** The command line of what stands for the app, and of its worker, which nobody else has. */
const [APP, WORKER] = ['36021', '36022'];

/**
 * A PID namespace with a pause process for its PID 1, as of a pod with `shareProcessNamespace`. What it is given to enter it with
 * makes a container of a command: in there it came from nobody. It ends with the test, and takes all in it along.
 */
async function pausedPod(): Promise<{ readonly inside: readonly string[]; readonly end: () => void }> {
  const unshare = spawn('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', 'sleep', '36020'], {
    stdio: 'ignore',
  });
  const end = () => void unshare.kill('SIGKILL');
  onTestFinished(end);
  const pause = () => listProcesses()?.find(({ parent, name }) => parent === unshare.pid && name === 'sleep')?.pid;
  await until('the pause process', () => pause() !== undefined);
  return { inside: ['nsenter', '--target', String(pause()), '--pid', '--mount'], end };
}

/** Starts the app's container; the returned function ends it as a runtime does, with all in it. */
async function startApp([file = '', ...args]: readonly string[]): Promise<() => Promise<void>> {
  const script = `sleep ${WORKER} & exec sleep ${APP}`;
  const child = spawn(file, [...args, 'sh', '-c', script], { stdio: 'ignore', detached: true });
  const end = once(child, 'exit');
  const kill = () => process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
  onTestFinished(() => void (child.exitCode === null && child.signalCode === null && kill()));
  await until(
    'the app',
    () => listProcesses()?.some(({ parent, name }) => parent === child.pid && name === 'sleep') === true,
  );
  return async () => {
    kill();
    await within('the end of the app', end);
    // It is over for its parent before it is for the kernel.
    const left = () => listPids().filter((pid) => processAt(pid)?.group === child.pid);
    await until('the end of all that was in it', () => left().length === 0);
  };
}

// Only root may enter the namespaces of others.
it.runIf(process.getuid?.() === 0)(
  'in a pod that shares its PID namespace, each instance of the one other container is a life',
  async () => {
    const { task, configure, start, executions } = await stage();
    const { inside, end } = await pausedPod();
    await configure(hooks({ postStart: [task('begin')], preStop: [task('end')] }));
    const service = await start({ wrapper: inside });
    // Before the wrapper is ended: the program below it would stay.
    onTestFinished(end);
    const crash = await startApp(inside);
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    await crash();
    await startApp(inside);
    expect(await kubeletOf(service).postStart()).toMatchObject({ kind: 'success' });
    expect(await kubeletOf(service).preStop()).toMatchObject({ kind: 'success' });
    expect(await kubeletOf(service).preStop()).toMatchObject({ kind: 'success' });
    expect(executions()).toEqual(['begin', 'begin', 'end']);
    const delivered = () => service.log().filter(({ event }) => event === 'delivered');
    await until('the last line of the log', () => delivered().length >= 5);
    expect(delivered().map(({ evidence, served }) => [evidence, served])).toEqual([
      ['sequence', 'executed'],
      ['process', 'replayed'],
      ['process', 'executed'],
      ['process', 'executed'],
      ['process', 'replayed'],
    ]);
  },
);

/** A shell in a PID namespace of its own, as on a laptop's container: beside the program one command after the other runs in it. */
const aShell = 'unshare --pid --fork --mount-proc --kill-child sh -c'
  .split(' ')
  .concat('"$@" & while :; do sleep 0.2; done', 'sh');

it.runIf(process.getuid?.() === 0)('outside a pod, no command of the shell is taken for the app', async () => {
  const { task, configure, start, executions } = await stage();
  await configure(hooks({ preStop: [task('end')] }));
  const service = await start({ wrapper: aShell });
  onTestFinished(() => service.kill('SIGKILL'));
  for (const gap of [0, 300, 300]) {
    await sleep(gap);
    expect(await kubeletOf(service).preStop()).toMatchObject({ kind: 'success' });
  }
  expect(executions()).toEqual(['end']);
});
