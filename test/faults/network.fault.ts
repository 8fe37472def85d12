import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { it, onTestFinished } from 'vitest';
import { hooks, preStop } from '../e2e/stage.ts';
import { type ApiManner, startKubernetesApi } from '../helpers/kubernetes-api.ts';
import { json } from '../helpers/request.ts';
import { fakeResolver, type NameAnswer } from './fake-resolver.ts';
import { mustEnd, playRounds } from './side.ts';
import { times } from './tally.ts';

const HEAD = 'HTTP/1.1 200 OK\r\n';

/** What targets do to who calls them, and how a task that expects 200 then ends. */
const TARGETS: readonly (readonly [
  name: string,
  act: (socket: Socket) => void,
  ends: 'failed' | 'timedOut' | 'succeeded',
])[] = [
  ['refuses', () => {}, 'failed'],
  ['hangs', () => {}, 'timedOut'],
  ['drips', (socket) => void drip(socket), 'timedOut'],
  ['pours', (socket) => void pour(socket), 'succeeded'],
  [
    'resets',
    (socket) => void socket.write(`${HEAD}Content-Length: 100\r\n\r\nhalf`, () => socket.resetAndDestroy()),
    'failed',
  ],
  ['speaks-something-else', (socket) => void socket.end('SSH-2.0-server\r\n'), 'failed'],
  [
    'redirects-to-itself',
    (socket) => void socket.end('HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n'),
    'failed',
  ],
  ['has-endless-headers', (socket) => void pour(socket, 'X-Header: value\r\n'), 'failed'],
];

/** A gigabyte is let go before its end, but that may take a while; and of bytes that drip some are to come. */
const TIMEOUTS: Readonly<Record<string, string>> = { pours: '20s', drips: '2500ms' };

/** A byte a second, for as long as somebody reads. */
async function drip(socket: Socket): Promise<void> {
  socket.write(`${HEAD}Content-Length: 100000\r\n\r\n`);
  const timer = setInterval(() => socket.write('x'), 1000);
  await once(socket, 'close');
  clearInterval(timer);
}

/** A gigabyte, or as much as is read of it. */
async function pour(socket: Socket, unit = 'x'.repeat(60)): Promise<void> {
  socket.write(unit.includes(':') ? HEAD : `${HEAD}Content-Length: 1000000000\r\n\r\n`);
  const block = unit.repeat(Math.ceil(65_536 / unit.length));
  await pipeline(Array.from({ length: Math.ceil(1e9 / block.length) }).fill(block), socket).catch(() => {});
}

