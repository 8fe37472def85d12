import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stage, until } from '../e2e/stage.ts';
import { within } from '../helpers/within.ts';
import { play } from './recipe.ts';
import { freePort, startServer } from './server.ts';

const KEYS = 100;

/** With the file of a warm restart, as on a volume in memory. */
async function startMemcached(dir: string) {
  const port = await freePort();
  const memory = join(dir, 'cache');
  const command = ['memcached', '-u', 'root', '-l', '127.0.0.1', '-p', String(port), '-m', '64', '-e', memory];
  return { port, memory, command, server: await startServer(command, port) };
}

/** A client that keeps its connection and speaks the text protocol: one command, one answer. */
async function clientOf(port: number) {
  const socket = connect(port, '127.0.0.1').setNoDelay().setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  await within('a connection to memcached', once(socket, 'connect'));
  return {
    async ask(command: string): Promise<string> {
      socket.write(`${command}\r\n`);
      const [answer] = await within(`the answer to ${command}`, once(socket, 'data'));
      return String(answer).trimEnd();
    },
    leave: () => void socket.end(),
  };
}

describe('the recipe for memcached', () => {
  it('serves a client until it has moved on, and keeps what was cached over the restart', async () => {
    const at = await stage();
    const { port, memory, command, server } = await startMemcached(at.dir);
    const client = await clientOf(port);
    const otherwise = {
      '[11211]': `[${port}]`,
      'atLeast: 5s, quietFor: 2s': 'atLeast: 0s, quietFor: 0s',
      'name: memcached }': `name: memcached, commandLine: ${memory} }`,
    };
    const recipe = await play('memcached', otherwise, at);

    const answer = recipe.preStop();
    await recipe.begun('let-clients-move-on');
    for (let key = 0; key < KEYS; key += 1) {
      expect(await client.ask(`set key${key} 0 0 5\r\n${10_000 + key}`)).toBe('STORED');
    }
    expect(recipe.hasEnded('let-clients-move-on')).toBe(false);
    client.leave();
    expect(await answer).toMatchObject({
      outcome: 'succeeded',
      tasks: [{ outcome: 'succeeded' }, { outcome: 'succeeded' }],
    });
    expect(await server.exit()).toEqual({ code: 0, signal: null });

    // It counts in whole seconds, and takes no cache that was left in the very same one.
    const nextSecond = Math.floor(Date.now() / 1000) + 1;
    await until('the next second', () => Date.now() / 1000 >= nextSecond);
    await startServer(command, port);
    const next = await clientOf(port);
    for (let key = 0; key < KEYS; key += 1) {
      expect(await next.ask(`get key${key}`)).toBe(`VALUE key${key} 0 5\r\n${10_000 + key}\r\nEND`);
    }
  });
});
