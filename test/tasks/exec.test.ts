import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { actionOf, attempt, begin, TRACEPARENT } from './attempt.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-exec-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

function script(name: string, text: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  return path;
}

describe('exec: what the command is given', () => {
  it('has PATH, what is listed, and the facts of the attempt: nothing else of our environment', async () => {
    vi.stubEnv('PATH', '/usr/bin:/bin');
    vi.stubEnv('SECRET_OF_OURS', 'hush');
    vi.stubEnv('TZ', 'Europe/Berlin');
    vi.stubEnv('NODE_V8_COVERAGE', undefined);
    const { lines, result } = await attempt('exec', {
      command: ['env'],
      env: { GREETING: 'hello  world' },
      inheritEnv: ['TZ', 'NOT_SET_ANYWHERE'],
    });
    expect(result).toEqual({ outcome: 'succeeded' });
    expect(lines.toSorted()).toEqual([
      'GREETING=hello  world',
      'HOOKKEEPER_ATTEMPT=2',
      'HOOKKEEPER_CONTAINER=app',
      'HOOKKEEPER_DEADLINE_EPOCH_MS=1800000000000',
      'HOOKKEEPER_HOOK=preStop',
      'HOOKKEEPER_REMAINING_MS=12345',
      expect.stringMatching(/^HOOKKEEPER_RUN=run-/),
      'HOOKKEEPER_TASK=flush',
      'PATH=/usr/bin:/bin',
      `TRACEPARENT=${TRACEPARENT}`,
      'TZ=Europe/Berlin',
    ]);
  });

  it('hides in what a command prints the values of its environment whose names say that they are secrets', async () => {
    const env = { DB_PASSWORD: 'hunter2-hunter2', SIGNING_KEY: 'BEGIN-KEY\nabcdefgh', LOG_LEVEL: 'information' };
    const shell = 'echo "level $LOG_LEVEL"; echo "+ psql -W $DB_PASSWORD"; echo "$SIGNING_KEY"';
    const { lines } = await attempt('exec', { shell, env });
    expect(lines).toEqual(['level information', '+ psql -W [redacted]', '[redacted]', '[redacted]']);
  });

  it('has the traceparent that is set for it, where one is', async () => {
    const { lines } = await attempt('exec', { command: ['env'], env: { TRACEPARENT: 'mine' } });
    expect(lines.filter((line) => line.startsWith('TRACEPARENT'))).toEqual(['TRACEPARENT=mine']);
  });

  it('has the default PATH where we have none', async () => {
    vi.stubEnv('PATH', undefined);
    const { lines } = await attempt('exec', { command: ['env'] });
    expect(lines).toContain('PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
  });

  it('is looked up on the PATH that is set for it', async () => {
    script('only-here', '#!/bin/sh\necho found\n');
    expect((await attempt('exec', { command: ['only-here'], env: { PATH: folder } })).lines).toEqual(['found']);
  });

  it('gets its arguments as they are, without a shell', async () => {
    const args = ['$HOME', 'a b', '*', "'", '; echo no', ''];
    const { lines } = await attempt('exec', { command: ['/bin/sh', '-c', 'printf "<%s>\\n" "$@"', 'sh', ...args] });
    expect(lines).toEqual(args.map((arg) => `<${arg}>`));
  });

  it('runs in a shell when asked to', async () => {
    expect((await attempt('exec', { shell: 'echo one | tr o 0; echo $((1 + 1))' })).lines).toEqual(['0ne', '2']);
  });

  it('has nothing on stdin', async () => {
    expect((await attempt('exec', { command: ['cat'] })).lines).toEqual([]);
    expect((await attempt('exec', { command: ['readlink', '/proc/self/fd/0'] })).lines).toEqual(['/dev/null']);
  });

  it('runs in its working directory', async () => {
    expect((await attempt('exec', { command: ['pwd'], workingDir: folder })).lines).toEqual([folder]);
    expect((await attempt('exec', { command: ['pwd'] })).lines).toEqual([process.cwd()]);
  });

  it('leads a process group and a session of its own', async () => {
    const { lines } = await attempt('exec', { command: ['cat', '/proc/self/stat'] });
    const [pid, , , , group, session] = lines[0]?.split(' ') ?? [];
    expect([group, session]).toEqual([pid, pid]);
  });
});

describe('exec: how it ends', () => {
  it.each([
    ['exit 0', { outcome: 'succeeded' }],
    ['exit 3', { outcome: 'failed', reason: 'exited with 3', retryable: true }],
    ['exit 255', { outcome: 'failed', reason: 'exited with 255', retryable: true }],
    ['kill -9 $$', { outcome: 'failed', reason: 'was ended by SIGKILL', retryable: true }],
    ['kill $$', { outcome: 'failed', reason: 'was ended by SIGTERM', retryable: true }],
  ])('`%s`', async (shell, result) => {
    expect((await attempt('exec', { shell })).result).toEqual(result);
  });

  it('takes the exit codes for good that are listed, and no other', async () => {
    const settings = { successExitCodes: [3, 24] };
    expect((await attempt('exec', { shell: 'exit 24', ...settings })).result).toEqual({ outcome: 'succeeded' });
    expect((await attempt('exec', { shell: 'exit 0', ...settings })).result).toMatchObject({ reason: 'exited with 0' });
  });

  it('tells nothing of what was printed in the reason, which callers and `kubectl describe` see', async () => {
    const { result, lines } = await attempt('exec', { shell: 'echo password hunter2 >&2; exit 1' });
    expect(result).toEqual({ outcome: 'failed', reason: 'exited with 1', retryable: true });
    expect(lines).toEqual(['password hunter2']);
  });

  it.each([
    [
      'a program that is not there',
      { command: ['/scripts/flush.sh'] },
      'could not be started: ENOENT /scripts/flush.sh: command must be an executable file: /scripts/flush.sh (not there)',
    ],
    [
      'a name that is not on the PATH',
      { command: ['no-such-program'] },
      'could not be started: ENOENT no-such-program: command must be an executable file: no-such-program (not there)',
    ],
    [
      'a script without its x bit',
      { command: [script('plain.sh', '#!/bin/sh\n', 0o644)] },
      `could not be started: EACCES ${folder}/plain.sh: command must be an executable file: ${folder}/plain.sh (not executable)`,
    ],
    [
      'a script without its interpreter',
      { command: [script('bash.sh', '#!/opt/bash -e\n')] },
      `could not be started: ENOENT ${folder}/bash.sh: command must name an interpreter that is there: ${folder}/bash.sh begins with "#!/opt/bash -e" (not there)`,
    ],
    [
      'a working directory that is not there',
      { command: ['true'], workingDir: '/no/such/folder' },
      'could not be started: ENOENT true: workingDir must be a directory: /no/such/folder (not there)',
    ],
    [
      'arguments that are too long together',
      { command: ['true', ...Array<string>(80).fill('x'.repeat(120_000))] },
      'could not be started: E2BIG true',
    ],
  ])('says why it could not be started, and is not tried again: %s', async (_what, settings, reason) => {
    expect((await attempt('exec', settings)).result).toEqual({ outcome: 'failed', reason, retryable: false });
  });

  it('is not started when it was told to stop before', async () => {
    const file = join(folder, 'never');
    const action = actionOf('exec', { command: ['touch', file] });
    const signal = AbortSignal.abort();
    const { result } = begin({ ...action, run: (given) => action.run({ ...given, signal }) });
    expect(await result).toEqual({ outcome: 'failed', reason: 'was told to stop', retryable: true });
    expect((await attempt('exec', { command: ['ls', file] })).result).toMatchObject({ outcome: 'failed' });
  });
});

describe('exec: what it prints', () => {
  it('passes on both outputs line by line, as they come', async () => {
    const { printed, stop, lines, result } = begin(actionOf('exec', { shell: 'echo out; echo err >&2; sleep 1000' }));
    await Promise.all([printed('out'), printed('err')]);
    stop();
    await result;
    expect(lines.toSorted()).toEqual(['err', 'out']);
  });

  it('loses nothing of what was printed just before the end', async () => {
    const { lines } = await attempt('exec', { command: ['seq', '50000'] });
    expect(lines).toHaveLength(50_000);
    expect(lines.at(-1)).toBe('50000');
  });

  it('holds a flood in bounded memory', async () => {
    const action = actionOf('exec', {
      shell: 'head -c 400000000 /dev/zero; yes "a line of some length" | head -c 10000000',
    });
    const before = process.memoryUsage.rss();
    let most = before;
    let count = 0;
    const { result } = begin({
      ...action,
      run: (given) =>
        action.run({
          ...given,
          output: () => {
            count += 1;
            if (count % 10_000 === 1) most = Math.max(most, process.memoryUsage.rss());
          },
        }),
    });
    expect(await result).toEqual({ outcome: 'succeeded' });
    expect(count).toBeGreaterThan(400_000);
    expect(most - before).toBeLessThan(160 * 1024 * 1024);
  });
});

describe('exec: what is shown of it', () => {
  it.each([
    [{ command: ['/scripts/flush.sh', '--password=hush'] }, 'exec /scripts/flush.sh'],
    [{ shell: 'curl -H "Authorization: hush"' }, 'exec /bin/sh -c …'],
    [{ command: ['/a\nb\u001b[31m'] }, 'exec /a b [31m'],
    [{ command: [`/${'x'.repeat(1000)}`] }, `exec /${'x'.repeat(153)}…`],
  ])('%j', (settings, summary) => {
    expect(actionOf('exec', settings).summary).toBe(summary);
  });

  it('needs its killAfter to end, and has no time of its own', () => {
    expect(actionOf('exec', { command: ['true'] })).toMatchObject({ stopMs: 2000, ownMs: undefined });
    expect(actionOf('exec', { command: ['true'], killAfter: '250ms' }).stopMs).toBe(250);
    expect(actionOf('exec', { command: ['true'], killAfter: '0s' }).stopMs).toBe(0);
  });
});
