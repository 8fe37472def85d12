import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { stage } from '../e2e/stage.ts';
import { within } from '../helpers/within.ts';
import { play } from './recipe.ts';
import { type RedisClient, redisClient, redisWriter } from './redis-client.ts';
import { freePort, startServer } from './server.ts';

async function startRedis(dir: string, more: readonly string[] = []) {
  const port = await freePort();
  await mkdir(dir);
  const settings = ['--dir', dir, '--save', '', '--bind', '127.0.0.1', '--repl-diskless-sync-delay', '0', ...more];
  const server = await startServer(['redis-server', '--port', String(port), ...settings], port);
  return { port, server, client: await redisClient(port) };
}

async function startSentinel(dir: string, master: number) {
  const port = await freePort();
  const file = join(dir, 'sentinel.conf');
  await writeFile(file, `bind 127.0.0.1\nport ${port}\ndir ${dir}\nsentinel monitor mymaster 127.0.0.1 ${master} 1\n`);
  await startServer(['redis-sentinel', file], port);
  return { port, client: await redisClient(port) };
}

/** Asks again and again until the answer has this text. */
async function untilSays(client: RedisClient, command: string, text: string): Promise<void> {
  const look = async () => {
    while (!(await client.ask(command))?.includes(text)) await pause(50);
  };
  await within(`${text} in the answer to ${command}`, look());
}

describe('the recipe for Redis with Sentinel', () => {
  it('makes the replica the master with each write that was acknowledged, and leaves a replica alone', async () => {
    const at = await stage();
    const master = await startRedis(join(at.dir, 'a'));
    const replica = await startRedis(join(at.dir, 'b'), ['--replicaof', `127.0.0.1 ${master.port}`]);
    await untilSays(replica.client, 'INFO replication', 'master_link_status:up');
    const sentinel = await startSentinel(at.dir, master.port);
    const writer = await redisWriter(master.port);
    const recipe = await play(
      'redis-sentinel',
      { '-p 6379': `-p ${master.port}`, '-p 26379': `-p ${sentinel.port}` },
      at,
    );

    const outcome = 'succeeded';
    expect(await recipe.preStop()).toMatchObject({ outcome, tasks: Array(3).fill({ outcome }) });
    master.server.kill('SIGKILL');
    await writer.ended();
    expect(writer.acknowledged()).toBeGreaterThan(0);
    // Sentinel has ended its connections.
    const promoted = await redisClient(replica.port);
    expect(await promoted.ask('ROLE')).toMatch(/^\*3\r\n\$6\r\nmaster/);
    expect(await promoted.ask('DBSIZE')).toBe(`:${writer.acknowledged()}`);
    expect(await sentinel.client.ask('SENTINEL GET-MASTER-ADDR-BY-NAME mymaster')).toContain(String(replica.port));
  });

  it('does nothing on a replica', async () => {
    const at = await stage();
    const master = await startRedis(join(at.dir, 'a'));
    const replica = await startRedis(join(at.dir, 'b'), ['--replicaof', `127.0.0.1 ${master.port}`]);
    await untilSays(replica.client, 'INFO replication', 'master_link_status:up');
    const recipe = await play('redis-sentinel', { '-p 6379': `-p ${replica.port}`, '-p 26379': '-p 1' }, at);
    const outcome = 'succeeded';
    expect(await recipe.preStop()).toMatchObject({ outcome, tasks: Array(3).fill({ outcome, attempts: 1 }) });
    expect(await master.client.ask('SET key value')).toBe('+OK');
  });
});