async function target(act: (socket: Socket) => void): Promise<{ readonly server: Server; readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => act(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

const peakMib = (pid: number) =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Generous: a target pours a gigabyte. */
const MOST_GROWTH_MIB = 100;
const LATE_MS = 20_000;

it('targets that misbehave', async () => {
  await playRounds('network', times(TARGETS.length * 2), async (side, index) => {
    const { task, configure, start } = side.stage;
    const [name, act, ends] = TARGETS[index % TARGETS.length] ?? ['', () => {}, 'failed'];
    const { server, port } = await target(act);
    if (name === 'refuses') server.close();
    const http = { url: `http://127.0.0.1:${port}/` };
    const calls = { name, http, timeout: TIMEOUTS[name] ?? '700ms', onFailure: 'continue' };
    await configure(hooks({ preStop: [calls, task('last')] }));
    const service = await start({ journalDir: `${side.stage.dir}/journal-${index}` });
    const before = peakMib(service.pid);
    const startedMs = performance.now();
    const answer = JSON.stringify(json(await preStop(service)));
    side.injected += 1;
    side.must('wrong', answer.includes(`"name":"${name}","outcome":"${ends}"`), `${name}: ${answer}`);
    side.must('late', performance.now() - startedMs < LATE_MS, `${name}: ${performance.now() - startedMs} ms`);
    const growth = peakMib(service.pid) - before;
    side.must('wrong', growth < MOST_GROWTH_MIB, `${name}: ${growth} MiB more`);
    await mustEnd(side, service, name);
  });
});

const MANNERS: readonly (ApiManner | 'refuses')[] = [
  'never',
  'forbidden',
  'absent',
  'broken',
  'garbage',
  'drips',
  'pours',
  'resets',
  'redirects',
  'refuses',
  'well',
];

it('an API server that misbehaves', async () => {
  await playRounds('API server', times(MANNERS.length * 2), async (side, index) => {
    const { task, configure, start, executions } = side.stage;
    const manner = MANNERS[index % MANNERS.length] ?? 'never';
    const api = await startKubernetesApi();
    if (manner === 'refuses') await api.close();
    else api.behave(manner, Math.floor(side.random() * 200));
    await configure(hooks({ preStop: [task('first'), task('last')] }));
    const before = executions().length;
    const service = await start({ journalDir: `${side.stage.dir}/journal-${index}`, env: api.env });
    const startedMs = performance.now();
    const replies = await Promise.all([preStop(service), preStop(service), preStop(service)]);
    side.injected += 1;
    for (const reply of replies) side.must('wrong', reply.kind === 'answered' && reply.status === 200, manner);
    side.must('late', performance.now() - startedMs < LATE_MS, `${manner}: ${performance.now() - startedMs} ms`);
    side.must(
      'finished again',
      executions().length - before === 2,
      `${manner}: ${executions().slice(before).join(' ')}`,
    );
    // A control: somebody wanted to know something of it.
    side.must('wrong', manner === 'refuses' || api.dialled() > 0, `${manner}: the API server was not asked`);
    await mustEnd(side, service, manner);
    await api.close();
  });
});

/** What becomes of a name that a task looks up, and how the task then ends. */
const NAMES: readonly (readonly [name: string, answer: NameAnswer, ends: 'failed' | 'timedOut' | 'succeeded'])[] = [
  ['is-there', () => ({ address: '127.0.0.1' }), 'succeeded'],
  ['does-not-exist', () => 'no such name', 'failed'],
  ['fails', () => 'server failure', 'failed'],
  ['is-never-answered', () => 'silence', 'timedOut'],
  ['is-slow', () => ({ address: '127.0.0.1', afterMs: 300 }), 'succeeded'],
  // Nobody listens at the first address: a retry has to ask again.
  ['changes-its-address', (asked) => ({ address: asked === 0 ? '127.0.0.9' : '127.0.0.1' }), 'succeeded'],
];

it('names that are slow, fail, or change their address', async () => {
  await playRounds('DNS', times(NAMES.length * 2), async (side, index) => {
    const { task, configure, start, dir } = side.stage;
    const [name, answer, ends] = NAMES[index % NAMES.length] ?? ['', () => 'silence', 'failed'];
    const { port } = await target((socket) => void socket.end(`${HEAD}Content-Length: 0\r\n\r\n`));
    const resolver = await fakeResolver(answer, dir);
    const timeout = ends === 'timedOut' ? '700ms' : '20s';
    const calls = (nth: number) => ({
      name: `${name}-${nth}`,
      http: { url: `http://service-${nth}.example:${port}/` },
      timeout,
      retry: { attempts: 3, minDelay: '50ms' },
      onFailure: 'continue',
    });
    // More at once than there are threads for them, and for the journal.
    await configure(hooks({ preStop: [{ parallel: [calls(1), calls(2), calls(3), calls(4)] }, task('last')] }));
    const service = await start({ journalDir: join(dir, `journal-${index}`), wrapper: resolver.wrapper });
    const startedMs = performance.now();
    const answered = JSON.stringify(json(await preStop(service)));
    const tookMs = performance.now() - startedMs;
    side.injected += 1;
    for (const nth of [1, 2, 3, 4]) {
      const end = `"name":"${name}-${nth}","outcome":"${ends}"`;
      side.must('wrong', answered.includes(end), `${name}: ${answered}`);
    }
    side.must('wrong', answered.includes('"name":"last","outcome":"succeeded"'), `${name}: ${answered}`);
    side.must('wrong', !answered.includes('"notes"'), `${name}: ${answered}`);
    side.must('late', tookMs < LATE_MS, `${name}: ${tookMs} ms`);
    // A control: it was this server that was asked.
    side.must('wrong', resolver.asked() > 0, `${name}: nobody asked for the name`);
    await mustEnd(side, service, name);
  });
});
