/**
 * Run before each test file under mutation: what is made on demand is made for each who asks. Else a change in the config's
 * schema would be seen by the first test alone that asked for it, and look as if no other test knew it.
 */
import { expect, vi } from 'vitest';

if (expect.getState().testPath?.endsWith('/on-demand.test.ts') !== true) {
  vi.doMock('../../src/config/on-demand.ts', () => ({ onDemand: <T>(make: () => T) => make }));
}
