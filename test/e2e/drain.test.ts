import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { json } from '../helpers/request.ts';
import { keepAliveClient } from '../recipes/keep-alive-client.ts';
import { freePort, startServer } from '../recipes/server.ts';
import { startUpstream } from '../recipes/upstream.ts';
import { hooks, kubeletOf, preStop, stage, until } from './stage.ts';

const KEPT = 200;
const SLOW = 20;

async function startNginx(dir: string, upstream: number) {
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${dir}/${what};`,
  );
  const file = join(dir, 'nginx.conf');
  await writeFile(
    file,
    `daemon off; user root; worker_processes 2; pid ${dir}/nginx.pid; error_log stderr;
    events { worker_connections 1024; }
    http {
      ${temporary.join(' ')} access_log off; keepalive_timeout 1h;
      server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${upstream}; } }
    }`,
  );
  return { port, server: await startServer(['nginx', '-c', file, '-e', 'stderr'], port) };
}

/** An app that never ends a connection, and so many clients of it. */
async function startStubbornApp(count: number): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => {}).resume()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a TCP port');
  for (let each = 0; each < count; each += 1) sockets.push(connect(address.port, '127.0.0.1').on('error', () => {}));
  await until('all connections', () => sockets.length === 2 * count);
  return address.port;
}

describe('a preStop that drains', () => {
  it(`a real nginx of ${KEPT} kept connections and ${SLOW} slow requests loses none, and holds the hook for the last one`, async () => {
    const { dir, configure, start } = await stage();
    const upstream = await startUpstream();
    const nginx = await startNginx(dir, upstream.port);
    const quit = { name: 'quit', exec: { shell: `kill -QUIT $(cat ${dir}/nginx.pid)` } };
    await configure(hooks({ preStop: [quit, { name: 'connections', drain: { ports: [nginx.port] } }] }));
    const service = await start();
    const kept = Array.from({ length: KEPT }, () => keepAliveClient(nginx.port));
    await Promise.all(kept.map((client) => client.get('/')));
    const slow = Array.from({ length: SLOW }, () => keepAliveClient(nginx.port).get('/held'));
    await until('the slow requests', () => upstream.held() === SLOW);

    let answered = false;
    const reply = preStop(service).finally(() => {
      answered = true;
    });
    await service.line('what it waits for', ({ msg }) => /\b(waits: )?\d+ connections/.test(String(msg)));
    await Promise.all(kept.map((client) => client.end()));
    expect([answered, upstream.held()]).toEqual([false, SLOW]);
    upstream.release();
    for (const { status, body } of await Promise.all(slow))
      expect([status, body === upstream.body]).toEqual([200, true]);
    expect(json(await reply)).toMatchObject({
      outcome: 'succeeded',
      tasks: [{ name: 'quit' }, { name: 'connections', outcome: 'succeeded' }],
    });
    expect(await nginx.server.exit()).toEqual({ code: 0, signal: null });
  });

  it('an app that never lets go is answered in time, and says how many connections were left', async () => {
    const { task, configure, start, executions } = await stage();
    const port = await startStubbornApp(30);
    const drain = { name: 'connections', drain: { ports: [port] }, onTimeout: 'continue' };
    const save = task('save', '', { priority: 'critical', timeout: '500ms' });
    await configure(hooks({ preStop: [drain, save] }, { grace: { period: '4s', reserve: '1s' } }));
    const service = await start();
    const kubelet = kubeletOf(service).preStop({}, 60_000);
    const reply = await preStop(service);
    expect(json(reply)).toMatchObject({
      tasks: [
        {
          name: 'connections',
          outcome: 'timedOut',
          // "about": the last look may be a moment old where other sockets of the machine keep the tables busy.
          reason: expect.stringMatching(
            /^was cut short by the run's deadline, as later tasks need 700 ms \(was still waiting: (about )?30 connections\)$/,
          ),
        },
        { name: 'save', outcome: 'succeeded' },
      ],
    });
    expect(executions()).toEqual(['save']);
    const ended = await service.line('the end of the run', ({ event }) => event === 'runEnded');
    expect(ended['remainingMs']).toBeGreaterThan(0);
    expect(await kubelet).toMatchObject({ requests: 1 });
  });

  it('fails for the kubelet, with the number, where the connections must not be cut', async () => {
    const { configure, start } = await stage();
    const port = await startStubbornApp(3);
    await configure(hooks({ preStop: [{ name: 'connections', timeout: '1s', drain: { ports: [port], below: 2 } }] }));
    const result = await kubeletOf(await start()).preStop();
    expect(result.kind).toBe('failure');
    expect(result.kind === 'failure' && result.message).toMatch(
      /ran out of its timeout of 1 s \(was still waiting, (about )?3 connections\)/,
    );
  });
});
