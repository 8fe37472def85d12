import { it } from 'vitest';
import { playAttack } from './scene.ts';
import { REQUESTS } from './tally.ts';

const PROCESSES = 2;

it('malformed requests', async () => {
  const order = {
    attack: 'malformed',
    opsShare: 0.25,
    count: Math.ceil(REQUESTS / PROCESSES),
    parallel: 100,
    addresses: 40,
    firstAddress: 1,
    heldMs: 300,
    texts: [],
    boundMs: 3 * 3_600_000,
  } as const;
  await playAttack({ attack: 'malformed', orders: Array.from({ length: PROCESSES }, () => order) });
});
