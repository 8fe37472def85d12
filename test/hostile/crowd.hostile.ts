import { it } from 'vitest';
import { playAttack } from './scene.ts';
import { REQUESTS } from './tally.ts';

it('a crowd of strangers that fill the hook port with valid deliveries of a long run, where no token keeps them out', async () => {
  const order = {
    attack: 'hold',
    opsShare: 0,
    texts: ['GET /prestop/slow HTTP/1.1\r\nHost: pod\r\nUser-Agent: curl/8\r\n\r\n'],
    count: Math.max(6000, Math.ceil(REQUESTS / 100)),
    // More than the port holds, as in left.hostile.ts.
    parallel: 1600,
    addresses: 5,
    // The kubelet's address is not theirs.
    firstAddress: 2,
    heldMs: 15_000,
    boundMs: 3_600_000,
  } as const;
  await playAttack({ attack: 'crowd', orders: [order], open: true });
});
