import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stage } from '../e2e/stage.ts';
import { within } from '../helpers/within.ts';
import { play } from './recipe.ts';
import { freePort, startServer, untilClosed } from './server.ts';

/** The programs themselves: those in the PATH of Debian become another user first. */
function programs(): string {
  const [version = ''] = readdirSync('/usr/lib/rabbitmq/lib');
  return join('/usr/lib/rabbitmq/lib', version, 'sbin');
}

/** A node that writes into its folder only, with a name server of its own, which would outlive it otherwise. */
async function startRabbit(dir: string) {
  const [port, distribution, names] = [await freePort(), await freePort(), await freePort()];
  mkdirSync(dir);
  writeFileSync(join(dir, 'plugins'), '[].');
  const env = {
    PATH: `${programs()}:${process.env['PATH']}`,
    HOME: dir,
    RABBITMQ_NODENAME: `hookkeeper-${port}@localhost`,
    RABBITMQ_MNESIA_BASE: dir,
    RABBITMQ_LOG_BASE: dir,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(dir, 'none'),
    ERL_EPMD_PORT: String(names),
  };
  await startServer(['epmd', '-port', String(names)], names);
  await startServer([join(programs(), 'rabbitmq-server')], port, env);
  return { port, env };
}

/** A client that has said which protocol it speaks, and has been answered. */
async function amqpClient(port: number) {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  socket.write(Buffer.from('AMQP\0\0\u0009\u0001', 'latin1'));
  const [first] = await within('an answer of RabbitMQ', once(socket, 'data'));
  // A frame of methods (1) of the connection itself (channel 0).
  expect(Buffer.from(first).subarray(0, 3)).toEqual(Buffer.from([1, 0, 0]));
  let isOver = false;
  const end = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isOver = true;
      resolve();
    });
  });
  return { end: () => within('the end of the connection', end), isOver: () => isOver };
}

describe('the recipe for RabbitMQ', () => {
  it('has its clients go, and takes no new ones', async () => {
    const at = await stage();
    const { port, env } = await startRabbit(join(at.dir, 'rabbit'));
    const recipe = await play(
      'rabbitmq',
      { 'inheritEnv: [HOME]': 'inheritEnv: [HOME, RABBITMQ_NODENAME, ERL_EPMD_PORT]' },
      { ...at, start: () => at.start({ env }) },
    );
    const client = await amqpClient(port);
    expect(client.isOver()).toBe(false);
    const outcome = 'succeeded';
    expect(await recipe.preStop()).toMatchObject({ outcome, tasks: [{ outcome }, { name: 'drain', outcome }] });
    await client.end();
    await untilClosed(port);
    await recipe.said('maintenance mode');
  });
});
