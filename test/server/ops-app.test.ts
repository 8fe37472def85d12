import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createHttpLog } from '../../src/observe/http-log.ts';
import { jsonLogger } from '../../src/observe/logger.ts';
import { isLoopback } from '../../src/server/from-here.ts';
import { listen } from '../../src/server/listen.ts';
import { type Checks, createOpsApp, type StatusReport } from '../../src/server/ops-app.ts';
import { createOpsServer } from '../../src/server/ops-server.ts';
import { endedRun, endedTask } from './hook-port.ts';

const healthy: Checks = {
  config: 'loaded',
  journal: { state: 'durable' },
  hookPort: 'listening',
  service: 'serving',
};

const report: StatusReport = {
  version: '0.1.0',
  state: 'serving',
  life: { state: 'serving' },
  config: { file: '/etc/hookkeeper/hooks.yaml', digest: '0123456789ab', loadedAtMs: 1000, lastReloadError: null },
  deadline: { source: 'config', graceMs: 45_000, reserveMs: 10_000 },
  journal: { state: 'durable' },
  activeRuns: 1,
  runs: [
    endedRun({
      tasks: [
        endedTask('flush', {
          output: 'line one\nline two',

          reason: 'GET http://bob:s3cret@host/?token=s3cret failed',
        }),
        { state: 'pending', name: 'later' },
      ],
      undo: { why: 'it came back', tasks: [endedTask('flush/undo', { output: 'undone' })] },
    }),
  ],
};

interface Settings {
  readonly checks?: Partial<Checks>;
  readonly status?: () => StatusReport;
}

function appOf({ checks = {}, status = () => report }: Settings) {
  const lines: Record<string, unknown>[] = [];
  const bugs: unknown[] = [];
  const logger = jsonLogger('debug', { write: (line) => lines.push(JSON.parse(line)) });
  const app = createOpsApp({
    checks: () => ({ ...healthy, ...checks }),
    status,
    metrics: { text: async () => 'up 1\n', contentType: 'text/plain; version=0.0.4; charset=utf-8' },
    statusPages: {},
    onBug: (error) => bugs.push(error),
    httpLog: createHttpLog(logger, 'debug', () => performance.now()),
  });
  return { app, lines, bugs };
}

async function openOpsPort(settings: Settings = {}) {
  const { app, lines, bugs } = appOf(settings);
  const listening = await listen(createOpsServer(app), { host: '127.0.0.1', port: 0, onError: () => {} });
  if (listening.state === 'failed') throw new Error(listening.reason);
  return {
    lines,
    bugs,
    ask: (path: string, init: RequestInit = {}) =>
      fetch(`http://127.0.0.1:${listening.port}${path}`, { redirect: 'manual', ...init }),
    [Symbol.asyncDispose]: async () => void (await listening.close(AbortSignal.abort())),
  };
}

