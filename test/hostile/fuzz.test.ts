import { describe, expect, it } from 'vitest';
import { TARGETS } from './fuzz/targets.ts';

/** `npm run hostile -- --only fuzz` gives each of them minutes; here each has some inputs. */
const RUNS = 60;

describe('what others write', () => {
  it.each(TARGETS)('is read or refused, whatever it is: $name', async ({ run }) => {
    expect(await run({ seed: 1, runs: RUNS })).toBe(RUNS);
  });
});
