import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, MOST_RUNS_AT_ONCE } from '../../src/hooks/decide.ts';
import { identify } from '../../src/hooks/incarnation.ts';
import type { Incarnation, RunRecord } from '../../src/journal/entry.ts';
import { ended, interrupted, running } from './records.ts';
import { BLIND } from './sightings.ts';

const executes = (run: RunRecord) => run.state === 'running' && run.instance === 'first';
const life = (id: string): Incarnation => ({ id, evidence: 'sequence', why: '' });
const about = { incarnation: 'life-1', sequence: 1, atMs: 0 };
const sent = { earlier: () => false, sent: true };
const of = (runs: RunRecord[], onRedelivery: 'resume' | 'replay' = 'resume', incarnation = 'life-1') =>
  decide({ hook: 'preStop', incarnation: life(incarnation), runs, onRedelivery, executes, ...sent });

describe('a delivery', () => {
  it.each<[string, RunRecord[], ReturnType<typeof of>['do']]>([
    ['of a life without a run is run', [], 'run'],
    ['for the other hook of the same life is run', [ended('postStart', about)], 'run'],
    ['of another life is run', [ended('preStop', { ...about, incarnation: 'life-0' })], 'run'],
    ['joins a run that this process executes', [running('preStop', about)], 'join'],
    ['resumes a run whose process is dead', [running('preStop', { ...about, instance: 'dead' })], 'resume'],
    ['resumes an interrupted run', [interrupted('preStop', about)], 'resume'],
    ['replays a succeeded run', [ended('preStop', about)], 'replay'],
    [
      'is run again after it was taken back',
      [{ ...ended('preStop', about), undo: { why: '', tasks: [{ state: 'pending', name: 'drain/undo' }] } }],
      'run',
    ],
    ['resumes a failed run', [ended('preStop', { ...about, outcome: 'failed' })], 'resume'],
    ['resumes a timed-out run', [ended('preStop', { ...about, outcome: 'timedOut' })], 'resume'],
  ])('%s', (_name, runs, expected) => {
    expect(of(runs).do).toBe(expected);
  });

  it.each<[string, RunRecord, boolean, boolean, ReturnType<typeof of>['do']]>([
    ['joins what this process does without a preStop', running('preStop', about), false, true, 'join'],
    ['has the rest of it run, when this process did it', ended('preStop', about), false, true, 'resume'],
    ['has all of it run, when an earlier process did it: the app lived on', ended('preStop', about), true, true, 'run'],
    ['has all of it run, when an earlier process died doing it', interrupted('preStop', about), true, true, 'run'],
    ['that nobody sent does nothing twice', ended('preStop', about), true, false, 'replay'],
  ])('that comes after all %s', (_name, run, byEarlier, isSent, expected) => {
    const unsent = { ...run, deliveries: 0 };
    const input = { hook: 'preStop', incarnation: life('life-1'), runs: [unsent], onRedelivery: 'replay' } as const;
    expect(decide({ ...input, executes, earlier: () => byEarlier, sent: isSent }).do).toBe(expected);
  });

  it('replays a failed run where the config says so', () => {
    expect(of([ended('preStop', { ...about, outcome: 'failed' })], 'replay').do).toBe('replay');
  });

  it('is not refused for runs that are over, however many are known', () => {
    const many = Array.from({ length: MOST_RUNS_AT_ONCE + 4 }, (_, sequence) =>
      ended('preStop', { incarnation: `life-${sequence + 10}`, sequence, atMs: 0 }),
    );
    expect(of(many).do).toBe('run');
  });

  it('is refused, with the number, where too many runs are being executed', () => {
    const many = Array.from({ length: MOST_RUNS_AT_ONCE }, (_, sequence) =>
      running('preStop', { incarnation: `key-${sequence}`, sequence, atMs: 0 }),
    );
    expect(of(many)).toEqual({
      do: 'refuse',
      reason: '16 runs of this container are being executed, which is the most at a time',
    });
    expect(of(many, 'resume', 'key-3').do).toBe('join');
  });

  it('is not refused for the runs of callers with keys, where it has none: they must not keep out the kubelet', () => {
    const keyed = Array.from({ length: MOST_RUNS_AT_ONCE }, (_, sequence): RunRecord => {
      const run = running('preStop', { incarnation: `key-${sequence}`, sequence, atMs: 0 });
      return { ...run, incarnation: { ...run.incarnation, evidence: 'idempotency-key' } };
    });
    expect(of(keyed).do).toBe('run');
    const another: Incarnation = { id: 'key-another', evidence: 'idempotency-key', why: '' };
    const about = { hook: 'preStop', runs: keyed, onRedelivery: 'resume', executes, ...sent } as const;
    expect(decide({ ...about, incarnation: another }).do).toBe('refuse');
  });
});

