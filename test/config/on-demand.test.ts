import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { onDemand } from '../../src/config/on-demand.ts';

describe('what is made on demand', () => {
  it('is made once for all who ask while one of them has it', () => {
    let made = 0;
    const part = onDemand(() => ({ number: ++made }));
    const first = part();
    expect([part(), part()]).toEqual([first, first]);
    expect(part()).toBe(first);
  });

  it('is let go of with the last who has it, and made again', async () => {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    let made = 0;
    const part = onDemand(() => ({ number: ++made }));
    expect(part().number).toBe(1);
    await setImmediate();
    if (typeof collect === 'function') collect();
    expect(part().number).toBe(2);
  });
});
