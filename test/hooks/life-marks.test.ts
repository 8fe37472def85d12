import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presenceOf } from '../../src/hooks/app-presence.ts';
import type { Delivery } from '../../src/hooks/delivery.ts';
import type { Sightings } from '../../src/hooks/evidence.ts';
import { identify, type LifeRules } from '../../src/hooks/incarnation.ts';
import { learnMarks } from '../../src/hooks/life-marks.ts';
import type { ContainerFacts } from '../../src/hooks/pod-facts.ts';
import type { RunRecord } from '../../src/journal/entry.ts';
import type { LifeMarks } from '../../src/journal/marks.ts';
import { ended, running } from './records.ts';
import { BLIND } from './sightings.ts';

const NOW = 1_800_000_000_000;
const rules: LifeRules = { postStartOpensLives: true, dedupeWindowMs: 10_000, graceMs: 30_000, nextSequence: 100 };
const [SAME, NEW] = ['life-1', 'life-100'];
const [A, B, C] = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)];

const process = (containerId: string | null, startTicks = 500): Sightings => ({
  ...BLIND,
  process: { kind: 'seen', seen: { containerId, startTicks } },
});
/** The process of the config is not there yet; other containers are, where that is told. */
const entrypoint = (...containers: string[]): Sightings => {
  const nothing = { kind: 'nothing', why: 'no process of it is there' } as const;
  return { ...BLIND, process: containers.length > 0 ? { ...nothing, containers: new Set(containers) } : nothing };
};
/** No process is named in the config, and the pod has several other containers. */
const severalContainers = (...containers: string[]): Sightings => {
  const blind = { kind: 'blind', why: 'it may be in any of them', remedy: 'name it' } as const;
  return { ...BLIND, process: { ...blind, containers: new Set(containers) } };
};
const sockets = (...inodes: number[]): Sightings => ({ ...BLIND, sockets: { kind: 'seen', seen: { inodes } } });
const api = (state: ContainerFacts['state'], containerId?: string, restartCount = 0): Sightings => ({
  ...BLIND,
  api: { kind: 'seen', seen: { containerId, restartCount, state, startedAtMs: undefined } },
});

function withMarks(run: RunRecord, marks: LifeMarks): RunRecord {
  return { ...run, incarnation: { ...run.incarnation, marks } };
}

/** A postStart that came a second ago and was answered, of a life with these marks. */
const answered = (marks: LifeMarks) =>
  withMarks(ended('postStart', { incarnation: SAME, sequence: 1, atMs: NOW - 1000 }), marks);

function identity(hook: Delivery['hook'], runs: RunRecord[], saw: Sightings, more: Partial<Delivery> = {}) {
  const delivery: Delivery = { hook, container: 'app', caller: 'kubelet', key: undefined, atMs: NOW, ...more };
  return identify(delivery, runs, rules, saw);
}

function told(...of: Parameters<typeof identity>): string {
  const { incarnation } = identity(...of);
  return `${incarnation.id} by ${incarnation.evidence}`;
}