describe('the ops port', () => {
  it('says that it lives', async () => {
    await using port = await openOpsPort({ checks: { config: 'missing', hookPort: 'closed', service: 'stopping' } });
    const answer = await port.ask('/livez');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ live: true });
  });

  it.each([
    ['all is well', {}, 200],
    ['the journal is degraded', { journal: { state: 'degraded', reason: 'ENOSPC', sinceMs: 5 } }, 200],
    ['the config is missing', { config: 'missing' }, 503],
    ['the hook port is closed', { hookPort: 'closed' }, 503],
    ['the service is stopping', { service: 'stopping' }, 503],
  ] satisfies [string, Partial<Checks>, number][])('says whether it is ready: %s', async (_what, checks, status) => {
    await using port = await openOpsPort({ checks });
    const answer = await port.ask('/readyz');
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ ready: status === 200, checks: { ...healthy, ...checks } });
  });

  it('hands out the metrics', async () => {
    await using port = await openOpsPort();
    const answer = await port.ask('/metrics');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toBe('up 1\n');
  });

  it('shows its state and the last runs, with what tasks printed for a caller on loopback, and no secret', async () => {
    await using port = await openOpsPort();
    const answer = await port.ask('/status');
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({
      version: '0.1.0',
      config: { digest: '0123456789ab', lastReloadError: null },
      activeRuns: 1,
      runs: [{ id: 'k3f9-7', tasks: [{ name: 'flush', output: 'line one\nline two' }, { name: 'later' }] }],
    });
    expect(text).not.toContain('s3cret');
  });

  it('does not show what came out of tasks to a caller that is not known to be on loopback', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'hookkeeper-ops-'));
    const socketPath = join(dir, 'ops.sock');
    const server = createOpsServer(appOf({}).app).listen(socketPath);
    await once(server, 'listening');
    const [response] = await once(get({ socketPath, path: '/status' }), 'response');
    const { runs } = Object(await json(response));
    server.close();
    rmSync(dir, { recursive: true });
    const harmless = ['state', 'name', 'outcome', 'attempts', 'startedAtMs', 'durationMs', 'reason'];
    expect(Object.keys(runs[0].tasks[0])).toEqual(harmless);
    expect(Object.keys(runs[0].undo.tasks[0])).toEqual(harmless);
  });

  it.each(['/livez', '/readyz', '/metrics', '/status'])(
    'answers HEAD as GET, and stores and guesses nothing: %s',
    async (path) => {
      await using port = await openOpsPort();
      const [get, head] = [await port.ask(path), await port.ask(path, { method: 'HEAD' })];
      for (const answer of [get, head]) {
        expect(answer.status).toBe(200);
        expect(answer.headers.get('cache-control')).toBe('no-store');
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
        expect(answer.headers.has('x-powered-by')).toBe(false);
      }
      expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
      expect(await head.text()).toBe('');
    },
  );

  it('answers a conditional request in full', async () => {
    await using port = await openOpsPort();
    expect((await port.ask('/readyz', { headers: { 'If-None-Match': '*' } })).status).toBe(200);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('is read-only: %s', async (method) => {
    await using port = await openOpsPort();
    for (const path of ['/livez', '/readyz', '/metrics', '/status']) {
      const answer = await port.ask(path, { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('GET, HEAD');
    }
  });

  it.each(['/', '/Livez', '/livez/', '/status/x', '/prestop/app', '//livez', '/%6civez'])(
    'has no page %s',
    async (path) => {
      await using port = await openOpsPort();
      const answer = await port.ask(path);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toEqual({
        error: 'there is no such page',
        remedy: 'there are /livez, /readyz, /metrics, /status',
      });
    },
  );

  it('answers a bug with 500, tells nothing of it, and reports it', async () => {
    await using port = await openOpsPort({
      status: () => {
        throw new Error('the unthinkable');
      },
    });
    const answer = await port.ask('/status');
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('unthinkable');
    expect(port.bugs.map(String)).toEqual(['Error: the unthinkable']);
  });

  it('is quiet: its requests are in the log at debug only', async () => {
    await using port = await openOpsPort();
    await port.ask('/readyz');
    await port.ask('/nothing');
    expect(port.lines.map(({ level, path, status }) => ({ level, path, status }))).toEqual([
      { level: 'debug', path: '/readyz', status: 200 },
      { level: 'debug', path: '/nothing', status: 404 },
    ]);
  });
});

describe('a loopback caller', () => {
  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('is %s', (address) => {
    expect(isLoopback(address)).toBe(true);
  });

  it.each([
    '10.88.0.1',
    '::ffff:10.88.0.1',
    '128.0.0.1',
    '127.0.0.6',
    '::ffff:127.0.0.6',
    '::6',
    '::2',
    '1::1',
    '0.0.0.0',
    '127.0.0.1.example',
    '',
    undefined,
  ])('is not %s', (address) => {
    expect(isLoopback(address)).toBe(false);
  });
});
