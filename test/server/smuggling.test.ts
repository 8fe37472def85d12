import { describe, expect, it } from 'vitest';
import { SMUGGLING } from '../hostile/shapes.ts';
import { openHookPort, succeeded } from './hook-port.ts';

describe('a request with another one hidden behind it', () => {
  it.each(SMUGGLING)('runs one hook at most: $name', async ({ bytes }) => {
    await using port = await openHookPort({ result: succeeded });
    // The first target and the first agent of all.
    const answer = await port.call(bytes(() => 0));
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(port.held.length).toBeLessThanOrEqual(1);
  });

  it.each(SMUGGLING.filter(({ name }) => /both lengths|two content lengths$|chunked before/.test(name)))(
    'is refused where a proxy may read it otherwise: $name',
    async ({ bytes }) => {
      await using port = await openHookPort({ result: succeeded });
      expect(await port.call(bytes(() => 0))).toMatch(/hookkeeper refused the delivery as/);
      expect(port.held).toEqual([]);
    },
  );
});
