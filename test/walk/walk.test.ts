/** Random lives of a pod around the core, thousands of them, on a virtual clock: P1 to P9 hold in each. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WALK_EVIDENCE } from './core-evidence.ts';
import type { Behaviour } from './core-sidecar.ts';
import { type Step, type Walk, type Walked, walkCore } from './core-walk.ts';
import { brokenLaws } from './walk-laws.ts';

const ms = fc.oneof(
  fc.integer({ min: 0, max: 50 }),
  fc.integer({ min: 0, max: 2000 }),
  fc.integer({ min: 0, max: 40_000 }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant('wait' as const), ms }), weight: 5 },
  {
    arbitrary: fc.record({
      do: fc.constantFrom(
        'crash' as const,
        'complete' as const,
        'killKubelet' as const,
        'startKubelet' as const,
        'killSidecar' as const,
        'curl' as const,
      ),
    }),
    weight: 4,
  },
  {
    arbitrary: fc.record({ do: fc.constant('failProbe' as const), graceMs: fc.constantFrom(1000, 5000, 30_000) }),
    weight: 1,
  },
);
const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  { arbitrary: fc.record({ end: fc.constant('succeed' as const), ms }), weight: 16 },
  { arbitrary: fc.record({ end: fc.constant('fail' as const), ms }), weight: 2 },
  { arbitrary: fc.constant<Behaviour>({ end: 'hang' }), weight: 1 },
);
const walk = (evidence: Walk['evidence']): fc.Arbitrary<Walk> =>
  fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: 24, size: 'max' }),
    behaviours: fc.array(behaviour, { maxLength: 30, size: 'max' }),
    end: fc.oneof(
      fc.record({ do: fc.constant('delete' as const), graceMs: fc.constantFrom(1000, 5000, 30_000, 60_000) }),
      fc.constant({ do: 'forceDelete' as const }),
    ),
    heedsSigterm: fc.boolean(),
    evidence: fc.constant(evidence),
  });

/** Some seconds of them. */
const WALKS = 2000;
/** A slow machine has done enough by then, in ms: what matters came up in the first hundred. */
const ENOUGH_MS = 30_000;

/** How often what came up: a walk that never gets anywhere holds every law. */
function count(seen: Map<string, number>, walked: Walked): void {
  const add = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  for (const event of walked.told) if (event.type === 'delivered') add(`${event.delivery.hook} ${event.served}`);
  for (const { task, end } of walked.executions) add(`${task.endsWith('/undo') ? 'undo' : 'task'} ${end}`);
  for (const event of walked.told) if (event.type === 'runEnded') add(`run ${event.run.outcome}`);
}

describe.each(WALK_EVIDENCE)('a random life of a pod, with %s as evidence', (evidence) => {
  it('breaks no promise', async () => {
    const seen = new Map<string, number>();
    let walks = 0;
    await fc.assert(
      fc.asyncProperty(walk(evidence), async (drawn) => {
        const walked = await walkCore(drawn);
        count(seen, walked);
        walks += 1;
        expect(brokenLaws(walked)).toEqual([]);
      }),
      { numRuns: WALKS, interruptAfterTimeLimit: ENOUGH_MS },
    );
    process.stdout.write(
      `${walks} walks with ${evidence}: ${[...seen].map(([what, times]) => `${what} ${times}`).join(', ')}\n`,
    );
    expect(seen.get('undo succeeded')).toBeGreaterThan(0);
    for (const served of ['executed', 'joined', 'replayed', 'resumed'])
      expect(seen.get(`preStop ${served}`) ?? 0, served).toBeGreaterThan(0);
  });
});
