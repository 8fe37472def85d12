import { it } from 'vitest';
import { playAttack } from './scene.ts';
import { REQUESTS } from './tally.ts';

const HOSTS = ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', 'localhost@evil', '[::1', ''];

it('the status page: pages elsewhere that rebind a name, and clients that take a stream each and do not read it', async () => {
  const common = { opsShare: 1, addresses: 10, firstAddress: 1, boundMs: 3_600_000 } as const;
  const rebinding = HOSTS.flatMap((host) =>
    ['/', '/timeline', '/events', '/status'].map((path) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
  );
  const streaming = ['GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n'];
  await playAttack({
    attack: 'status page',
    orders: [
      { ...common, attack: 'ask', texts: rebinding, count: Math.ceil(REQUESTS / 50), parallel: 40, heldMs: 2000 },
      { ...common, attack: 'hold', texts: streaming, count: Math.ceil(REQUESTS / 500), parallel: 200, heldMs: 1000 },
    ],
  });
});
