import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../src/hooks/delivery.ts';
import type { Sightings } from '../../src/hooks/evidence.ts';
import { identify, type LifeRules } from '../../src/hooks/incarnation.ts';
import type { RunRecord } from '../../src/journal/entry.ts';
import { ended, interrupted, running } from './records.ts';
import { BLIND } from './sightings.ts';

const NOW = 1_800_000_000_000;
const GRACE_MS = 30_000;
const rules: LifeRules = {
  postStartOpensLives: true,
  dedupeWindowMs: 10_000,
  graceMs: GRACE_MS,
  nextSequence: 100,
};
const alone = { ...rules, postStartOpensLives: false };
const old = (ms: number) => ({ incarnation: 'life-1', sequence: 1, atMs: NOW - ms });

function whyOf(hook: Delivery['hook'], runs: RunRecord[], by: Partial<Delivery> = {}, own = rules, saw = BLIND) {
  const delivery: Delivery = { hook, container: 'app', caller: 'kubelet', key: undefined, atMs: NOW, ...by };
  const { incarnation, guess } = identify(delivery, runs, own, saw);
  return [incarnation.id, incarnation.evidence, guess, incarnation.why];
}

/** All that would tell is to be had, and nothing is there to see. */
const NOTHING: Sightings = {
  process: { kind: 'nothing', why: 'no process of it is there' },
  api: { kind: 'nothing', why: 'its container is not in the status' },
  sockets: { kind: 'nothing', why: 'nobody listens' },
};

const toKnow = 'to know it, have a namespace, or have a token, or have a port';

describe('why a delivery is of a life', () => {
  it.each<[string, () => unknown[], unknown[]]>([
    [
      'for the first of all',
      () => whyOf('postStart', []),
      ['life-100', 'sequence', false, 'no earlier run of this container is known'],
    ],
    [
      'for the first preStop',
      () => whyOf('preStop', [ended('postStart', old(60_000))]),
      ['life-1', 'sequence', false, 'it is the first preStop since the last postStart'],
    ],
    [
      'for another preStop',
      () => whyOf('preStop', [ended('preStop', old(3_600_000))]),
      ['life-1', 'sequence', false, 'no postStart came since the last preStop'],
    ],
    [
      'for a postStart after a preStop',
      () => whyOf('postStart', [ended('preStop', old(60_000))]),
      ['life-100', 'sequence', false, 'a preStop closed the last life'],
    ],
    [
      'for a later postStart',
      () => whyOf('postStart', [ended('postStart', old(60_000))]),
      ['life-100', 'sequence', false, 'a postStart opens a life'],
    ],
    [
      'while its postStart is executed',
      () => whyOf('postStart', [running('postStart', old(60_000))]),
      ['life-1', 'sequence', false, 'its postStart is being executed'],
    ],
    [
      "for somebody's postStart after an interrupted one",
      () => whyOf('postStart', [interrupted('postStart', old(9999))], { caller: 'other' }),
      ['life-1', 'sequence', false, 'its postStart was interrupted within the dedupe window'],
    ],
    [
      "for the kubelet's",
      () => whyOf('postStart', [interrupted('postStart', old(9999))]),
      ['life-100', 'sequence', false, 'a postStart opens a life'],
    ],
    [
      'right after one that failed',
      () => whyOf('postStart', [ended('postStart', { ...old(499), outcome: 'failed' })]),
      ['life-1', 'sequence', false, 'its postStart did not succeed'],
    ],
    [
      'as soon as a container can be back after that',
      () => whyOf('postStart', [ended('postStart', { ...old(500), outcome: 'failed' })]),
      ['life-100', 'sequence', false, 'a postStart opens a life'],
    ],
  ])('is said %s', (_, told, expected) => {
    expect(told()).toEqual(expected);
  });

  it.each<[string, () => unknown[], string, string]>([
    [
      'soon after one that succeeded',
      () => whyOf('postStart', [ended('postStart', old(9999))]),
      'life-1',
      "within the dedupe window a postStart is taken for a repeat; a shorter dedupeWindow lets an app's early crash open a new life",
    ],
    [
      'for a preStop that can be a repeat, with no postStart to tell',
      () => whyOf('preStop', [ended('preStop', old(2 * GRACE_MS))], {}, alone),
      'life-1',
      'as no postStart opens its lives, a preStop so soon after the last one is taken for its repeat',
    ],
    [
      'for one that cannot',
      () => whyOf('preStop', [ended('preStop', old(2 * GRACE_MS + 1))], {}, alone),
      'life-100',
      'as no postStart opens its lives, a preStop this long after the last one is taken for a new life',
    ],
  ])('is a guess %s, with what is missing to know it', (_, told, life, why) => {
    expect(told()).toEqual([life, 'sequence', true, `a guess: ${why}; ${toKnow}`]);
  });

  it('names nothing that is missing where nothing is', () => {
    expect(whyOf('postStart', [ended('postStart', old(1))], {}, rules, NOTHING).at(-1)).toMatch(
      /; nothing that could be seen told more$/,
    );
  });
});
