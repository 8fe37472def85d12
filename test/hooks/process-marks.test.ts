import { describe, expect, it } from 'vitest';
import { type Circumstances, type ProcessSighting, UNASKED } from '../../src/hooks/evidence.ts';
import { compareProcess, shortId } from '../../src/hooks/process-marks.ts';
import type { ProcessMark } from '../../src/journal/marks.ts';

const A = 'aaaaaaaaaaaaaaaaaaaa';
const B = 'bbbbbbbbbbbbbbbbbbbb';
const SHORT_A = 'a'.repeat(12);
const SHORT_B = 'b'.repeat(12);
const nothing = { kind: 'nothing', why: 'no process of it is there' } as const;
const blind = { kind: 'blind', why: 'the namespace is not shared', remedy: 'share it' } as const;
const seen = (containerId: string | null, startTicks = 5): ProcessSighting => ({
  kind: 'seen',
  seen: { containerId, startTicks },
});
const mark = (containerId: string | null, startTicks = 5): ProcessMark => ({ containerId, startTicks });
const starts: Circumstances = { hook: 'postStart', fromKubelet: true, executing: false };
const stops: Circumstances = { hook: 'preStop', fromKubelet: true, executing: false };

describe('the processes of an app beside those of a life', () => {
  it.each<[string, ProcessMark | undefined, ProcessSighting, Circumstances, string, string]>([
    ['in its container', mark(A), seen(A, 9), stops, 'same', `its processes are still those of container ${SHORT_A}`],
    [
      'in another container',
      mark(A),
      seen(B),
      stops,
      'different',
      `its processes are in container ${SHORT_B}, those of the last life were in ${SHORT_A}`,
    ],
    ['as old as they were', mark(null), seen(null), stops, 'same', 'its oldest process is still that of the last life'],
    [
      'of another age',
      mark(null),
      seen(null, 6),
      stops,
      'different',
      'its oldest process is not that of the last life',
    ],
    ['as old, where one container is not known', mark(A), seen(null), stops, 'same', 'its oldest process is still'],
    ['of another age, the same', mark(null), seen(B, 6), stops, 'different', 'its oldest process is not'],
    ['of a life that was not seen', undefined, seen(A), stops, 'incomparable', 'no process of the last life was seen'],
    [
      'gone, while its container is there',
      mark(A),
      { ...nothing, containers: new Set([A, B]) },
      stops,
      'same',
      `the last life's container ${SHORT_A} is still there`,
    ],
    [
      'gone with its container, at a postStart',
      mark(A),
      { ...nothing, containers: new Set([B]) },
      starts,
      'different',
      `the last life's container ${SHORT_A} is gone`,
    ],
    [
      'gone with it, at a preStop',
      mark(A),
      { ...nothing, containers: new Set([B]) },
      stops,
      'incomparable',
      nothing.why,
    ],
    ['gone with it, unasked', mark(A), { ...nothing, containers: new Set() }, UNASKED, 'incomparable', nothing.why],
    ['gone, no container told', mark(A), nothing, starts, 'incomparable', nothing.why],
    [
      'gone, no container known',
      mark(null),
      { ...nothing, containers: new Set() },
      starts,
      'incomparable',
      nothing.why,
    ],
    [
      'not to be seen, container there',
      mark(A),
      { ...blind, containers: new Set([A]) },
      starts,
      'incomparable',
      blind.why,
    ],
    [
      'not to be seen, container gone',
      mark(A),
      { ...blind, containers: new Set([B]) },
      starts,
      'different',
      `the last life's container ${SHORT_A} is gone`,
    ],
  ])('are %s', (_, known, sighting, about, kind, why) => {
    const said = compareProcess(known, sighting, about);
    expect(said).toEqual({ kind, why: expect.stringContaining(why) });
  });
});

describe('the ID of a container', () => {
  it('is shown as `docker ps` shows it, without its runtime', () => {
    expect([shortId(`containerd://${A}`), shortId(A), shortId('abc')]).toEqual([SHORT_A, SHORT_A, 'abc']);
  });
});
