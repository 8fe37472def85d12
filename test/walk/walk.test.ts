/** Random lives of a pod around the core, thousands of them, on a virtual clock: P1 to P9 hold in each. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WALK_EVIDENCE } from './core-evidence.ts';
import { type Walked, walkCore } from './core-walk.ts';
import { drawnWalk } from './drawn-walk.ts';
import { brokenLaws } from './walk-laws.ts';

/**
 * The same walks each time, so that what is told of a change is about the change. `WALKS=50000 npx vitest run test/walk` draws new
 * ones, so many for each evidence; a failure names its seed, for `SEED`.
 */
const { WALKS, SEED } = process.env;
const DRAWN =
  WALKS === undefined
    ? { numRuns: 2000, seed: 20_261_129 }
    : { numRuns: Number(WALKS), ...(SEED !== undefined && { seed: Number(SEED) }) };
/** A slow machine has done enough by then, in ms: what matters came up in the first hundred. */
const ENOUGH_MS = 30_000;

/** In fewer walks than this not all that matters need come up. */
const TELLING_WALKS = 500;

/** How often what came up: a walk that never gets anywhere holds every law. */
function count(seen: Map<string, number>, walked: Walked): void {
  const add = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  add(`${walked.walk.sidecar} sidecar`);
  for (const event of walked.told) {
    if (event.type !== 'delivered') continue;
    add(event.delivery.withoutHook === true ? `no preStop ${event.served}` : `${event.delivery.hook} ${event.served}`);
  }
  for (const { task, end } of walked.executions) add(`${task.endsWith('/undo') ? 'undo' : 'task'} ${end}`);
  for (const event of walked.told) if (event.type === 'runEnded') add(`run ${event.run.outcome}`);
}

describe.each(WALK_EVIDENCE)('a random life of a pod, with %s as evidence', (evidence) => {
  it(
    'breaks no promise',
    async () => {
      const seen = new Map<string, number>();
      let walks = 0;
      await fc.assert(
        fc.asyncProperty(drawnWalk(evidence), async (drawn) => {
          const walked = await walkCore(drawn);
          count(seen, walked);
          walks += 1;
          expect(brokenLaws(walked)).toEqual([]);
        }),
        { ...DRAWN, ...(WALKS === undefined && { interruptAfterTimeLimit: ENOUGH_MS }) },
      );
      process.stdout.write(
        `${walks} walks with ${evidence}: ${[...seen].map(([what, times]) => `${what} ${times}`).join(', ')}\n`,
      );
      if (DRAWN.numRuns < TELLING_WALKS) return;
      for (const what of ['undo succeeded', 'no preStop executed', 'regular sidecar', 'native sidecar'])
        expect(seen.get(what) ?? 0, what).toBeGreaterThan(0);
      for (const served of ['executed', 'joined', 'resumed'])
        expect(seen.get(`preStop ${served}`) ?? 0, served).toBeGreaterThan(0);
      expect((seen.get('preStop replayed') ?? 0) + (seen.get('postStart replayed') ?? 0)).toBeGreaterThan(0);
    },
    WALKS === undefined ? undefined : 0,
  );
});
