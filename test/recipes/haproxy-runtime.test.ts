import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stage, until } from '../e2e/stage.ts';
import { keepAliveClient } from './keep-alive-client.ts';
import { play } from './recipe.ts';
import { freePort, startServer } from './server.ts';
import { startUpstream } from './upstream.ts';

const SLOW = 20;

/** As the recipe's README has it: the app, and another server that takes over. */
async function startHaproxy(dir: string, app: number, other: number) {
  const port = await freePort();
  const config = `
global
  stats socket ${dir}/admin.sock mode 660 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend metrics
  bind unix@${dir}/metrics.sock mode 660
  http-request use-service prometheus-exporter if { path /metrics }
frontend web
  bind 127.0.0.1:${port}
  default_backend app
backend app
  server local 127.0.0.1:${app}
  server others 127.0.0.1:${other} backup
`;
  const file = join(dir, 'haproxy.cfg');
  await writeFile(file, config);
  return { port, server: await startServer(['haproxy', '-db', '-f', file], port) };
}

describe("the recipe for an app by HAProxy's runtime socket", () => {
  it(`loses no request of ${SLOW} slow and other clients, is held until the sessions are over, and is undone by the start`, async () => {
    const at = await stage();
    const [app, other] = [await startUpstream('app'), await startUpstream('other')];
    const haproxy = await startHaproxy(at.dir, app.port, other.port);
    const recipe = await play(
      'haproxy-runtime',
      { '/run/haproxy': at.dir, '127.0.0.1:8080': `127.0.0.1:${app.port}` },
      at,
    );
    const client = keepAliveClient(haproxy.port);
    const whoAnswers = async () => (await client.get('/')).body;
    expect(await whoAnswers()).toBe('app');
    const slow = Array.from({ length: SLOW }, () => keepAliveClient(haproxy.port).get('/held'));
    await until('the slow requests', () => app.held() === SLOW);

    const answer = recipe.preStop();
    await recipe.begun('sessions');
    for (let count = 0; count < 20; count += 1) expect(await whoAnswers()).toBe('other');
    await recipe.said(`${SLOW}`);
    expect(recipe.hasEnded('sessions')).toBe(false);
    app.release();
    for (const { status, body } of await Promise.all(slow)) expect([status, body === app.body]).toEqual([200, true]);
    const outcome = 'succeeded';
    expect(await answer).toMatchObject({ outcome, tasks: [{ outcome }, { name: 'sessions', outcome }] });
    expect(other.held()).toBe(0);

    expect(await recipe.postStart()).toMatchObject({ outcome, tasks: [{ outcome }, { name: 'take-in', outcome }] });
    expect(await whoAnswers()).toBe('app');
  });
});
