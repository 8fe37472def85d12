/** Walks as they are drawn: what happens to the pod while it lives, what ends it, and what happens while it ends. */
import fc from 'fast-check';
import { API_MANNERS } from './core-evidence.ts';
import type { Behaviour } from './core-sidecar.ts';
import type { End, Step, Walk } from './core-walk.ts';

const ms = fc.oneof(
  fc.integer({ min: 0, max: 50 }),
  fc.integer({ min: 0, max: 2000 }),
  fc.integer({ min: 0, max: 40_000 }),
);
const waits: fc.WeightedArbitrary<Step> = { arbitrary: fc.record({ do: fc.constant('wait' as const), ms }), weight: 5 };
const step: fc.Arbitrary<Step> = fc.oneof(
  waits,
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
  { arbitrary: fc.constant<Step>({ do: 'stopSidecar' }), weight: 1 },
  {
    arbitrary: fc.record({ do: fc.constant('failProbe' as const), graceMs: fc.constantFrom(1000, 5000, 30_000) }),
    weight: 1,
  },
);
const end: fc.Arbitrary<End> = fc.oneof(
  fc.record({ do: fc.constant('delete' as const), graceMs: fc.constantFrom(1000, 5000, 30_000, 60_000) }),
  fc.constant({ do: 'forceDelete' as const }),
);
/** What may happen while a pod ends: mostly, that its kubelet dies and comes back. */
const late: fc.Arbitrary<Step> = fc.oneof(
  waits,
  { arbitrary: fc.constantFrom<Step>({ do: 'killKubelet' }, { do: 'startKubelet' }), weight: 4 },
  { arbitrary: fc.constantFrom<Step>({ do: 'crash' }, { do: 'killSidecar' }, { do: 'curl' }), weight: 1 },
  { arbitrary: end, weight: 1 },
);
const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  { arbitrary: fc.record({ end: fc.constant('succeed' as const), ms }), weight: 16 },
  { arbitrary: fc.record({ end: fc.constant('fail' as const), ms }), weight: 2 },
  { arbitrary: fc.constant<Behaviour>({ end: 'hang' }), weight: 1 },
);
/** A walk with such evidence. */
export const drawnWalk = (evidence: Walk['evidence']): fc.Arbitrary<Walk> =>
  fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: 24, size: 'max' }),
    behaviours: fc.array(behaviour, { maxLength: 30, size: 'max' }),
    end,
    after: fc.array(late, { maxLength: 8 }),
    sidecar: fc.constantFrom('native', 'native', 'regular'),
    raceMs: fc.oneof(fc.constant(-5), fc.integer({ min: -5, max: 21 })),
    restartPolicy: fc.constantFrom('Always', 'Always', 'OnFailure', 'Never'),
    api: fc.array(fc.constantFrom(...API_MANNERS), { maxLength: evidence === 'api' ? 12 : 0 }),
    heedsSigterm: fc.boolean(),
    evidence: fc.constant(evidence),
  });
