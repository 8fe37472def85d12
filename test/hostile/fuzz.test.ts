import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { target } from './fuzz/target.ts';
import { TARGETS } from './fuzz/targets.ts';

/** `npm run hostile -- --only fuzz` gives each of them minutes; here each has some inputs. */
const RUNS = 60;

describe('what others write', () => {
  it.each(TARGETS)('is read or refused, whatever it is: $name', async ({ run }) => {
    expect(await run({ seed: 1, runs: RUNS })).toBe(RUNS);
  });
});

describe('an input that never ends', () => {
  const bounds = { seed: 1, runs: 9, timeMs: 60_000, hangMs: 50 };

  it.each([
    ['waits for what never comes', () => new Promise(() => {}), /waited 50 ms in vain/],
    ['takes too long', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60), /an input took/],
  ])('is found where it %s', async (_how, hang, said) => {
    const endless = () => {
      let inputs = 0;
      return target('endless', fc.nat(), () => (inputs++ === 0 ? undefined : hang()));
    };
    await expect(endless().run(bounds)).rejects.toThrow(said);
    // Nor is it let off where the time is over first.
    await expect(endless().run({ ...bounds, timeMs: 20 })).rejects.toThrow(said);
  });

  it('is found from beside where it is a loop, with the number of the input', () => {
    const script = `import { watch } from '${import.meta.dirname}/fuzz/watch.ts'; watch('a loop', 200).onInput(); for (;;);`;
    const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(signal, stderr).toBe('SIGKILL');
    expect(stderr).toContain('fuzzing: a loop: input 1 does not end');
  });
});
