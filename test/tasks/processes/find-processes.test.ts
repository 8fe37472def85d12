import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sharesPidNamespace } from '../../../src/proc/visible-processes.ts';
import { findProcesses, type ProcessQuery } from '../../../src/tasks/processes/find-processes.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { startStranger } from '../stranger.ts';

/** The PIDs that are found, in rising order. */
function pidsOf(query: ProcessQuery): number[] {
  const found = findProcesses(query);
  if (found.kind === 'unreadable') throw new Error(found.reason);
  return found.processes.map(({ pid }) => pid).toSorted((a, b) => a - b);
}

/** A copy of `sleep` under a name that nobody else has. */
async function program(name: string): Promise<string> {
  const file = join(await temporaryFolder(), name);
  await copyFile('/bin/sleep', file);
  return file;
}

/** A name that no other test, and no other run of this one, uses. */
const unique = (beginning: string) => `${beginning}-${process.pid}`;

describe('findProcesses', () => {
  it('finds processes that are not ours by the name of their program', async () => {
    const file = await program(unique('app'));
    const pids = [await startStranger(file), await startStranger(file)];
    expect(pidsOf({ name: unique('app') })).toEqual(pids.toSorted((a, b) => a - b));
    expect(sharesPidNamespace()).toBe(true);
  });

  it('finds a name that is longer than the kernel keeps, and not another that begins alike', async () => {
    const name = unique('kube-controller-manager');
    const pid = await startStranger(await program(name));
    expect(pidsOf({ name })).toEqual([pid]);
    expect(pidsOf({ name: unique('kube-controller-other') })).toEqual([]);
  });

  it('finds a program that gave itself a title, by its name and by the title', async () => {
    const title = `${unique('web')}: master process`;
    const pid = await startStranger(await program(unique('web')), { argv0: title });
    expect(pidsOf({ name: unique('web') })).toEqual([pid]);
    expect(pidsOf({ commandLine: new RegExp(`^${title}`) })).toEqual([pid]);
  });

  it('finds a script that gave itself a title by the first word of that, as its program is an interpreter', async () => {
    const [interpreter, jobs, folder] = [await program(unique('ruby')), unique('jobs'), unique('my')];
    const titles = [`${jobs} 7.2 app [0 of 5 busy]`, `${jobs}: master [app]`];
    const pids = await Promise.all(titles.map((argv0) => startStranger(interpreter, { argv0 })));
    await startStranger(interpreter, { argv0: `/opt/${folder} app/server` });
    expect(pidsOf({ name: jobs })).toEqual(pids.toSorted((a, b) => a - b));
    expect(pidsOf({ name: folder })).toEqual([]);
  });

  it('finds a program of a long name that gave itself a title', async () => {
    const name = unique('schedule-the-batches');
    const file = await program(name);
    const titled = [`${name}: worker process`, `${name} --idle`];
    const pids = await Promise.all(titled.map((argv0) => startStranger(file, { argv0 })));
    await startStranger(file, { argv0: `${name}-of-another: worker process` });
    expect(pidsOf({ name })).toEqual(pids.toSorted((a, b) => a - b));
  });

  it('finds by a command line of many kilobytes', async () => {
    const file = await program('java');
    const pid = await startStranger(file, { args: ['300', ...Array(300).fill(`0${'0'.repeat(60)}`), '1'] });
    expect(pidsOf({ commandLine: new RegExp(`^${file} 300 (0+ ){300}1$`) })).toEqual([pid]);
  });

  it('wants all that is asked for', async () => {
    const [file, pidFile] = [await program(unique('both')), join(await temporaryFolder(), 'pid')];
    const [one, other] = [await startStranger(file), await startStranger(file, { args: ['301'] })];
    await writeFile(pidFile, `${one}\n`);
    expect(pidsOf({ name: unique('both'), commandLine: /301$/ })).toEqual([other]);
    expect(pidsOf({ name: unique('both'), pidFile })).toEqual([one]);
    expect(pidsOf({ commandLine: /301$/, pidFile })).toEqual([]);
  });

  it('never finds us, our children, what we came from, PID 1, or a thread of the kernel', async () => {
    const child = spawn('sleep', ['300']);
    onTestFinished(() => void child.kill());
    await once(child, 'spawn');
    const all = pidsOf({ commandLine: /(?:)/ });
    expect(all.length).toBeGreaterThan(0);
    for (const pid of [process.pid, child.pid, process.ppid, 1, 2]) expect(all).not.toContain(pid);
  });

  it('does not find what somebody started in our container, such as a look at the status', async () => {
    const file = await program(unique('watched'));
    const [app, look] = [await startStranger(file), await startStranger(file)];
    const [ours, pause] = ['c'.repeat(64), '0'.repeat(64)];
    const containerIdOf = (pid: number | 'self') =>
      pid === 1 ? pause : pid === 'self' || pid === look ? ours : undefined;
    const found = findProcesses({ name: unique('watched') }, { containerIdOf, ofOtherPods: () => () => false });
    expect(found).toEqual({ kind: 'found', processes: [expect.objectContaining({ pid: app })] });
  });

  it('does not find processes of other pods, which a pod with hostPID sees', async () => {
    const file = await program(unique('neighbour'));
    const [app, other] = [await startStranger(file), await startStranger(file)];
    const ofOtherPods = () => (pid: number) => pid === other;
    const found = findProcesses({ name: unique('neighbour') }, { containerIdOf: () => undefined, ofOtherPods });
    expect(found).toEqual({ kind: 'found', processes: [expect.objectContaining({ pid: app })] });
  });

  it('does not find a process that has ended', async () => {
    const file = await program(unique('short'));
    const pid = await startStranger(file);
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(pidsOf({ name: unique('short') })).toEqual([]), 20_000);
  });

  it('tells when a process was started, which never changes, and is no other process', async () => {
    const file = await program(unique('timed'));
    await startStranger(file);
    const look = () => findProcesses({ name: unique('timed') });
    expect(look()).toMatchObject({ processes: [{ startTime: expect.any(Number) }] });
    expect(look()).toEqual(look());
  });

  it.each([
    ['no pid file', undefined, []],
    ['one line', 'PID\n', ['PID']],
    ['no line end', ' PID', ['PID']],
    ['further lines', 'PID\n/var/lib/postgresql\n5432\n', ['PID']],
    ['a PID that nobody has', '4194305\n', []],
  ])('reads a pid file with %s', async (_what, text, expected) => {
    const pidFile = join(await temporaryFolder(), 'pid');
    const pid = await startStranger('/bin/sleep');
    if (text !== undefined) await writeFile(pidFile, text.replace('PID', String(pid)));
    expect(pidsOf({ pidFile })).toEqual(expected.map(() => pid));
  });

  it.each([
    ['nothing', ''],
    ['words', 'starting'],
    ['a negative number', '-1\n'],
    ['zero', '0\n'],
    ['a number and more', '12 34\n'],
  ])('says that a pid file with %s can not be read', async (_what, text) => {
    const pidFile = join(await temporaryFolder(), 'pid');
    await writeFile(pidFile, text);
    expect(findProcesses({ pidFile })).toEqual({ kind: 'unreadable', reason: `${pidFile} holds no PID` });
  });

  it('says so when a regular expression would take for ever', async () => {
    await startStranger('/bin/sleep', { argv0: 'a'.repeat(60) });
    expect(findProcesses({ commandLine: /^(a+)+$/ })).toEqual({
      kind: 'unreadable',
      reason: 'matching the command lines took too long',
    });
  });
});
