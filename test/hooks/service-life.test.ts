import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arrivalWindowMs,
  type LifeFacts,
  type LifeRules,
  onLook,
  onSignal,
  type SeenLife,
  type ServiceLife,
} from '../../src/hooks/service-life.ts';

const serving = (): ServiceLife => ({ state: 'serving' });
const SERVING = serving();
const RULES: LifeRules = { sidecar: 'auto', arrivalWindowMs: undefined, workMs: 25_000 };
const APP: SeenLife = { container: 'app', begun: true, presence: 'alive' };

function facts(atMs: number, more: Partial<LifeFacts> = {}): LifeFacts {
  const open = more.open ?? [];
  const appAlive = open.some(({ presence }) => presence === 'alive');
  return { atMs, active: 0, appAlive, outlasting: false, ...more, open };
}

describe('how long a preStop is waited for', () => {
  it.each<[string, Partial<SeenLife>, Partial<LifeRules>, number]>([
    ['the app is there: all the working time', {}, {}, 25_000],
    ['the app is there, and never sent a postStart: the same', { begun: false }, {}, 25_000],
    ['the app is gone: 2 s', { presence: 'gone' }, {}, 2000],
    ['nothing can tell: 10 s', { presence: 'unknown' }, {}, 10_000],
    ['nothing can tell, and no life was seen to begin: 2 s', { presence: 'unknown', begun: false }, {}, 2000],
    ['a window is configured', {}, { arrivalWindowMs: 4000 }, 4000],
    ['a window is configured, and nothing can tell', { presence: 'unknown' }, { arrivalWindowMs: 14_000 }, 14_000],
    ['a window is configured, and the app is gone', { presence: 'gone' }, { arrivalWindowMs: 14_000 }, 2000],
    ['a window beyond the working time', {}, { arrivalWindowMs: 60_000 }, 25_000],
    ['little working time, and nothing can tell', { presence: 'unknown' }, { workMs: 1200 }, 1200],
    ['a native sidecar does not wait', { presence: 'gone' }, { sidecar: 'native' }, 0],
    ['a native sidecar that sees nothing takes the app for gone', { presence: 'unknown' }, { sidecar: 'native' }, 0],
    ['a native sidecar whose app is there may be stopped alone: 1.5 s', {}, { sidecar: 'native' }, 1500],
    ['the same, with a shorter window', {}, { sidecar: 'native', arrivalWindowMs: 400 }, 400],
    ['a regular sidecar waits as an unknown one', {}, { sidecar: 'regular' }, 25_000],
  ])('%s', (_what, life, rules, ms) => {
    expect(arrivalWindowMs({ ...APP, ...life }, { ...RULES, ...rules })).toBe(ms);
  });
});

