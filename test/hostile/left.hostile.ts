import { it } from 'vitest';
import { playAttack } from './scene.ts';
import { REQUESTS } from './tally.ts';

const PROCESSES = 2;
/**
 * More than both ports hold, 1,300, so that each that comes has another closed; and no more above that than the kernel queues for
 * a port, 511, as it is not the program that loses what comes beyond.
 */
const AT_A_TIME = 1600;
/** 100,000 connections for the 1,000,000 requests that are usual: half from one address, half from many. */
const CONNECTIONS = REQUESTS / 20;

it.each([
  ['left, by many', 40],
  ['left, by one', 1],
])('connections that are opened and left: %s', async (attack, addresses) => {
  const order = {
    attack: 'left',
    opsShare: 0.2,
    count: Math.ceil(CONNECTIONS / PROCESSES),
    parallel: AT_A_TIME / PROCESSES,
    addresses,
    firstAddress: 1,
    heldMs: 20_000,
    texts: [],
    boundMs: 3_600_000,
  } as const;
  await playAttack({ attack, orders: Array.from({ length: PROCESSES }, () => order) });
});
