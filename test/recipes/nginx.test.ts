import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stage, until } from '../e2e/stage.ts';
import { keepAliveClient } from './keep-alive-client.ts';
import { play } from './recipe.ts';
import { freePort, startServer, untilClosed } from './server.ts';
import { startUpstream } from './upstream.ts';

const KEPT = 200;
const SLOW = 20;

async function startNginx(dir: string, upstream: number) {
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${dir}/${what};`,
  );
  const config = `
    daemon off; user root; worker_processes 2; pid ${dir}/nginx.pid; error_log stderr;
    events { worker_connections 1024; }
    http {
      ${temporary.join(' ')} access_log off; keepalive_timeout 1h;
      server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${upstream}; } }
    }`;
  const file = join(dir, 'nginx.conf');
  await writeFile(file, config);
  return { port, file, server: await startServer(['nginx', '-c', file, '-e', 'stderr'], port) };
}

describe('the recipe for nginx', () => {
  it(`loses no request of ${KEPT} keep-alive and ${SLOW} slow clients, and holds the hook until nginx is gone`, async () => {
    const at = await stage();
    const upstream = await startUpstream();
    const nginx = await startNginx(at.dir, upstream.port);
    const recipe = await play(
      'nginx',
      {
        'sleep: 5s': `exec: { shell: '${at.gate('noticed')}' }`,
        'nginx: master process': `nginx: master process .*${nginx.file}`,
      },
      at,
    );
    const kept = Array.from({ length: KEPT }, () => keepAliveClient(nginx.port));
    await Promise.all(kept.map((client) => client.get('/')));

    const answer = recipe.preStop();
    await recipe.begun('let-load-balancers-notice');
    const slow = Array.from({ length: SLOW }, () => keepAliveClient(nginx.port).get('/held'));
    await until('the slow requests', () => upstream.held() === SLOW);
    const latecomers = await Promise.all(kept.map((client) => client.get('/')));
    expect(latecomers.map(({ status }) => status)).toEqual(Array.from({ length: KEPT }, () => 200));

    await at.open('noticed');
    await recipe.said('sent SIGQUIT');
    expect(await Promise.all(kept.map((client) => client.end()))).toEqual(Array.from({ length: KEPT }, () => 'fin'));
    await untilClosed(nginx.port);
    expect(recipe.hasEnded('quit')).toBe(false);
    upstream.release();
    for (const { status, body } of await Promise.all(slow))
      expect([status, body === upstream.body]).toEqual([200, true]);
    expect(await answer).toMatchObject({ outcome: 'succeeded', tasks: [{}, { name: 'quit', outcome: 'succeeded' }] });
    expect(nginx.server.isGone()).toBe(true);
    expect(await nginx.server.exit()).toEqual({ code: 0, signal: null });
  });
});
