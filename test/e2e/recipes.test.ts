import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { json, request } from '../helpers/request.ts';
import { fakeEnvoy } from './fake-envoy.ts';
import { fakeRedpanda } from './fake-redpanda.ts';
import { type Stage, stage, until } from './stage.ts';

const RECIPES = join(import.meta.dirname, '..', '..', 'k8s-examples', 'recipes');

/** The program with a recipe whose server is at another port, and whose least times do not hold up a test. */
async function serve({ configure, start }: Stage, recipe: string, from: string, port: number) {
  const text = readFileSync(join(RECIPES, recipe, 'hooks.yaml'), 'utf8');
  expect(text).toContain(from);
  await configure(text.replaceAll(from, `127.0.0.1:${port}`).replaceAll(/atLeast: \d+s/g, 'atLeast: 0s'));
  const service = await start();
  return {
    service,
    call: async (hook: 'poststart' | 'prestop') =>
      json(await request({ port: service.port, path: `/${hook}/${recipe}` })),
  };
}

describe('the recipe for Redpanda', () => {
  it('waits for its turn and for the leaders to move, and takes maintenance back when the broker has started again', async () => {
    const redpanda = await fakeRedpanda(7);
    redpanda.slotTaken = true;
    const { call } = await serve(await stage(), 'redpanda', '127.0.0.1:9644', redpanda.port);
    const asked = (what: string) => redpanda.requests.filter((each) => each === what).length;

    const stopping = call('prestop');
    await until('a second try', () => asked('PUT /v1/brokers/7/maintenance') >= 2);
    redpanda.slotTaken = false;
    await until('two looks', () => asked('GET /v1/maintenance') >= 3);
    expect(redpanda.draining()).toBe(true);
    redpanda.finish();
    expect(await stopping).toMatchObject({
      outcome: 'succeeded',
      tasks: [
        { name: 'who-am-i', attempts: 1 },
        { name: 'enter-maintenance', outcome: 'succeeded' },
        { name: 'leaders-moved', outcome: 'succeeded' },
      ],
    });

    expect(await call('poststart')).toMatchObject({
      outcome: 'succeeded',
      tasks: [{ outcome: 'succeeded' }, { name: 'leave-maintenance', outcome: 'succeeded' }],
    });
    expect(redpanda.draining()).toBe(false);
    expect(redpanda.requests.at(-1)).toBe('DELETE /v1/brokers/7/maintenance');
  });

  it('has nothing to do for a broker that is no member, or was not in maintenance', async () => {
    const redpanda = await fakeRedpanda(7);
    redpanda.member = false;
    const { call } = await serve(await stage(), 'redpanda', '127.0.0.1:9644', redpanda.port);
    const skipped = [{ outcome: 'succeeded' }, { outcome: 'skipped' }];
    expect(await call('prestop')).toMatchObject({ outcome: 'succeeded', tasks: [...skipped, { outcome: 'skipped' }] });
    redpanda.member = true;
    expect(await call('poststart')).toMatchObject({ outcome: 'succeeded', tasks: skipped });
    expect(redpanda.draining()).toBe(false);
  });
});

describe('the recipe for Envoy', () => {
  it('fails its health checks, lets its clients go, and holds the hook until they are gone', async () => {
    const envoy = await fakeEnvoy(3);
    const { service, call } = await serve(await stage(), 'envoy', '127.0.0.1:9901', envoy.port);
    const stopping = call('prestop');
    const waits = await service.line('the clients', ({ msg }) =>
      String(msg).includes('envoy_listener_downstream_cx_active is 3'),
    );
    expect(waits['task']).toBe('connections');
    expect(envoy.draining()).toBe(true);
    envoy.clients = 0;
    expect(await stopping).toMatchObject({
      outcome: 'succeeded',
      tasks: [{ outcome: 'succeeded' }, { outcome: 'succeeded' }, { name: 'connections', outcome: 'succeeded' }],
    });
    expect(envoy.requests.slice(0, 3)).toEqual([
      'POST /healthcheck/fail',
      'POST /drain_listeners?graceful&skip_exit',
      'GET /stats/prometheus',
    ]);
  });

  it('does not wait for an Envoy that dies meanwhile', async () => {
    const envoy = await fakeEnvoy(3);
    const { call } = await serve(await stage(), 'envoy', '127.0.0.1:9901', envoy.port);
    const stopping = call('prestop');
    await until('a look', () => envoy.requests.includes('GET /stats/prometheus'));
    await envoy.die();
    expect(await stopping).toMatchObject({ outcome: 'succeeded', tasks: [{}, {}, { outcome: 'succeeded' }] });
  });
});