describe('a postStart within the dedupe window of the last one', () => {
  const knownProcess = { process: { containerId: A, startTicks: 500 } };
  const knownApi = { api: { before: null, containerId: A, restartCount: 0 } };
  const opened = { api: { before: A, containerId: null, restartCount: 0 } };
  const knownSockets = { sockets: { inodes: [7, 8] } };
  it.each<[string, LifeMarks, Sightings, string, Partial<Delivery>?]>([
    ['from the same container is a repeat', knownProcess, process(A), `${SAME} by process`],
    ['from another container is a new life', knownProcess, process(B), `${NEW} by process`],
    [
      'from a younger process is a new life',
      { process: { containerId: null, startTicks: 500 } },
      process(null, 900),
      `${NEW} by process`,
    ],
    [
      'from the same process is a repeat',
      { process: { containerId: null, startTicks: 500 } },
      process(null),
      `${SAME} by process`,
    ],
    [
      'whose entrypoint is not the process yet, its old container gone, is a new life',
      knownProcess,
      entrypoint(B),
      `${NEW} by process`,
    ],
    [
      'whose process is not found in the container that is there is a repeat',
      knownProcess,
      entrypoint(A),
      `${SAME} by process`,
    ],
    [
      'whose process is not found, where no cgroup tells a container, is a guess',
      knownProcess,
      entrypoint(),
      `${SAME} by sequence`,
    ],
    [
      'that may be in any of several containers, its old one gone, is a new life',
      knownProcess,
      severalContainers(B, C),
      `${NEW} by process`,
    ],
    [
      'that may be in any of several containers is no repeat for certain, as the known one may be of another',
      { ...knownProcess, ...knownSockets },
      { ...severalContainers(A, B), sockets: sockets().sockets },
      `${NEW} by sockets`,
    ],
    ['of a life whose process was never seen is a guess', {}, process(B), `${SAME} by sequence`],

    ['whose container has ended is a new life', knownApi, api('terminated', A), `${NEW} by api`],
    ['whose container waits to be started again is a new life', knownApi, api('waiting', A), `${NEW} by api`],
    ['when the status has another container is a new life', knownApi, api('running', B, 1), `${NEW} by api`],
    [
      'when the status may lag behind a crash is no repeat for certain',
      knownApi,
      api('running', A),
      `${SAME} by sequence`,
    ],
    [
      'by a person, of a container that runs, is a repeat',
      knownApi,
      api('running', A),
      `${SAME} by api`,
      { caller: 'other' },
    ],
    [
      'when the status shows the instance before, as terminated, is no news',
      opened,
      api('terminated', A),
      `${SAME} by sequence`,
    ],
    ['when a container that began since has ended is a new life', opened, api('terminated', B), `${NEW} by api`],
    ['when a container that began since runs may be of this life', opened, api('running', B), `${SAME} by sequence`],
    [
      'before the status knows any container is a guess',
      { api: { before: null, containerId: null, restartCount: 0 } },
      api('waiting'),
      `${SAME} by sequence`,
    ],

    ['while its socket listens is a repeat', knownSockets, sockets(8, 9), `${SAME} by sockets`],
    ['when another socket listens is a new life', knownSockets, sockets(9), `${NEW} by sockets`],
    ['when its socket is closed is a new life', knownSockets, sockets(), `${NEW} by sockets`],
    [
      'by a person, when its socket is closed, is a guess',
      knownSockets,
      sockets(),
      `${SAME} by sequence`,
      { caller: 'other' },
    ],
    ['of a life that never listened is a guess', { sockets: { inodes: [] } }, sockets(9), `${SAME} by sequence`],
  ])('%s', (_what, marks, saw, expected, more = {}) => {
    expect(told('postStart', [answered(marks)], saw, more)).toBe(expected);
  });

  it('is decided by the best source that can tell', () => {
    const marks = { ...knownProcess, ...knownSockets };
    const saw = { ...process(A), sockets: sockets(99).sockets };
    expect(told('postStart', [answered(marks)], saw)).toBe(`${SAME} by process`);
    const { process: _unseen, ...rest } = saw;
    expect(told('postStart', [answered(marks)], { ...rest, process: BLIND.process })).toBe(`${NEW} by sockets`);
  });

  it('says that it is a guess, what each source lacked, and what to do about it', () => {
    const guess = identity('postStart', [answered({})], BLIND);
    expect(guess.guess).toBe(true);
    expect(guess.incarnation.why).toMatch(/^a guess: .*to know it, have a namespace, or have a token, or have a port$/);
    expect(guess.said?.api).toEqual({ kind: 'incomparable', why: 'there is no token' });
    expect(identity('postStart', [answered(knownProcess)], process(A)).guess).toBe(false);
  });
});

describe('a preStop', () => {
  const stopped = (marks: LifeMarks, state: typeof running = ended) => [
    answered(marks),
    withMarks(state('preStop', { incarnation: SAME, sequence: 2, atMs: NOW - 500 }), marks),
  ];
  it.each<[string, RunRecord[], Sightings, string]>([
    [
      'again, of the same container, is a repeat',
      stopped({ process: { containerId: A, startTicks: 5 } }),
      process(A),
      `${SAME} by process`,
    ],
    [
      'of another container, whose postStart was lost, has a run of its own',
      stopped({ process: { containerId: A, startTicks: 5 } }),
      process(B),
      `${NEW} by process`,
    ],
    [
      'again, after its container is gone, is a repeat',
      stopped({ process: { containerId: A, startTicks: 5 } }),
      entrypoint(B),
      `${SAME} by sequence`,
    ],
    [
      'again, while the app has closed its socket to drain, is a repeat',
      stopped({ sockets: { inodes: [7] } }),
      sockets(),
      `${SAME} by sequence`,
    ],
    [
      'of an app that listens on another socket is of a new life',
      stopped({ sockets: { inodes: [7] } }),
      sockets(9),
      `${NEW} by sockets`,
    ],
    [
      'again, while it is executed and the app has changed its socket, is a repeat',
      stopped({ sockets: { inodes: [7] } }, running),
      sockets(9),
      `${SAME} by sequence`,
    ],
    [
      'of the container that the status has is of that life',
      stopped({ api: { before: null, containerId: A, restartCount: 0 } }),
      api('running', A),
      `${SAME} by api`,
    ],
    [
      'of another one is of a new life',
      stopped({ api: { before: null, containerId: A, restartCount: 0 } }),
      api('running', B),
      `${NEW} by api`,
    ],
    [
      'after a failed postStart, while the status has the instance before, is of this life',
      [answered({ api: { before: A, containerId: null, restartCount: 0 } })],
      api('running', A),
      `${SAME} by sequence`,
    ],
  ])('%s', (_what, runs, saw, expected) => {
    expect(told('preStop', runs, saw)).toBe(expected);
  });
});

