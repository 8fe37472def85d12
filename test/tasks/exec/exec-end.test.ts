import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { killLiveGroups } from '../../../src/tasks/exec/live-groups.ts';
import { manualClock } from '../../helpers/manual-clock.ts';
import { within } from '../../helpers/within.ts';
import { actionOf, attempt, begin, processesOf, type Underway } from '../attempt.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-exec-end-'));
afterAll(() => rmSync(folder, { recursive: true }));

const STOPPED = { outcome: 'failed', reason: 'was told to stop', retryable: true };

/** Waits for the end, and for its being one: nothing of the attempt is left. */
async function endOf({ result, run }: Underway) {
  const end = await result;
  expect(processesOf(run)).toEqual([]);
  return end;
}

/** What Hookkeeper had to say itself. */
const notes = ({ lines }: Underway) => lines.filter((line) => line.startsWith('hookkeeper: '));

const shell = (text: string, killAfter = '1h') => actionOf('exec', { shell: text, killAfter });

const isStopped = (pid: string) => `grep -q "^State:.T" /proc/${pid}/status`;

describe('exec: told to stop', () => {
  it('gets SIGTERM, and the time to end by itself', async () => {
    const running = begin(shell('trap "echo cleaning up; exit 0" TERM; echo ready; while :; do sleep 0.05; done'));
    await running.printed('ready');
    running.stop();
    // A good end after it was told to stop is none: the work was cut short.
    expect(await endOf(running)).toEqual(STOPPED);
    expect(running.lines).toContain('cleaning up');
    expect(notes(running)).toEqual([]);
  });

  it('gets SIGKILL when it ignores SIGTERM, after killAfter and not before', async () => {
    const clock = manualClock();
    const action = shell('trap "echo ignored" TERM; echo ready; while :; do sleep 0.01; done', '2s');
    const running = begin(action, { clock });
    await running.printed('ready');
    running.stop();
    await running.printed('ignored');
    clock.advance(1999);
    expect(processesOf(running.run)).not.toEqual([]);
    // From here on time goes by: whether a killed process is gone is looked at from time to time.
    const passing = setInterval(() => clock.advance(1), 1);
    expect(await endOf(running)).toEqual(STOPPED);
    clearInterval(passing);
    expect(running.lines.at(-1)).toMatch(
      /^hookkeeper: sends SIGKILL to what did not end within 2 s of SIGTERM: sh \(PID \d+\)/,
    );
  });

  it('gets SIGKILL sooner where the attempt has less time than killAfter', async () => {
    const running = begin(shell('trap "" TERM; echo ready; while :; do sleep 0.01; done'), { stopMs: () => 20 });
    await running.printed('ready');
    running.stop();
    expect(await endOf(running)).toEqual(STOPPED);
    expect(running.lines.at(-1)).toContain('within 20 ms of SIGTERM');
  });

  it.each([
    ['before it is told to stop', true],
    ['while it stops', false],
  ])('gets SIGKILL sooner where the attempt is given less time than it began with, %s', async (_when, before) => {
    let stopMs = 3_600_000;
    const text = 'trap "echo ignored" TERM; echo ready; while :; do sleep 0.01; done';
    const running = begin(shell(text), { stopMs: () => stopMs });
    await running.printed('ready');
    if (before) stopMs = 300;
    running.stop();
    await running.printed('ignored');
    // By now its end is waited for.
    await pause(100);
    stopMs = 300;
    expect(await endOf(running)).toEqual(STOPPED);
    expect(running.lines.at(-1)).toContain('within 300 ms of SIGTERM');
  });

  it('gets SIGKILL at once where nothing may be waited for', async () => {
    const running = begin(shell('trap "echo trapped" TERM; echo ready; while :; do sleep 0.01; done'));
    await running.printed('ready');
    running.stop(true);
    expect(await endOf(running)).toEqual(STOPPED);
    expect(running.lines).toEqual(['ready']);
  });

  it('gets SIGKILL at once where killAfter is 0', async () => {
    const running = begin(shell('trap "" TERM; echo ready; while :; do sleep 0.01; done', '0s'));
    await running.printed('ready');
    running.stop();
    expect(await endOf(running)).toEqual(STOPPED);
  });

  it.each([
    ['children', 'sleep 1000 & sleep 1000 & echo ready; wait'],
    ['children of children', '(sleep 1000 & (sleep 1000 & sleep 1000)) & echo ready; sleep 1000'],
    ['a pipe', 'echo ready >&2; sleep 1000 | cat | cat'],
    ['itself stopped', `(until ${isStopped('$$')}; do sleep 0.01; done; echo ready) & kill -STOP $$`],
    ['a stopped child', `sh -c 'kill -STOP $$' & until ${isStopped('$!')}; do sleep 0.01; done; echo ready; wait`],
  ])('ends with all it has on SIGTERM: %s', async (_what, text) => {
    const running = begin(shell(text));
    await running.printed('ready');
    running.stop();
    expect(await endOf(running)).toEqual(STOPPED);
    expect(running.lines).toEqual(['ready']);
  });

  it.each([
    ['children that ignore SIGTERM', 'trap "" TERM; (while :; do sleep 0.01; done) & echo ready; wait'],
    [
      'a leader that ends, and a child that does not',
      'sh -c "trap \\"\\" TERM; echo ready; while :; do sleep 0.01; done" & wait',
    ],
    ['a stopped process that ignores SIGTERM', 'trap "" TERM; echo ready; while :; do kill -STOP $$; done'],
  ])('ends with all it has on SIGKILL: %s', async (_what, text) => {
    const running = begin(shell(text, '50ms'));
    await running.printed('ready');
    running.stop();
    expect(await endOf(running)).toEqual(STOPPED);
    expect(running.lines.at(-1)).toMatch(/^hookkeeper: sends SIGKILL/);
  });

  it('takes those along that left the process group', async () => {
    const text = `setsid sh -c 'setsid sleep 1000 & echo gone; sleep 1000' & setsid -f sleep 1000; echo ready; wait`;
    const running = begin(shell(text));
    await Promise.all([running.printed('ready'), running.printed('gone')]);
    running.stop();
    expect(await endOf(running)).toEqual(STOPPED);
  });

  it('kills those that left the process group and ignore SIGTERM', async () => {
    const text = `trap "" TERM; setsid sh -c 'echo gone; while :; do sleep 0.01; done' & wait`;
    const running = begin(shell(text, '50ms'));
    await running.printed('gone');
    running.stop();
    expect(await endOf(running)).toEqual(STOPPED);
  });

  it.each([
    ['after killAfter', '50ms', false],
    ['at once', '1h', true],
  ])(
    'is killed with all that it puts into new sessions as fast as it can: %s',
    async (_what, killAfter, immediately) => {
      // Far more than come while it is being killed, but not for ever: should it not be, the machine lives on.
      const often = (command: string) => `n=0; while [ $n -lt 500 ]; do n=$((n + 1)); ${command}; done`;
      const text = `trap "" TERM; (${often('setsid -f sleep 60')}; sleep 60) & ${often('setsid sleep 60 & echo ready')}; wait`;
      const running = begin(shell(text, killAfter));
      await running.printed('ready');
      running.stop(immediately);
      expect(await endOf(running)).toEqual(STOPPED);
    },
  );

  it('ends while it floods its output', async () => {
    const running = begin(shell('yes & yes >&2'));
    await running.printed('y');
    running.stop();
    expect(await endOf(running)).toEqual(STOPPED);
  });
});