describe('the life of the service', () => {
  it('SIGTERM with nothing to do and nothing to come ends it', () => {
    expect(onSignal(SERVING, 'SIGTERM', facts(0), RULES)).toEqual({
      life: { state: 'stopping', code: 0, why: 'nothing is left to do' },
      givenUp: [],
      withoutHook: [],
    });
  });

  it('SIGTERM before the preStop: it waits, runs it, and ends with its end', () => {
    const awaiting = onSignal(SERVING, 'SIGTERM', facts(100, { open: [APP] }), RULES).life;
    expect(awaiting).toEqual({
      state: 'awaiting',
      signal: 'SIGTERM',
      sinceMs: 100,
      containers: ['app'],
      untilMs: 25_100,
    });
    const arrived = onLook(awaiting, facts(300, { active: 1 }), RULES).life;
    expect(arrived).toMatchObject({ state: 'finishing', signal: 'SIGTERM', sinceMs: 100 });
    expect(onLook(arrived, facts(2300), RULES).life).toMatchObject({ state: 'stopping', code: 0 });
  });

  it('of two apps, the second is waited for while the first is served', () => {
    const other = { ...APP, container: 'proxy' };
    const both = onSignal(SERVING, 'SIGTERM', facts(0, { open: [APP, other] }), RULES).life;
    const one = onLook(both, facts(10, { open: [other], active: 1 }), RULES).life;
    expect(one).toMatchObject({ state: 'awaiting', containers: ['proxy'] });
  });

  it('an app that goes away without a preStop is waited for no longer', () => {
    const awaiting = onSignal(SERVING, 'SIGTERM', facts(0, { open: [APP] }), RULES).life;
    const gone = facts(5000, { open: [{ ...APP, presence: 'gone' }] });
    expect(onLook(awaiting, gone, RULES)).toEqual({
      life: { state: 'finishing', signal: 'SIGTERM', sinceMs: 0, untilMs: undefined },
      givenUp: ['app'],
      withoutHook: ['app'],
    });
  });

  it.each<[string, Partial<SeenLife>, LifeRules['sidecar'], readonly string[]]>([
    ['is gone, and it is native', { presence: 'gone' }, 'native', ['app']],
    ['cannot be seen, and it is native: the app is gone', { presence: 'unknown' }, 'native', ['app']],
    ['never began', { presence: 'gone', begun: false }, 'native', []],
  ])('last tasks at once, where the app %s', (_what, life, sidecar, expected) => {
    const step = onSignal(SERVING, 'SIGTERM', facts(0, { open: [{ ...APP, ...life }] }), { ...RULES, sidecar });
    expect(step.withoutHook).toEqual(expected);
  });

  it('where nothing can tell, a window that is over runs no last tasks', () => {
    const open = [{ ...APP, presence: 'unknown' as const }];
    const awaiting = onSignal(SERVING, 'SIGTERM', facts(0, { open }), RULES).life;
    expect(onLook(awaiting, facts(9999, { open }), RULES).life.state).toBe('awaiting');
    expect(onLook(awaiting, facts(10_000, { open }), RULES)).toMatchObject({
      life: { state: 'stopping', code: 0 },
      givenUp: ['app'],
      withoutHook: [],
    });
  });

  it('a native sidecar that still sees an app breaks off before SIGKILL; one that does not goes on', () => {
    const rules = { ...RULES, sidecar: 'native' as const };
    const life = onSignal(SERVING, 'SIGTERM', facts(0, { active: 1 }), rules).life;
    expect(onLook(life, facts(20_000, { active: 1 }), rules).life).toMatchObject({ untilMs: undefined });
    const lastCall = onLook(life, facts(20, { active: 1, appAlive: true }), rules).life;
    expect(lastCall).toMatchObject({ state: 'finishing', untilMs: 1500 });
    // What was said once holds, whatever is seen later, unless what runs shows that the pod does not end.
    expect(onLook(lastCall, facts(1500, { active: 1 }), rules).life).toMatchObject({ state: 'stopping', code: 1 });
    const started = onLook(lastCall, facts(1400, { active: 2, appAlive: true, outlasting: true }), rules).life;
    expect(started).toMatchObject({ state: 'finishing', untilMs: undefined });
    // No SIGKILL came, so that none was about to.
    expect(onLook(started, facts(2000, { active: 1, appAlive: true }), rules).life).toMatchObject({
      untilMs: undefined,
    });
  });

  it('a native sidecar that still sees an app goes on where what runs shows that the grace is not over: it alone is stopped', () => {
    const rules = { ...RULES, sidecar: 'native' as const };
    const going = { active: 1, appAlive: true, outlasting: true };
    const life = onSignal(SERVING, 'SIGTERM', facts(0, going), rules).life;
    expect(onLook(life, facts(9000, going), rules).life).toMatchObject({ state: 'finishing', untilMs: undefined });
    expect(onLook(life, facts(9100, { appAlive: true }), rules).life).toMatchObject({ state: 'stopping', code: 0 });
  });

  it('SIGINT waits for what is executed, and for no preStop', () => {
    expect(onSignal(SERVING, 'SIGINT', facts(0, { open: [APP] }), RULES).life).toMatchObject({ code: 0 });
    expect(onSignal(SERVING, 'SIGINT', facts(0, { open: [APP], active: 1 }), RULES).life).toMatchObject({
      state: 'finishing',
    });
  });

  it('SIGINT breaks nothing off by itself: no SIGKILL follows', () => {
    const rules = { ...RULES, sidecar: 'native' as const };
    const running = facts(9000, { active: 1, appAlive: true });
    const life = onSignal(SERVING, 'SIGINT', facts(0, { active: 1 }), rules).life;
    expect(onLook(life, running, rules).life).toMatchObject({ state: 'finishing', untilMs: undefined });
  });

  it.each([
    [0, 0],
    [1, 1],
  ])('a second signal with %i runs ends it at once with %i', (active, code) => {
    const awaiting = onSignal(SERVING, 'SIGTERM', facts(0, { open: [APP], active }), RULES).life;
    expect(onSignal(awaiting, 'SIGTERM', facts(1, { open: [APP], active }), RULES).life).toEqual({
      state: 'stopping',
      code,
      why: 'a second signal came, SIGTERM after SIGTERM',
    });
  });
});