describe('what is known of a life', () => {
  it('is what was seen when it began; the container that the status has then is the one before', () => {
    const saw = { ...process(A), api: api('terminated', B, 3).api, sockets: sockets().sockets };
    expect(identity('postStart', [], saw).incarnation.marks).toEqual({
      process: { containerId: A, startTicks: 500 },
      api: { before: B, containerId: null, restartCount: 3 },
    });
  });

  it('grows with what a preStop shows, and is kept where nothing is seen', () => {
    const before = { api: { before: B, containerId: null, restartCount: 3 }, sockets: { inodes: [7] } };
    const saw = { ...api('running', A, 4), sockets: sockets().sockets };
    expect(identity('preStop', [answered(before)], saw).incarnation.marks).toEqual({
      api: { before: B, containerId: A, restartCount: 4 },
      sockets: { inodes: [7] },
    });
  });

  it('is not the instance before, which the status may show as running still', () => {
    const before = { api: { before: A, containerId: null, restartCount: 0 } };
    expect(identity('preStop', [answered(before)], api('running', A)).incarnation.marks).toEqual(before);
  });

  it('is only added to by a look that no delivery asked for: the next instance may be there already', () => {
    const known = { process: { containerId: A, startTicks: 1 }, sockets: { inodes: [7] } };
    const next = { ...process(B), sockets: sockets(9).sockets };
    const about = { hook: undefined, fromKubelet: false, executing: false };
    expect(learnMarks(known, next, about, false)).toEqual(known);
    expect(learnMarks({}, next, about, false)).toEqual({
      process: { containerId: B, startTicks: 500 },
      sockets: { inodes: [9] },
    });
  });

  it('is not taken from the life before', () => {
    const before = { process: { containerId: A, startTicks: 1 }, sockets: { inodes: [7] } };
    expect(identity('postStart', [answered(before)], process(B)).incarnation.marks).toEqual({
      process: { containerId: B, startTicks: 500 },
    });
  });

  it('of a caller with a key is nothing, and its lives are apart from those of the container', () => {
    const keyed = identity('preStop', [answered({})], process(A), { key: 'k' });
    expect(keyed).toMatchObject({ incarnation: { id: 'key-k', evidence: 'idempotency-key' }, said: undefined });
    expect(keyed.incarnation.marks).toBeUndefined();
    const run = {
      ...ended('preStop', { incarnation: 'key-k', sequence: 2, atMs: NOW }),
      incarnation: keyed.incarnation,
    };
    expect(told('preStop', [answered({}), run], BLIND)).toBe(`${SAME} by sequence`);
  });
});

describe('lives of a container whose processes are seen', () => {
  it('are as many as its instances, whatever comes again, is lost, or is delivered by whom', () => {
    const event = fc.record({
      hook: fc.constantFrom('postStart' as const, 'preStop' as const),
      restart: fc.boolean(),
      caller: fc.constantFrom('kubelet' as const, 'other' as const),
      afterMs: fc.integer({ min: 0, max: 100_000 }),
    });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 20 }), (events) => {
        const runs: RunRecord[] = [];
        const lifeOf = new Map<number, string>();
        let [instance, atMs] = [0, NOW];
        for (const [index, { hook, restart, caller, afterMs }] of events.entries()) {
          if (restart) instance += 1;
          atMs += afterMs;
          const delivery: Delivery = { hook, container: 'app', caller, key: undefined, atMs };
          const saw = process(String(instance).padStart(64, '0'), instance);
          const { incarnation, guess } = identify(delivery, runs, { ...rules, nextSequence: index + 1 }, saw);
          expect(guess).toBe(false);
          expect(incarnation.id).toBe(lifeOf.get(instance) ?? `life-${index + 1}`);
          lifeOf.set(instance, incarnation.id);
          runs.push({ ...ended(hook, { incarnation: incarnation.id, sequence: index + 1, atMs }), incarnation });
        }
      }),
    );
  });
});

describe('an app', () => {
  const nothing: Sightings = { ...BLIND, process: { kind: 'nothing', why: 'no process of it is there' } };
  it.each<[string, Sightings, LifeMarks, string]>([
    ['with a process is alive', process(A), {}, 'alive'],
    ['whose process was there and is not is gone', nothing, { process: { containerId: A, startTicks: 1 } }, 'gone'],
    ['whose process was never seen is not called gone', nothing, {}, 'unknown'],
    ['that listens is alive', sockets(7), {}, 'alive'],
    ['that listened is gone', sockets(), { sockets: { inodes: [7] } }, 'gone'],
    ['that never listened is not called gone', sockets(), {}, 'unknown'],
    ['whose container runs is alive', api('running', A), {}, 'alive'],
    ['whose container has ended is gone', api('terminated', A), {}, 'gone'],
    [
      'whose status is that of the instance before is not called gone',
      api('terminated', A),
      { api: { before: A, containerId: null, restartCount: 0 } },
      'unknown',
    ],
    [
      'that has closed its sockets and runs is alive',
      { ...api('running', A), sockets: sockets().sockets },
      { sockets: { inodes: [7] } },
      'alive',
    ],
    ['that nothing can see is unknown', BLIND, {}, 'unknown'],
  ])('%s', (_what, saw, before, expected) => {
    expect(presenceOf(saw, before).kind).toBe(expected);
  });
});
