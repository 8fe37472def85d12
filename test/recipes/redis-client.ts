import { once } from 'node:events';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { within } from '../helpers/within.ts';

export interface RedisClient {
  /** Undefined when the connection ends before there is an answer. */
  ask(command: string): Promise<string | undefined>;
}

/** A client that keeps its connection: one command, one answer. */
export async function redisClient(port: number): Promise<RedisClient> {
  const socket = connect(port, '127.0.0.1').setNoDelay().setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  await within('a connection to Redis', once(socket, 'connect'));
  let settle: (answer: string | undefined) => void = () => {};
  socket.on('data', (text: string) => settle(text.trimEnd()));
  socket.on('error', () => settle(undefined));
  socket.on('close', () => settle(undefined));
  return {
    ask(command) {
      return new Promise((resolve) => {
        settle = resolve;
        if (socket.destroyed) resolve(undefined);
        else socket.write(`${command}\r\n`);
      });
    },
  };
}

export interface RedisWriter {
  acknowledged(): number;
  /** Resolves when a write was not acknowledged. */
  ended(): Promise<void>;
}

/** Writes one key after the other, each when the one before it was acknowledged. */
export async function redisWriter(port: number): Promise<RedisWriter> {
  const client = await redisClient(port);
  let acknowledged = 0;
  const write = async () => {
    while ((await client.ask(`SET key:${acknowledged} value`)) === '+OK') acknowledged += 1;
  };
  const ended = write();
  return { acknowledged: () => acknowledged, ended: () => within('the end of the writes', ended) };
}