const anyRun = fc
  .record({
    make: fc.constantFrom(running, interrupted, ended),
    hook: fc.constantFrom('postStart', 'preStop'),
    incarnation: fc.constantFrom('life-1', 'life-2', 'key-a'),
    sequence: fc.integer({ min: 1, max: 50 }),
    atMs: fc.integer({ min: 0, max: 100_000 }),
    outcome: fc.constantFrom('succeeded', 'failed', 'timedOut'),
    instance: fc.constantFrom('first', 'dead'),
  })
  .map(({ make, hook, ...facts }) => make(hook, facts));
const anyDelivery = fc.record({
  hook: fc.constantFrom('postStart' as const, 'preStop' as const),
  container: fc.constant('app'),
  caller: fc.constantFrom('kubelet' as const, 'other' as const),
  key: fc.constantFrom(undefined, 'a', 'z'),
  atMs: fc.integer({ min: 0, max: 200_000 }),
});
const anyRules = fc.record({
  postStartOpensLives: fc.boolean(),
  dedupeWindowMs: fc.integer({ min: 0, max: 20_000 }),
  graceMs: fc.integer({ min: 1000, max: 60_000 }),
  nextSequence: fc.constant(100),
});

describe('identify and decide together', () => {
  it('are total, and never run or resume what this process executes for that life', () => {
    fc.assert(
      fc.property(fc.array(anyRun, { maxLength: 12 }), anyDelivery, anyRules, (list, delivery, rules) => {
        const runs = list.toSorted((a, b) => a.sequence - b.sequence);
        const { incarnation } = identify(delivery, runs, rules, BLIND);
        const decision = decide({ hook: delivery.hook, incarnation, runs, onRedelivery: 'resume', executes, ...sent });
        const mine = runs.findLast((run) => run.hook === delivery.hook && run.incarnation.id === incarnation.id);
        if (mine === undefined) expect(decision.do).toBe('run');
        else if (mine.state === 'running' && mine.instance === 'first')
          expect(decision).toEqual({ do: 'join', run: mine });
        else if (mine.state === 'ended' && mine.outcome === 'succeeded')
          expect(decision).toEqual({ do: 'replay', run: mine });
        else expect(decision).toEqual({ do: 'resume', run: mine });
      }),
      { numRuns: 2000 },
    );
  });

  it('serve a preStop right after any delivery of the same hook as its repeat', () => {
    fc.assert(
      fc.property(fc.array(anyRun, { maxLength: 12 }), anyDelivery, anyRules, (list, delivery, rules) => {
        const runs = list.toSorted((a, b) => a.sequence - b.sequence);
        const preStop = { ...delivery, hook: 'preStop' as const };
        const first = identify(preStop, runs, rules, BLIND).incarnation;
        const run = running('preStop', { incarnation: first.id, sequence: 100, atMs: preStop.atMs });
        const repeat = { ...preStop, atMs: preStop.atMs + 1 };
        const second = identify(repeat, [...runs, run], { ...rules, nextSequence: 101 }, BLIND);
        expect(second.incarnation.id).toBe(first.id);
      }),
      { numRuns: 2000 },
    );
  });
});
