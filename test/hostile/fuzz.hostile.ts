import { it } from 'vitest';
import { TARGETS } from './fuzz/targets.ts';
import { watch } from './fuzz/watch.ts';
import { hand, SECONDS, SEED } from './tally.ts';

const MOST_INPUTS = 1_000_000_000;

it.each(TARGETS)('fuzzing: $name', async ({ name, run }) => {
  const before = process.cpuUsage();
  const startedMs = performance.now();
  await using watched = watch(name);
  let inputs = 0;
  let broken: string | undefined;
  try {
    inputs = await run({ seed: SEED, runs: MOST_INPUTS, timeMs: SECONDS * 1000, onInput: watched.onInput });
  } catch (error) {
    broken = String(error);
  }
  const { user, system } = process.cpuUsage(before);
  hand({
    attack: `fuzz: ${name}`,
    requests: inputs,
    connections: 0,
    seconds: (performance.now() - startedMs) / 1000,
    broken: broken === undefined ? [] : [{ promise: 'wrong', what: broken }],
    cpuSeconds: (user + system) / 1e6,
  });
});
