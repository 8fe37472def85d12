import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../src/hooks/delivery.ts';
import { identify, type LifeRules } from '../../src/hooks/incarnation.ts';
import type { RunRecord } from '../../src/journal/entry.ts';
import { ended, interrupted, running } from './records.ts';
import { BLIND } from './sightings.ts';

const NOW = 1_800_000_000_000;
const rules: LifeRules = { postStartOpensLives: true, dedupeWindowMs: 10_000, graceMs: 30_000, nextSequence: 100 };
const NEW = 'life-100';

function lifeOf(
  hook: Delivery['hook'],
  runs: RunRecord[],
  more: Partial<Delivery> = {},
  over: Partial<LifeRules> = {},
) {
  const delivery: Delivery = { hook, container: 'app', caller: 'kubelet', key: undefined, atMs: NOW, ...more };
  return identify(delivery, runs, { ...rules, ...over }, BLIND).incarnation.id;
}

describe('the sequence rule', () => {
  const start = ended('postStart', { incarnation: 'life-1', sequence: 1, atMs: NOW - 3_600_000 });
  const stop = ended('preStop', { incarnation: 'life-1', sequence: 2, atMs: NOW - 1000 });

  it('the first delivery of all opens a life', () => {
    expect(lifeOf('postStart', [])).toBe(NEW);
    expect(lifeOf('preStop', [])).toBe(NEW);
  });

  it('a preStop closes the life that a postStart opened', () => {
    expect(lifeOf('preStop', [start])).toBe('life-1');
  });

  it('a preStop after a preStop is a repeat until the next postStart, however long that takes', () => {
    expect(lifeOf('preStop', [start, stop])).toBe('life-1');
    expect(
      lifeOf('preStop', [start, ended('preStop', { incarnation: 'life-1', sequence: 2, atMs: NOW - 3_600_000 })]),
    ).toBe('life-1');
  });

  it('a postStart after a preStop opens a life, also while that preStop is still being executed', () => {
    expect(lifeOf('postStart', [start, stop])).toBe(NEW);
    expect(
      lifeOf('postStart', [start, running('preStop', { incarnation: 'life-1', sequence: 2, atMs: NOW - 10 })]),
    ).toBe(NEW);
  });

  it('a postStart after last tasks that no preStop asked for opens a life, but where anybody else repeats it', () => {
    const opened = ended('postStart', { incarnation: 'life-1', sequence: 1, atMs: NOW - 2000 });
    const unasked = { ...stop, deliveries: 0 };
    expect(lifeOf('postStart', [opened, unasked])).toBe(NEW);
    expect(lifeOf('postStart', [opened, unasked], { caller: 'other' })).toBe('life-1');
    expect(lifeOf('postStart', [opened, stop], { caller: 'other' })).toBe(NEW);
  });

  it('a preStop after the second postStart closes the second life', () => {
    const again = ended('postStart', { incarnation: 'life-3', sequence: 3, atMs: NOW - 500 });
    expect(lifeOf('preStop', [start, stop, again])).toBe('life-3');
  });

  it('a clock that jumps changes no order', () => {
    const jumped = ended('postStart', { incarnation: 'life-3', sequence: 3, atMs: NOW - 86_400_000 });
    expect(lifeOf('preStop', [start, stop, jumped])).toBe('life-3');
  });
});

describe('a postStart after a postStart', () => {
  const at = (atMs: number) => ({ incarnation: 'life-1', sequence: 1, atMs });
  it.each<[string, RunRecord, Partial<Delivery>, string]>([
    ['joins while it is executed', running('postStart', at(NOW - 50_000)), {}, 'life-1'],
    ['is a repeat within the dedupe window', ended('postStart', at(NOW - 9999)), {}, 'life-1'],
    ['is a new life after the dedupe window', ended('postStart', at(NOW - 10_000)), {}, NEW],
    ['is a new life when the clock was set back by an hour', ended('postStart', at(NOW + 3_600_000)), {}, NEW],
    [
      'by the kubelet, after one that our death broke off, is a new life',
      interrupted('postStart', at(NOW - 5000)),
      {},
      NEW,
    ],
    [
      'by anybody else, after an interrupted one within the window, resumes it',
      interrupted('postStart', at(NOW - 5000)),
      { caller: 'other' },
      'life-1',
    ],
    ['is a new life after an interrupted one that is old', interrupted('postStart', at(NOW - 50_000)), {}, NEW],
    [
      'by the kubelet, after a failed one, is a new life',
      ended('postStart', { ...at(NOW - 5000), outcome: 'failed' }),
      {},
      NEW,
    ],
    [
      'by anybody else, after a failed one, tries again',
      ended('postStart', { ...at(NOW - 5000), outcome: 'failed' }),
      { caller: 'other' },
      'life-1',
    ],
    [
      'within milliseconds of a failure is a duplicate',
      ended('postStart', { ...at(NOW - 20), outcome: 'failed' }),
      {},
      'life-1',
    ],
  ])('%s', (_name, before, delivery, expected) => {
    expect(lifeOf('postStart', [before], delivery)).toBe(expected);
  });
});

describe('where no postStart opens lives', () => {
  const none = { postStartOpensLives: false };
  it.each<[string, number, string]>([
    ['a preStop soon after the last one is a repeat', 59_000, 'life-1'],
    ['a preStop that no old life can have lasted for is a new life, so that no drain is lost', 61_000, NEW],
  ])('%s', (_name, agoMs, expected) => {
    const before = ended('preStop', { incarnation: 'life-1', sequence: 1, atMs: NOW - agoMs });
    expect(lifeOf('preStop', [before], {}, none)).toBe(expected);
  });

  it('a preStop that is still being executed is joined', () => {
    const before = running('preStop', { incarnation: 'life-1', sequence: 1, atMs: NOW - 600_000 });
    expect(lifeOf('preStop', [before], {}, none)).toBe('life-1');
  });

  it('whichever it is taken for is a guess, as its container may have been restarted meanwhile', () => {
    const delivery: Delivery = { hook: 'preStop', container: 'app', caller: 'kubelet', key: undefined, atMs: NOW };
    for (const agoMs of [20_000, 90_000]) {
      const before = ended('preStop', { incarnation: 'life-1', sequence: 1, atMs: NOW - agoMs });
      expect(identify(delivery, [before], { ...rules, ...none }, BLIND).guess).toBe(true);
      expect(identify(delivery, [before], rules, BLIND).guess).toBe(false);
    }
  });
});

it('an Idempotency-Key decides before any rule, and says so', () => {
  const before = running('preStop', { incarnation: 'life-1', sequence: 1, atMs: NOW });
  const delivery: Delivery = { hook: 'preStop', container: 'app', caller: 'other', key: 'a b', atMs: NOW };
  expect(identify(delivery, [before], rules, BLIND).incarnation).toEqual({
    id: 'key-a b',
    evidence: 'idempotency-key',
    why: 'the caller sent an Idempotency-Key',
  });
});

it('a guess says that it is one, and how to do better', () => {
  const before = ended('postStart', { incarnation: 'life-1', sequence: 1, atMs: NOW - 1000 });
  const delivery: Delivery = { hook: 'postStart', container: 'app', caller: 'kubelet', key: undefined, atMs: NOW };
  expect(identify(delivery, [before], rules, BLIND).incarnation.why).toMatch(/^a guess: .*dedupeWindow/);
});
