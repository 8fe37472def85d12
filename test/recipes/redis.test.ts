import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stage, until } from '../e2e/stage.ts';
import { runProgram } from '../helpers/program.ts';
import { play } from './recipe.ts';
import { redisClient, redisWriter } from './redis-client.ts';
import { freePort, startServer } from './server.ts';

/** It saves nothing by itself: what is found later was saved by the hook. */
async function startRedis(dir: string) {
  const port = await freePort();
  const settings = ['--dir', dir, '--save', '', '--appendonly', 'no', '--bind', '127.0.0.1'];
  return { port, server: await startServer(['redis-server', '--port', String(port), ...settings], port) };
}

describe('the recipe for Redis', () => {
  it('has each write in the snapshot that was acknowledged, also while the hook was running', async () => {
    const { dir, ...at } = await stage();
    const [data, snapshots, restored] = [join(dir, 'data'), join(dir, 'snapshots'), join(dir, 'restored')];
    await mkdir(data);
    const { port, server } = await startRedis(data);
    const writer = await redisWriter(port);
    await until('some writes', () => writer.acknowledged() > 100);
    const otherwise = { '6379': String(port), '/data/': `${data}/`, '/snapshots': snapshots };
    const recipe = await play('redis', otherwise, { dir, ...at });

    const before = writer.acknowledged();
    const outcome = 'succeeded';
    expect(await recipe.preStop()).toMatchObject({
      outcome,
      tasks: [{ outcome }, { outcome }, { outcome }, { outcome }],
    });
    server.kill('SIGKILL');
    await writer.ended();
    expect(writer.acknowledged()).toBeGreaterThan(before);

    expect(await runProgram(['restore', '--from', snapshots, '--to', restored])).toMatchObject({ code: 0 });
    const next = await redisClient((await startRedis(restored)).port);
    expect(await next.ask('DBSIZE')).toBe(`:${writer.acknowledged()}`);
    expect(await next.ask(`GET key:${writer.acknowledged() - 1}`)).toBe('$5\r\nvalue');
  });
});
