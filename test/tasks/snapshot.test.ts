import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { actionOf, attempt, begin, processesOf } from './attempt.ts';

interface Place {
  readonly source: string;
  readonly destination: string;
  readonly to: string;
}

async function place(): Promise<Place> {
  const dir = await temporaryFolder();
  const at = { source: join(dir, 'source'), destination: join(dir, 'snapshots'), to: join(dir, 'restored') };
  mkdirSync(at.source);
  writeFileSync(join(at.source, 'state'), 'state');
  return at;
}

/** Resolves when there is something in the folder. */
async function copyBegun(destination: string): Promise<void> {
  while (!existsSync(destination) || readdirSync(destination).length === 0) await new Promise(setImmediate);
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

describe('snapshot', () => {
  it('measures the archive, how long it took, and when there was a good one', async () => {
    const { source, destination } = await place();
    const { result, measured } = begin(actionOf('snapshot', { source, destination }));
    expect(await result).toEqual({ outcome: 'succeeded' });
    expect(measured).toEqual([
      ['hookkeeper_snapshot_bytes', expect.any(Number)],
      ['hookkeeper_snapshot_duration_seconds', expect.any(Number)],
      ['hookkeeper_snapshot_last_success_timestamp_seconds', expect.any(Number)],
    ]);
    const seconds = new Map(measured).get('hookkeeper_snapshot_last_success_timestamp_seconds');
    expect(Math.abs((seconds ?? 0) - Date.now() / 1000)).toBeLessThan(600);
  });

  it('saves a folder, tells of it, and restore brings it back', async () => {
    const { source, destination, to } = await place();
    const saved = await attempt('snapshot', { source, destination, name: '{container}-{hostname}' });
    expect(saved.result).toEqual({ outcome: 'succeeded' });
    expect(saved.lines).toEqual([
      expect.stringMatching(
        new RegExp(`^kept ${destination}/app-${hostname()}-.*\\.tar\\.zst: 1 file, 5 bytes in \\d+ bytes, `),
      ),
    ]);
    const back = await attempt('restore', { from: destination, to, name: '{container}-{hostname}' });
    expect(back).toEqual({
      result: { outcome: 'succeeded' },
      lines: [expect.stringMatching(/^restored app-.* into .*\/restored: 1 file, 5 bytes$/)],
    });
    expect(readFileSync(join(to, 'state'), 'utf8')).toBe('state');
    expect(await attempt('restore', { from: destination, to, name: '{container}-{hostname}' })).toEqual({
      result: { outcome: 'skipped', reason: `${to} is not empty` },
      lines: [],
    });
  });

  it('warns aloud of one that is smaller than the last good one', async () => {
    const { source, destination } = await place();
    await attempt('snapshot', { source, destination });
    writeFileSync(join(source, 'state'), '');
    const { result, lines } = await attempt('snapshot', { source, destination });
    expect(result).toEqual({ outcome: 'succeeded' });
    expect(lines[1]).toBe(
      'WARNING: it has only 1 file, 0 bytes, and the last good one 1 file, 5 bytes: it is kept beside that one, and is not ' +
        'restored by itself; if it is right, remove the other, or set onSmaller: allow',
    );
  });

  it('ends soon when it is told to stop, and leaves nothing', async () => {
    const { source, destination } = await place();
    writeFileSync(join(source, 'large'), Buffer.alloc(20_000_000));
    const underway = begin(actionOf('snapshot', { source, destination, limit: '1KB/s' }));
    await copyBegun(destination);
    expect(readdirSync(destination)).toEqual([expect.stringMatching(/^\.app~.*\.archive\.tmp$/)]);
    underway.stop();
    expect(await underway.result).toEqual({ outcome: 'failed', reason: 'was told to stop', retryable: true });
    expect(readdirSync(destination)).toEqual([]);
  });

  it('says why where it cannot write', async () => {
    const { source } = await place();
    const { result } = await attempt('snapshot', { source, destination: '/proc/snapshots' });
    expect(result).toMatchObject({
      outcome: 'failed',
      reason: expect.stringMatching(/^cannot make the folder \/proc\/snapshots: /),
    });
  });
});

describe('what stands around the copy', () => {
  it('is done before and after it, in order', async () => {
    const { source, destination, to } = await place();
    const note = (word: string) => ({ exec: { shell: `echo ${word} >> ${source}/log; echo ${word}` } });
    const { result, lines } = await attempt('snapshot', {
      source,
      destination,
      before: [note('one'), note('two')],
      after: [note('three'), note('four')],
    });
    expect(result).toEqual({ outcome: 'succeeded' });
    expect(lines).toEqual(['one', 'two', expect.stringMatching(/^kept /), 'three', 'four']);
    await attempt('restore', { from: destination, to });
    expect(readFileSync(join(to, 'log'), 'utf8')).toBe('one\ntwo\n');
  });

  it('is done after it also where before it failed, and then there is no copy', async () => {
    const { source, destination } = await place();
    const { result, lines } = await attempt('snapshot', {
      source,
      destination,
      before: [{ exec: { command: ['false'] } }],
      after: [{ exec: { shell: 'echo thawed' } }],
    });
    expect(result).toEqual({ outcome: 'failed', reason: 'before[0], exec, exited with 1', retryable: true });
    expect(lines).toEqual(['thawed']);
    expect(existsSync(destination)).toBe(false);
  });

  it('fails the task where it failed after the copy, which is kept; all of it is tried', async () => {
    const { source, destination } = await place();
    const { result, lines } = await attempt('snapshot', {
      source,
      destination,
      after: [{ exec: { command: ['false'] } }, { exec: { shell: 'echo thawed' } }],
    });
    expect(result).toEqual({ outcome: 'failed', reason: 'after[0], exec, exited with 1', retryable: true });
    expect(lines).toEqual([expect.stringMatching(/^kept /), 'thawed']);
  });

  it('is done after a copy that was told to stop, within a time of its own', async () => {
    const { source, destination } = await place();
    writeFileSync(join(source, 'large'), Buffer.alloc(20_000_000));
    const action = actionOf('snapshot', {
      source,
      destination,
      limit: '1KB/s',
      before: [{ exec: { shell: 'echo frozen' } }],
      after: [{ exec: { shell: 'echo thawed' } }, { exec: { command: ['sleep', '100'], killAfter: '0s' } }],
      afterTimeout: '300ms',
    });
    expect(action.stopMs).toBeGreaterThanOrEqual(2300);
    const underway = begin(action);
    await underway.printed('frozen');
    await copyBegun(destination);
    underway.stop();
    expect(await underway.result).toEqual({
      outcome: 'failed',
      reason: 'was told to stop; and after[1], exec, was told to stop',
      retryable: true,
    });
    expect(underway.lines).toEqual(['frozen', 'thawed']);
  });

  it.each([
    ['than the thaw takes', 3000],
    ['while it is done', 3_600_000],
  ])('is told to stop with the attempt where that has less time %s, and is ended with it', async (_when, firstMs) => {
    const { source, destination } = await place();
    writeFileSync(join(source, 'large'), Buffer.alloc(20_000_000));
    let stopMs = firstMs;
    const action = actionOf('snapshot', {
      source,
      destination,
      limit: '1KB/s',
      before: [{ exec: { shell: 'echo frozen' } }],
      after: [{ exec: { shell: 'trap "" TERM; echo thaws; while :; do sleep 0.01; done', killAfter: '1s' } }],
      afterTimeout: '1h',
    });
    const underway = begin(action, { stopMs: () => stopMs });
    await underway.printed('frozen');
    await copyBegun(destination);
    underway.stop();
    await underway.printed('thaws');
    stopMs = 3000;
    const { result } = underway;
    expect(await result).toMatchObject({ reason: expect.stringMatching(/; and after\[0\], exec, was told to stop$/) });
    expect(processesOf(underway.run)).toEqual([]);
  });

  it('has the time that before and after need to stop, as they may say more than a copy needs', async () => {
    const { source, destination } = await place();
    const wait = (killAfter: string) => [{ exec: { shell: 'sleep 1', killAfter } }];
    const after = wait('3s');
    const { stopMs, afterMs } = actionOf('snapshot', { source, destination, before: wait('10s'), after });
    expect({ stopMs, afterMs }).toEqual({ stopMs: 18_000, afterMs: 8000 });
    const plain = actionOf('snapshot', { source, destination, before: wait('1s'), after });
    expect(plain).toMatchObject({ stopMs: 10_000, afterMs: 8000 });
    expect(actionOf('snapshot', { source, destination })).toMatchObject({ stopMs: 2000, afterMs: 0 });
  });

  it('is thawed where no thread can be started for the copy, which may go well later', async () => {
    const threads = vi.spyOn(process.getBuiltinModule('node:worker_threads'), 'Worker');
    onTestFinished(() => threads.mockRestore());
    threads.mockImplementation(function refuse() {
      throw new Error('EAGAIN');
    });
    const { source, destination } = await place();
    const after = [{ exec: { shell: 'echo thawed' } }];
    const { result, lines } = await attempt('snapshot', { source, destination, after });
    expect(result).toEqual({ outcome: 'failed', reason: 'could not start a thread: EAGAIN', retryable: true });
    expect(lines).toEqual(['thawed']);
  });

  it('is thawed after a bug of ours, too', async () => {
    const { source, destination } = await place();
    const freeze = actionOf('snapshot', { source, destination, after: [{ exec: { shell: 'echo thawed' } }] });
    const underway = begin({
      ...freeze,
      run: (given) =>
        freeze.run({
          ...given,
          figure() {
            throw new Error('a bug');
          },
        }),
    });
    await expect(underway.result).rejects.toThrow('a bug');
    expect(underway.lines.at(-1)).toBe('thawed');
  });

  it('uses captured values, and is checked like tasks', async () => {
    const { source, destination } = await place();
    const action = actionOf('snapshot', {
      source,
      destination,
      before: [{ http: { url: 'http://127.0.0.1:1/$(id)' } }],
      after: [{ exec: { command: ['/no/such/program', '~'] } }],
    });
    expect(action.uses).toEqual([{ name: 'id', path: ['before', 0, 'http', 'url'] }]);
    expect(action.check()).toMatchObject([{ path: ['after', 0, 'exec', 'command', 0] }]);
    expect(action.checkText?.()).toMatchObject([{ path: ['after', 0, 'exec', 'command', 1] }]);
  });
});

describe('what is wrong with a source', () => {
  it('is told at the key that the config has', async () => {
    const { destination } = await place();
    const fetched = { url: 'http://127.0.0.1:1/$(id)', as: 'a' };
    const one = actionOf('snapshot', { source: '/no/such/folder', destination });
    expect(one.check()).toMatchObject([{ path: ['source'], value: '/no/such/folder (not there)' }]);
    const several = actionOf('snapshot', { sources: ['/', '/no/such/folder'], destination });
    expect(several.check()).toMatchObject([{ path: ['sources', 1] }]);
    const { uses } = actionOf('snapshot', { source: fetched, destination });
    expect(uses).toEqual([{ name: 'id', path: ['source', 'url'] }]);
  });
});

describe('a source that is fetched', () => {
  const BODY = Buffer.alloc(5_000_000, 'snapshot of consul ');

  it('is a file in the archive, large or not', async () => {
    const { source, destination, to } = await place();
    const url = await serve(({ headers }, response) => response.end(headers['x-token'] === 'secret' ? BODY : 'wrong'));
    const sources = [source, { url: `${url}/v1/snapshot`, as: 'consul.snap', headers: { 'X-Token': 'secret' } }];
    expect(await attempt('snapshot', { sources, destination })).toMatchObject({ result: { outcome: 'succeeded' } });
    expect(readdirSync(destination).filter((file) => file.startsWith('.'))).toEqual([]);
    await attempt('restore', { from: destination, to });
    expect(readFileSync(join(to, 'consul.snap')).equals(BODY)).toBe(true);
    expect(readFileSync(join(to, 'state'), 'utf8')).toBe('state');
  });

  it.each<[what: string, listener: RequestListener, reason: RegExp, retryable: boolean]>([
    [
      'is cut off',
      (_request, response) => {
        response.writeHead(200, { 'Content-Length': BODY.length });
        response.write(BODY.subarray(0, 100_000), () => response.destroy());
      },
      /could not be fetched: the connection broke within the body$/,
      true,
    ],
    ['is refused', (_request, response) => response.writeHead(403).end(), /could not be fetched: answered 403$/, false],
    [
      'is not there now',
      (_request, response) => response.writeHead(503).end(),
      /could not be fetched: answered 503$/,
      true,
    ],
    [
      'may be cut off without anybody knowing',
      (request) => request.socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf'),
      /could not be fetched: the answer does not say where its body ends$/,
      false,
    ],
  ])('fails the snapshot where it %s', async (_what, listener, reason, retryable) => {
    const { destination } = await place();
    const url = await serve(listener);
    const { result } = await attempt('snapshot', { source: { url, as: 'consul.snap' }, destination });
    expect(result).toEqual({ outcome: 'failed', reason: expect.stringMatching(reason), retryable });
    expect(readdirSync(destination)).toEqual([]);
  });
});

describe('what is wrong with the settings', () => {
  it.each([
    ['no source', { destination: '/s' }, 'must have either source or sources'],
    ['both', { source: '/a', sources: ['/b'], destination: '/s' }, 'must have either source or sources'],
    ['a relative path', { source: 'a', destination: '/s' }, 'Invalid input'],
    ['a name with a slash', { source: '/a', destination: '/s', name: 'a/b' }, 'must be a name of letters'],
    ['a bad limit', { source: '/a', destination: '/s', limit: '50MB' }, 'must be a rate such as 50MB/s'],
    ['a bad size', { source: '/a', destination: '/s', minBytes: '5' }, 'must be a size such as 0B, 10MB or 512Mi'],
    [
      'a level too high',
      { source: '/a', destination: '/s', format: 'tar.gz', level: 10 },
      'must have a level of at most 9',
    ],
    [
      'a file name twice',
      { sources: ['a', 'b'].map((path) => ({ url: `http://x/${path}`, as: 'x' })), destination: '/s' },
      'must have each name',
    ],
    ['an empty action', { source: '/a', destination: '/s', before: [{}] }, 'must have either exec or http'],
  ])('is said: %s', (_what, settings, message) => {
    expect(() => actionOf('snapshot', settings)).toThrow(message);
  });

  it('is a warning for a source that is not there yet, and an error for a folder that cannot be made', async () => {
    const { source, destination } = await place();
    const fine = actionOf('snapshot', { source: `${source}/*.rdb`, destination });
    expect(fine.check()).toEqual([]);
    const wrong = actionOf('snapshot', { source: '/no/such', destination: '/no/such/place' });
    expect(wrong.check()).toMatchObject([
      { severity: 'warning', value: '/no/such (not there)' },
      { severity: 'error', path: ['destination'], value: '/no/such (not there)' },
    ]);
    const inside = actionOf('restore', { from: source, to: join(source, 'below') });
    expect(inside.checkText?.()).toMatchObject([{ severity: 'error', path: ['to'] }]);
  });
});
