import dns from 'node:dns';
import { onTestFinished } from 'vitest';

/** Nobody listens at the other one. */
const ADDRESSES = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * Until the test is over, every host but `localhost` has two addresses, and this process stands still for so long whenever it has begun to connect,
 * as one at the CPU limit of its container does.
 */
export function standStillConnecting(ms: number): void {
  const { lookup } = dns;
  const found = (_host: string, _options: object, give: (error: null, addresses: typeof ADDRESSES) => void) => {
    // Never from a timer: where one fires, connections are looked after before the next does.
    setImmediate(() => {
      give(null, ADDRESSES);
      process.nextTick(standStill, ms);
    });
  };
  Object.assign(dns, { lookup: found });
  onTestFinished(() => void Object.assign(dns, { lookup }));
}

function standStill(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}
