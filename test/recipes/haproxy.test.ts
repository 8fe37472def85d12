import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stage, until } from '../e2e/stage.ts';
import { keepAliveClient } from './keep-alive-client.ts';
import { play } from './recipe.ts';
import { freePort, startServer, untilClosed } from './server.ts';
import { startUpstream } from './upstream.ts';

const KEPT = 50;
const SLOW = 20;

/** With a master and a worker, as in its image. */
async function startHaproxy(dir: string, upstream: number) {
  const port = await freePort();
  const config = `
global
  maxconn 1000
defaults
  mode http
  option idle-close-on-response
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend web
  bind 127.0.0.1:${port}
  default_backend app
backend app
  server app 127.0.0.1:${upstream}
`;
  const file = join(dir, 'haproxy.cfg');
  await writeFile(file, config);
  return { port, file, server: await startServer(['haproxy', '-W', '-db', '-f', file], port) };
}

describe('the recipe for HAProxy', () => {
  it(`loses no request of ${KEPT} keep-alive and ${SLOW} slow clients, and holds the hook until HAProxy is gone`, async () => {
    const at = await stage();
    const upstream = await startUpstream();
    const haproxy = await startHaproxy(at.dir, upstream.port);
    const otherwise = {
      'sleep: 5s': `exec: { shell: '${at.gate('noticed')}' }`,
      'name: haproxy }': `name: haproxy, commandLine: ${haproxy.file} }`,
    };
    const recipe = await play('haproxy', otherwise, at);
    const kept = Array.from({ length: KEPT }, () => keepAliveClient(haproxy.port));
    await Promise.all(kept.map((client) => client.get('/')));

    const answer = recipe.preStop();
    await recipe.begun('let-load-balancers-notice');
    const slow = Array.from({ length: SLOW }, () => keepAliveClient(haproxy.port).get('/held'));
    await until('the slow requests', () => upstream.held() === SLOW);
    await at.open('noticed');
    await recipe.said('sent SIGUSR1');
    await untilClosed(haproxy.port);

    // Their connections were left open: a request that is on its way is answered, and told that it was the last.
    const last = await Promise.all(kept.map((client) => client.get('/')));
    for (const { status, connection } of last) expect([status, connection]).toEqual([200, 'close']);
    expect(await Promise.all(kept.map((client) => client.end()))).toEqual(Array.from({ length: KEPT }, () => 'fin'));
    expect(recipe.hasEnded('soft-stop')).toBe(false);
    upstream.release();
    for (const { status, body } of await Promise.all(slow))
      expect([status, body === upstream.body]).toEqual([200, true]);
    expect(await answer).toMatchObject({
      outcome: 'succeeded',
      tasks: [{}, { name: 'soft-stop', outcome: 'succeeded' }],
    });
    expect(haproxy.server.isGone()).toBe(true);
    expect(await haproxy.server.exit()).toEqual({ code: 0, signal: null });
  });
});