describe('exec: what a finished command left running', () => {
  it.each([
    ['a background process', 'sleep 1000 &', /^hookkeeper: ends what the command left running: \w+ \(PID \d+\)$/],
    ['one that holds the output', 'sleep 1000 & echo done', /left running: \w+ \(PID \d+\)$/],
    [
      'one that ignores SIGTERM',
      'trap "" TERM; sleep 1000 &',
      /^hookkeeper: sends SIGKILL .* within 500 ms of SIGTERM: \w+/,
    ],
    ['a daemon', 'setsid sleep 1000 & sleep 0.01; setsid -f sh -c "setsid sleep 1000 & sleep 1000"', /left running: /],
    [
      'many',
      'for i in 1 2 3 4 5 6 7; do sleep 1000 & done',
      /left running: (\w+ \(PID \d+\), ){4}\w+ \(PID \d+\) and 2 more$/,
    ],
  ])('is ended, and said: %s', async (_what, text, line) => {
    const { result, lines } = await attempt('exec', { shell: text });
    expect(result).toEqual({ outcome: 'succeeded' });
    expect(lines).toContainEqual(expect.stringMatching(line));
  });

  it('does not change what the command itself came to', async () => {
    const { result } = await attempt('exec', { shell: 'sleep 1000 & exit 3' });
    expect(result).toMatchObject({ reason: 'exited with 3' });
  });

  it('is not noted where there is nothing', async () => {
    expect((await attempt('exec', { shell: 'sleep 0.01 & wait; setsid true' })).lines).toEqual([]);
  });

  it('is ended in the process group also where it has an environment of its own', async () => {
    const { lines } = await attempt('exec', {
      shell: 'env -i /bin/sleep 1000 & while grep -q HOOKKEEPER /proc/$!/environ; do sleep 0.01; done; echo $!',
    });
    expect(lines.at(-1)).toMatch(/^hookkeeper: ends what the command left running: sleep /);
    // Gone as soon as PID 1 has taken note of it.
    await expect.poll(() => existsSync(`/proc/${lines[0]}`), { timeout: 20_000 }).toBe(false);
  });

  it('is nothing where only a zombie is left, which no signal can end', async () => {
    const file = join(folder, 'zombie');
    const parent = `sleep 0.01 & echo $! >${file}; exec env -i /usr/bin/setsid /bin/sleep 1000 >/dev/null 2>&1`;
    const isZombie = `[ -s ${file} ] && grep -q "^State:.Z" /proc/$(cat ${file})/status`;
    const { result, lines } = await attempt('exec', {
      shell: `sh -c '${parent}' & until ${isZombie}; do sleep 0.01; done; echo $!`,
    });
    process.kill(Number(lines[0]), 'SIGKILL');
    expect(result).toEqual({ outcome: 'succeeded' });
    expect(lines).toHaveLength(1);
  });

  it('delays nobody when it hides from us, and is said', async () => {
    const pipes = () => process.getActiveResourcesInfo().filter((resource) => resource === 'PipeWrap').length;
    const before = pipes();
    const file = join(folder, 'hidden');
    const { result, lines } = await attempt('exec', {
      shell: `env -i /usr/bin/setsid sh -c 'echo $$ >${file}; exec sleep 1000' & while ! [ -s ${file} ]; do sleep 0.01; done; cat ${file}`,
    });
    await expect.poll(pipes).toBeLessThanOrEqual(before);
    process.kill(Number(lines[0]), 'SIGKILL');
    expect(result).toEqual({ outcome: 'succeeded' });
    expect(lines.at(-1)).toBe('hookkeeper: closes the output, which is held by a process that cannot be found');
  });
});

