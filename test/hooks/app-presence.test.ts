import { describe, expect, it } from 'vitest';
import { presenceOf } from '../../src/hooks/app-presence.ts';
import type { Sightings } from '../../src/hooks/evidence.ts';
import type { ContainerFacts } from '../../src/hooks/pod-facts.ts';
import type { LifeMarks } from '../../src/journal/marks.ts';

const ID = 'a'.repeat(64);
const unseen: Sightings = {
  process: { kind: 'nothing', why: 'no process of it is there' },
  api: { kind: 'blind', why: 'the API server is not asked', remedy: 'name the pod' },
  sockets: { kind: 'blind', why: 'it has no ports', remedy: 'list them' },
};
const listens = (...inodes: number[]): Sightings => ({ ...unseen, sockets: { kind: 'seen', seen: { inodes } } });
const inStatus = (state: ContainerFacts['state'], containerId: string | undefined = ID): Sightings => ({
  ...unseen,
  api: { kind: 'seen', seen: { containerId, restartCount: 0, state, startedAtMs: undefined } },
});
const neverStarted: Sightings = {
  ...unseen,
  api: { kind: 'seen', seen: { containerId: undefined, restartCount: 0, state: 'waiting', startedAtMs: undefined } },
};
const processes: Sightings = { ...unseen, process: { kind: 'seen', seen: { containerId: ID, startTicks: 1 } } };
const earlier: LifeMarks = { api: { before: ID, containerId: null, restartCount: 0 } };

const LACKS = 'no process of it is there';

describe('whether the app is there', () => {
  it.each<[Sightings, LifeMarks, string]>([
    [processes, {}, 'alive: its processes are there'],
    [unseen, { process: { containerId: ID, startTicks: 1 } }, 'gone: its processes are gone'],
    [listens(7), {}, 'alive: it listens on its ports'],
    [listens(), { sockets: { inodes: [7] } }, 'gone: nobody listens on its ports any more'],
    [listens(), { sockets: { inodes: [] } }, `unknown: ${LACKS}; the API server is not asked; it was never seen`],
    [inStatus('running'), {}, `alive: container ${ID.slice(0, 12)} is running`],
    [inStatus('terminated'), {}, `gone: container ${ID.slice(0, 12)} has ended`],
    [inStatus('waiting'), {}, `gone: container ${ID.slice(0, 12)} waits to be started again`],
    [neverStarted, {}, `unknown: ${LACKS}; it was never seen; it has no ports`],
    [inStatus('running'), earlier, `unknown: ${LACKS}; it was never seen; it has no ports`],
    [inStatus('waiting'), earlier, `unknown: ${LACKS}; it was never seen; it has no ports`],
    [inStatus('terminated'), earlier, `unknown: ${LACKS}; it was never seen; it has no ports`],
    [unseen, { sockets: { inodes: [7] } }, `unknown: ${LACKS}; the API server is not asked; it has no ports`],
  ])('case %# is told with the reason', (saw, seenBefore, told) => {
    const { kind, why } = presenceOf(saw, seenBefore);
    expect(`${kind}: ${why}`).toBe(told);
  });
});