const seen = fc.record<SeenLife>({
  container: fc.constantFrom('app', 'proxy', 'cache'),
  begun: fc.boolean(),
  presence: fc.constantFrom('alive', 'gone', 'unknown'),
});
const event = fc.record({
  signal: fc.constantFrom('SIGTERM' as const, 'SIGINT' as const, undefined, undefined, undefined),
  afterMs: fc.integer({ min: 0, max: 9000 }),
  active: fc.nat({ max: 2 }),
  open: fc.uniqueArray(seen, { selector: ({ container }) => container, maxLength: 3 }),
});
const rules = fc.record<LifeRules>({
  sidecar: fc.constantFrom('native', 'regular', 'auto'),
  arrivalWindowMs: fc.option(fc.nat({ max: 60_000 }), { nil: undefined }),
  workMs: fc.integer({ min: 1, max: 60_000 }),
});
const ORDER: readonly ServiceLife['state'][] = ['serving', 'awaiting', 'finishing', 'stopping'];

describe('whatever comes', () => {
  it('the life goes one way, waits no longer than it may, breaks nothing off unasked, and runs last tasks once', () => {
    fc.assert(
      fc.property(rules, fc.array(event, { maxLength: 30, size: 'max' }), (given, events) => {
        let life = serving();
        let atMs = 0;
        let signals = 0;
        let toldAtMs = 0;
        let lastTasks = 0;
        for (const { signal, afterMs, active, open } of events) {
          atMs += afterMs;
          const now = facts(atMs, { active, open });
          const before = life;
          const step = signal === undefined ? onLook(life, now, given) : onSignal(life, signal, now, given);
          life = step.life;
          if (signal !== undefined && signals++ === 0) toldAtMs = atMs;
          if (step.withoutHook.length > 0) lastTasks += 1;

          expect(ORDER.indexOf(life.state)).toBeGreaterThanOrEqual(ORDER.indexOf(before.state));
          expect(life.state === 'serving').toBe(signals === 0);
          if (before.state === 'stopping') expect(life).toBe(before);
          if (signals >= 2) expect(life.state).toBe('stopping');
          if (life.state === 'awaiting') {
            if (given.sidecar === 'native') expect(life.untilMs).toBeLessThanOrEqual(toldAtMs + 1500);
            expect(life.untilMs).toBeGreaterThan(atMs);
            expect(life.untilMs).toBeLessThanOrEqual(toldAtMs + given.workMs);
            expect(open.map(({ container }) => container)).toEqual(expect.arrayContaining([...life.containers]));
          }
          if (before.state !== 'stopping' && life.state === 'stopping') {
            expect(life.code).toBe(active > 0 ? 1 : 0);
            if (active > 0 && signals < 2) expect(given.sidecar).toBe('native');
            if (signals < 2 && signal === undefined && before.state === 'awaiting') {
              for (const one of open) expect(toldAtMs + arrivalWindowMs(one, given)).toBeLessThanOrEqual(atMs);
            }
          }
          if (step.withoutHook.length > 0) {
            expect(life.state).toBe('finishing');
            const alive = open.filter(({ presence }) => presence === 'alive').map(({ container }) => container);
            expect(step.withoutHook.filter((container) => alive.includes(container))).toEqual([]);
          }
        }
        expect(lastTasks).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2000 },
    );
  });
});
