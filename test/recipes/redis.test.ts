import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stage, until } from '../e2e/stage.ts';
import { runProgram } from '../helpers/program.ts';
import { within } from '../helpers/within.ts';
import { play } from './recipe.ts';
import { freePort, startServer } from './server.ts';

/** It saves nothing by itself: what is found later was saved by the hook. */
async function startRedis(dir: string) {
  const port = await freePort();
  const settings = ['--dir', dir, '--save', '', '--appendonly', 'no', '--bind', '127.0.0.1'];
  return { port, server: await startServer(['redis-server', '--port', String(port), ...settings], port) };
}

/** A client that keeps its connection: one command, one answer. */
async function clientOf(port: number) {
  const socket = connect(port, '127.0.0.1').setNoDelay().setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  await within('a connection to Redis', once(socket, 'connect'));
  let settle: (answer: string | undefined) => void = () => {};
  socket.on('data', (text: string) => settle(text.trimEnd()));
  socket.on('error', () => settle(undefined));
  socket.on('close', () => settle(undefined));
  return {
    /** Undefined when the connection ends before there is an answer. */
    ask(command: string): Promise<string | undefined> {
      return new Promise((resolve) => {
        settle = resolve;
        socket.write(`${command}\r\n`);
      });
    },
  };
}

/** Writes one key after the other, each when the one before it was acknowledged, until the connection ends. */
async function startWriter(port: number) {
  const client = await clientOf(port);
  let acknowledged = 0;
  const write = async () => {
    while ((await client.ask(`SET key:${acknowledged} value`)) === '+OK') acknowledged += 1;
  };
  const ended = write();
  return { acknowledged: () => acknowledged, ended: () => within('the end of the writes', ended) };
}

describe('the recipe for Redis', () => {
  it('has each write in the snapshot that was acknowledged, also while the hook was running', async () => {
    const { dir, ...at } = await stage();
    const [data, snapshots, restored] = [join(dir, 'data'), join(dir, 'snapshots'), join(dir, 'restored')];
    await mkdir(data);
    const { port, server } = await startRedis(data);
    const writer = await startWriter(port);
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
    const next = await clientOf((await startRedis(restored)).port);
    expect(await next.ask('DBSIZE')).toBe(`:${writer.acknowledged()}`);
    expect(await next.ask(`GET key:${writer.acknowledged() - 1}`)).toBe('$5\r\nvalue');
  });
});
