import { freePort } from '../../src/rehearse/free-port.ts';

/** Where the last port was, as a fraction of all there are; begins anywhere, as other benchmarks may run beside this one. */
let place = Math.random();
const STEP = 1 / 20_000;

/** A port that is free now, and another one at each call: of hundreds that start at once, no two may take the same. */
export function nextPort(): Promise<number> {
  return freePort(() => {
    place = (place + STEP) % 1;
    return place;
  });
}
