import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PodReading } from '../../src/hooks/pod-facts.ts';
import { apiGraceMs, graceNote, graceOf, headerGrace } from '../../src/hooks/run-grace.ts';
import { hook } from './stage.ts';

const grace = { periodMs: 30_000, reserveMs: 5000, source: 'config' } as const;
const preStop = hook([]);

describe("a hook's grace", () => {
  it('always leaves working time, which is never longer than the pod grants', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 3_600_000 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.option(fc.integer({ min: 1, max: 3_600_000 }), { nil: undefined }),
        (periodMs, part, timeoutMs) => {
          const reserveMs = Math.floor(periodMs * part);
          const of = graceOf('preStop', hook([], { timeoutMs }), { periodMs, reserveMs, source: 'config' });
          const workMs = of.graceMs - of.reserveMs;
          expect(workMs).toBe(Math.min(periodMs - reserveMs, timeoutMs ?? Number.POSITIVE_INFINITY));
          expect(of.source).toBe(workMs < periodMs - reserveMs ? 'preStop.timeout' : 'config');
          expect(of.insteadOf).toBeUndefined();
        },
      ),
    );
  });

  it('with a shorter true one keeps a reserve that leaves tasks half of it, and nearly all of its first 2 s', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2000, max: 600_000 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.integer({ min: 1000, max: 600_000 }),
        (periodMs, part, apiMs) => {
          const reserveMs = Math.floor(periodMs * part);
          const of = graceOf('preStop', preStop, { periodMs, reserveMs, source: 'config' }, { apiMs });
          const workMs = of.graceMs - of.reserveMs;
          expect(of).toMatchObject({ source: 'api', graceMs: apiMs });
          expect(of.reserveMs).toBeGreaterThanOrEqual(0);
          expect(of.reserveMs).toBeLessThanOrEqual(reserveMs);
          if (apiMs >= periodMs) expect(of.reserveMs).toBe(reserveMs);
          else expect(workMs).toBeGreaterThanOrEqual(0.9 * Math.min(apiMs, 2000));
          if (part <= 0.5 && apiMs < periodMs) expect(workMs).toBeGreaterThanOrEqual(apiMs / 2);
        },
      ),
    );
  });

  it.each([
    ['5 s, as --grace-period=5 gives', { apiMs: 5000 }, { source: 'api', graceMs: 5000, reserveMs: 2500 }],
    ['1 s, as a forced deletion gives', { apiMs: 1000 }, { source: 'api', graceMs: 1000, reserveMs: 100 }],
    ['20 s', { apiMs: 20_000 }, { source: 'api', graceMs: 20_000, reserveMs: 5000 }],
    ['a longer one than the config', { apiMs: 120_000 }, { source: 'api', graceMs: 120_000, reserveMs: 5000 }],
    ['a header', { headerMs: 45_000 }, { source: 'header', graceMs: 45_000, reserveMs: 5000 }],
    ['both', { headerMs: 45_000, apiMs: 30_000 }, { source: 'api', graceMs: 30_000, reserveMs: 5000 }],
  ])('of %s', (_name, told, expected) => {
    const insteadOf =
      'headerMs' in told && 'apiMs' in told
        ? { source: 'header', graceMs: 45_000 }
        : { source: 'config', graceMs: 30_000 };
    const toldByApi = 'apiMs' in told ? { toldByApi: true } : {};
    expect(graceOf('preStop', preStop, grace, told)).toEqual({ ...expected, ...toldByApi, insteadOf });
  });

  it('still ends with the own timeout of the hook, where that is shorter', () => {
    const of = graceOf('preStop', hook([], { timeoutMs: 4000 }), grace, { apiMs: 10_000 });
    expect(of).toMatchObject({ source: 'preStop.timeout', graceMs: 10_000, reserveMs: 6000, toldByApi: true });
  });

  it('is the timeout for a postStart, whatever is told', () => {
    const of = graceOf('postStart', hook([], { timeoutMs: 4000 }), grace, { headerMs: 1000, apiMs: 1000 });
    expect(of).toEqual({ source: 'postStart.timeout', graceMs: 4000, reserveMs: 0 });
  });

  it('is said when it is not the one that people believe in', () => {
    const note = (told: object) => graceNote(graceOf('preStop', preStop, grace, told));
    expect(note({})).toBeUndefined();
    expect(note({ apiMs: 30_000 })).toBeUndefined();
    expect(note({ apiMs: 5000 })).toBe('the grace is 5 s by api, shorter than the 30 s of config');
    expect(note({ headerMs: 45_000 })).toBe('the grace is 45 s by header, longer than the 30 s of config');
  });
});

describe('the header Hookkeeper-Grace', () => {
  it.each([
    ['45s', 45_000],
    [' 1m30s ', 90_000],
    ['45', 45_000],
  ])('%j is a grace', (text, graceMs) => {
    expect(headerGrace('preStop', text)).toEqual({ graceMs });
  });

  it.each(['', 'soon', '-5s', '500ms', '0', '45s, 45s', '25h', '1e3s', `${'9'.repeat(400)}s`])(
    '%j is passed over, and says so',
    (text) => {
      const { graceMs, ignored } = headerGrace('preStop', text);
      expect(graceMs).toBeUndefined();
      expect(ignored).toMatch(/^its Hookkeeper-Grace is passed over: it must .*: value is ".{0,40}", \S/);
    },
  );

  it('is passed over for a postStart, which has none', () => {
    expect(headerGrace('postStart', '45s').ignored).toContain('a postStart has no grace');
  });
});

describe('what the API server tells of the grace', () => {
  const atMs = 1_800_000_000_000;
  const deleted = (graceMs: number, deadlineInMs: number): PodReading => ({
    kind: 'read',
    pod: { uid: 'u', deletion: { graceMs, deadlineEpochMs: atMs + deadlineInMs }, containers: new Map() },
  });
  it.each<[string, PodReading, 'kubelet' | 'other', number | undefined]>([
    ['a deletion just now', deleted(30_000, 29_700), 'kubelet', 30_000],
    [
      'a deletion long ago, after which a kubelet came back with its whole grace',
      deleted(30_000, -90_000),
      'kubelet',
      30_000,
    ],
    ['the rest of it, for who has started no clock of his own', deleted(30_000, 12_000), 'other', 12_000],
    ['a deadline in the past, for the same', deleted(30_000, -90_000), 'other', 30_000],
    ['a clock that is ahead of ours', deleted(30_000, 300_000), 'other', 30_000],
    ['--grace-period=0, which the kubelet makes 1 s', deleted(0, 0), 'kubelet', 1000],
    ['an object that is gone', { kind: 'gone', reason: 'r' }, 'kubelet', 1000],
    ['nobody', { kind: 'unknown', reason: 'r' }, 'kubelet', undefined],
    [
      'no deletion',
      { kind: 'read', pod: { uid: 'u', deletion: undefined, containers: new Map() } },
      'kubelet',
      undefined,
    ],
  ])('%s', (_name, reading, caller, expected) => {
    expect(apiGraceMs(reading, caller, atMs)).toBe(expected);
  });
});
