import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { isAlive } from '../../src/tasks/processes/processes-gone.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { within } from '../helpers/within.ts';
import { actionOf, begin } from './attempt.ts';
import { startStranger } from './stranger.ts';

afterEach(() => void vi.restoreAllMocks());

/** A process that we started, as the commands of tasks are. */
function ownChild(): number {
  const child = spawn('sleep', ['300'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child.pid ?? 0;
}

let strangers = 0;

/** A process that is not ours, the first word of whose command line nobody else has, and how it is meant. */
async function stranger(shell?: string, tag = `hookkeeper-signal-${process.pid}-${++strangers}`) {
  const pid =
    shell === undefined
      ? await startStranger('sleep', { argv0: tag })
      : await startStranger('bash', { args: ['-c', shell], argv0: tag });
  return { pid, to: { commandLine: `^${tag} ` } };
}

/** A shell that notes in `folder` what it gets, and does `then` on SIGTERM. */
const noting = (folder: string, then: string) =>
  `trap 'touch ${folder}/got-term; ${then}' TERM; trap 'touch ${folder}/got-usr1' USR1; touch ${folder}/ready; while :; do sleep 0.02; done`;

const exists = (path: string) => vi.waitUntil(() => existsSync(path), 20_000);

async function run(settings: object) {
  return begin(actionOf('signal', settings)).result;
}

describe('signal', () => {
  it('sends the signal, and ends when the process is gone', async () => {
    const { pid, to } = await stranger();
    const action = actionOf('signal', { send: 'TERM', to, every: '10ms' });
    expect(action).toMatchObject({
      summary: `signal TERM to process matching /${to.commandLine}/`,
      stopMs: 0,
    });
    const { result, told } = begin(action);
    expect(await result).toEqual({ outcome: 'succeeded' });
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
    expect(told[0]).toMatch(new RegExp(`^sent SIGTERM to .+ \\(PID ${pid}\\)$`));
  });

  it('waits as long as the process takes', async () => {
    const folder = await temporaryFolder();
    const { to } = await stranger(noting(folder, `until [ -e ${folder}/gate ]; do sleep 0.02; done; exit 0`));
    await exists(join(folder, 'ready'));
    let ended = false;
    const { result } = begin(actionOf('signal', { send: 'TERM', to, every: '10ms' }));
    void result.then(() => {
      ended = true;
    });
    await exists(join(folder, 'got-term'));
    expect(ended).toBe(false);
    await writeFile(join(folder, 'gate'), '');
    expect(await result).toEqual({ outcome: 'succeeded' });
  });

  it('does not wait for a signal that ends nothing, unless it is told to', async () => {
    const folder = await temporaryFolder();
    const { pid, to } = await stranger(noting(folder, 'exit'));
    await exists(join(folder, 'ready'));
    expect(await run({ send: 'USR1', to })).toEqual({ outcome: 'succeeded' });
    await exists(join(folder, 'got-usr1'));
    expect(existsSync(`/proc/${pid}/exe`)).toBe(true);
  });

  it('says who is still there when it has to stop before the process is gone', async () => {
    const folder = await temporaryFolder();
    const { pid, to } = await stranger(noting(folder, 'true'));
    await exists(join(folder, 'ready'));
    const { result, stop } = begin(actionOf('signal', { send: 'TERM', to, every: '10ms' }));
    await exists(join(folder, 'got-term'));
    stop();
    const end = await result;
    expect(end).toMatchObject({ outcome: 'failed' });
    expect(end.outcome === 'failed' && end.reason).toMatch(
      new RegExp(`^was still waiting: .+ \\(PID ${pid}\\) still alive$`),
    );
    expect(existsSync(`/proc/${pid}/exe`)).toBe(true);
  });

  it('gives up a process that does not end for as long as it is told', async () => {
    const folder = await temporaryFolder();
    const { to } = await stranger(noting(folder, 'true'));
    await exists(join(folder, 'ready'));
    expect(await run({ send: 'TERM', to, every: '10ms', stall: '100ms' })).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('made no progress for '),
    });
  });

  it('signals none of several, which it names, unless all are meant', async () => {
    const tag = `hookkeeper-signal-${process.pid}-several`;
    const pids = [(await stranger(undefined, tag)).pid, (await stranger(undefined, tag)).pid];
    const to = { commandLine: `^${tag} ` };
    const end = await run({ send: 'TERM', to });
    expect(end).toMatchObject({ outcome: 'failed', retryable: false });
    expect(end.outcome === 'failed' && end.reason).toMatch(
      /^found 2 of process matching .+: .+ \(PID \d+\), .+ \(PID \d+\); say which one, or all: true$/,
    );
    expect(pids.map((pid) => existsSync(`/proc/${pid}/exe`))).toEqual([true, true]);
    expect(await run({ send: 'TERM', to, all: true, every: '10ms' })).toEqual({ outcome: 'succeeded' });
    expect(pids.map((pid) => existsSync(`/proc/${pid}/exe`))).toEqual([false, false]);
  });

  it('takes no fork of a process for another one, which is soon another program', async () => {
    const { pid, to } = await stranger('while :; do (:); done');
    for (let round = 0; round < 20; round += 1) {
      const { result, told } = begin(actionOf('signal', { send: 'CONT', to }));
      expect(await result).toEqual({ outcome: 'succeeded' });
      expect(told).toEqual([expect.stringContaining(`(PID ${pid})`)]);
    }
  });

  it('signals a master, and its workers, which have the same name, only if all are meant', async () => {
    const folder = await temporaryFolder();
    const worker = `trap 'touch ${folder}/worker' USR1; touch ${folder}/ready; while :; do sleep 0.02; done`;
    const master = `trap 'touch ${folder}/master' USR1; (${worker}) & trap 'kill $!' EXIT; while :; do sleep 0.02; done`;
    const { pid, to } = await stranger(master);
    await exists(join(folder, 'ready'));
    const { result, told } = begin(actionOf('signal', { send: 'USR1', to }));
    expect(await result).toEqual({ outcome: 'succeeded' });
    expect(told).toEqual([expect.stringContaining(`(PID ${pid})`)]);
    await exists(join(folder, 'master'));
    expect(await run({ send: 'USR1', to, all: true })).toEqual({ outcome: 'succeeded' });
    await exists(join(folder, 'worker'));
    expect(await run({ send: 'TERM', to, all: true, every: '10ms' })).toEqual({ outcome: 'succeeded' });
  });

  it('has nothing to do where the process has ended already, or fails for it if it is told to', async () => {
    const to = { name: 'no-such-program' };
    const reason = 'found no process no-such-program, so there is nothing to signal';
    expect(await run({ send: 'TERM', to })).toEqual({ outcome: 'skipped', reason });
    expect(await run({ send: 'TERM', to, onMissing: 'fail' })).toEqual({ outcome: 'failed', reason, retryable: true });
  });

  it('finds the process by its PID file, and nobody by a stale one', async () => {
    const pidFile = join(await temporaryFolder(), 'app.pid');
    const { pid } = await stranger();
    await writeFile(pidFile, `${pid}\n`);
    expect(await run({ send: 'TERM', to: { pidFile, name: 'no-such-program' } })).toMatchObject({ outcome: 'skipped' });
    expect(existsSync(`/proc/${pid}/exe`)).toBe(true);
    expect(await run({ send: 'TERM', to: { pidFile }, every: '10ms' })).toEqual({ outcome: 'succeeded' });
    expect(await run({ send: 'TERM', to: { pidFile } })).toEqual({
      outcome: 'skipped',
      reason: `found no process of ${pidFile}, so there is nothing to signal`,
    });
    await writeFile(pidFile, 'nonsense');
    expect(await run({ send: 'TERM', to: { pidFile } })).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining(`could not look for the process of ${pidFile}: `),
    });
  });

  it.each([
    ['PID 1', () => 1],
    ['ourselves', () => process.pid],
    ['whoever started us', () => process.ppid],
    ['what we started', () => ownChild()],
  ])('never signals %s', async (_who, pid) => {
    const pidFile = join(await temporaryFolder(), 'app.pid');
    await writeFile(pidFile, String(pid()));
    const kill = vi.spyOn(process, 'kill');
    expect(await run({ send: 'KILL', to: { pidFile }, all: true })).toMatchObject({ outcome: 'skipped' });
    expect(kill).not.toHaveBeenCalled();
  });

  // A test has processes of one user only, so this is the kernel's word for another's.
  it('says whose user it needs where it is not permitted', async () => {
    const { pid, to } = await stranger();
    vi.spyOn(process, 'kill').mockImplementationOnce(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
    });
    const uid = process.getuid?.();
    const end = await run({ send: 'TERM', to });
    expect(end).toMatchObject({ outcome: 'failed', retryable: false });
    expect(end.outcome === 'failed' && end.reason).toMatch(
      new RegExp(
        `^is not permitted to signal .+ \\(PID ${pid}\\): Hookkeeper has to run as the same user, ${uid}, or with CAP_KILL$`,
      ),
    );
  });
});

describe('a process that was found', () => {
  it('is not another that has its PID by now', async () => {
    const { pid } = await stranger();
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const startTime = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    expect(isAlive({ pid, name: 'x', startTime })).toBe(true);
    expect(isAlive({ pid, name: 'x', startTime: startTime - 1 })).toBe(false);
    process.kill(pid, 'SIGKILL');
    await within(
      'its end',
      vi.waitUntil(() => !isAlive({ pid, name: 'x', startTime }), 20_000),
    );
  });
});