describe('exec: when Hookkeeper itself ends', () => {
  it('can be told not to wait for what was already told to stop', async () => {
    const running = begin(shell('trap "echo ignored" TERM; echo ready; while :; do sleep 0.01; done'));
    await running.printed('ready');
    running.stop();
    await running.printed('ignored');
    killLiveGroups();
    expect(await endOf(running)).toEqual(STOPPED);
  });

  it('listens for the exit only while something runs', async () => {
    const listeners = () => process.listeners('exit').filter((listener) => listener === killLiveGroups).length;
    expect(listeners()).toBe(0);
    const [one, other] = [begin(shell('echo ready; sleep 1000')), begin(shell('echo ready; sleep 1000'))];
    await Promise.all([one.printed('ready'), other.printed('ready')]);
    expect(listeners()).toBe(1);
    one.stop();
    await endOf(one);
    expect(listeners()).toBe(1);
    other.stop();
    await endOf(other);
    expect(listeners()).toBe(0);
  });

  it('takes everything along when the process exits', async () => {
    const program = join(import.meta.dirname, '../../fixtures/tasks/exit-while-running.ts');
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [run] = await within('the run to start', once(createInterface(child.stdout), 'line'));
    const [code] = await within('the program to exit', once(child, 'exit'));
    expect(code).toBe(7);
    await expect.poll(() => processesOf(String(run)), { timeout: 20_000 }).toEqual([]);
  });
});
