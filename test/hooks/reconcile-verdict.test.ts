import { describe, expect, it } from 'vitest';
import type { AppPresence } from '../../src/hooks/app-presence.ts';
import type { PodReading } from '../../src/hooks/pod-facts.ts';
import { type ReconcileFacts, reconcileVerdict } from '../../src/hooks/reconcile-verdict.ts';
import { OWN_SIGTERM, type Stop } from '../../src/journal/entry.ts';
import { ended } from './records.ts';

const DELIVERED_MS = 1_000_000;
/** Its grace is 30 s, and 5 s more are waited for. */
const OVER_MS = DELIVERED_MS + 35_000;

const run = ended('preStop', { incarnation: 'life-1', sequence: 1, atMs: DELIVERED_MS });
const alive: AppPresence = { kind: 'alive', why: 'its process node (PID 7) is there' };
const gone: AppPresence = { kind: 'gone', why: 'its process is not there' };
const untold: AppPresence = { kind: 'unknown', why: 'the namespace is not shared' };
const silent: PodReading = { kind: 'unknown', reason: 'a test has no API server' };
const pod = (deletion?: { deadlineEpochMs: number; graceMs: number }): PodReading => ({
  kind: 'read',
  pod: { uid: '5f1c', deletion, containers: new Map() },
});
const deleted = pod({ deadlineEpochMs: OVER_MS, graceMs: 30_000 });
const removed: PodReading = { kind: 'gone', reason: 'another has its name' };
const stopped = (reason: Stop['reason']): Stop => ({ reason, source: 'api', why: 'somebody says so' });

const otherSocket = { source: 'sockets', why: 'another socket is listening' } as const;

function verdict(own: Partial<ReconcileFacts>) {
  const facts: ReconcileFacts = {
    run,
    pod: silent,
    presence: alive,
    otherLife: undefined,
    unknownReason: 'termination',
    postStart: false,
    atMs: OVER_MS,
    ...own,
  };
  return reconcileVerdict(facts);
}

describe('a drain that nobody has taken back', () => {
  it.each<[string, Partial<ReconcileFacts>, string]>([
    ['its pod was deleted by force', { pod: removed }, 'the pod was deleted: another has its name'],
    ['its pod is being deleted', { pod: deleted }, 'the pod is being deleted'],
    [
      'the stop was a termination, and nobody tells of the pod',
      { run: { ...run, stop: stopped('termination') } },
      'the pod is being stopped: somebody says so',
    ],
    [
      'its app is gone, which a postStart follows',
      { presence: gone, postStart: true },
      'there is no app to do it for, its process is not there; its next postStart does',
    ],
    [
      'its app is gone with its pod',
      { presence: gone, run: { ...run, stop: stopped('termination') } },
      'there is no app to do it for, its process is not there; its next postStart does',
    ],
    [
      'nothing tells of the app',
      { presence: untold },
      'nothing tells whether the app is there: the namespace is not shared',
    ],
    [
      'the app is there, and an unknown reason is taken for a termination',
      {},
      'the app is there, its process node (PID 7) is there, after its grace, and nothing tells why it was stopped; unknownReason takes it for a termination',
    ],
  ])('is left where %s', (_, facts, why) => {
    expect(verdict(facts)).toEqual({ do: 'leave', why });
  });

  it.each<[string, Partial<ReconcileFacts>, string]>([
    [
      'that had begun before',
      { run: { ...run, undo: { why: 'the container came back', tasks: [] } } },
      'the container came back',
    ],
    [
      'the app is in another life',
      { otherLife: { source: 'process', why: 'container b is another' }, atMs: DELIVERED_MS },
      'the app is there, in another life: container b is another',
    ],
    [
      'the app is in another life by its sockets alone, after its grace',
      { otherLife: otherSocket },
      'the app is there, in another life: another socket is listening',
    ],
    ['the stop was a restart', { run: { ...run, stop: stopped('restart') } }, 'the app is there, its process node'],
    ['the pod was not deleted', { pod: pod() }, 'is there, after its grace, and the pod was not deleted'],
    [
      'the pod was not deleted, although its end was told',
      { pod: pod(), run: { ...run, stop: stopped('termination') } },
      'after its grace, and the pod was not deleted',
    ],
    [
      'hookkeeper was told to stop, and was started again',
      { run: { ...run, stop: OWN_SIGTERM } },
      'after its grace, and hookkeeper, told to stop before, was started again',
    ],
    ['an unknown reason is taken for a restart', { unknownReason: 'restart' }, 'unknownReason takes it for a restart'],
  ])('is taken back where %s', (_, facts, why) => {
    expect(verdict(facts)).toEqual({ do: 'undo', why: expect.stringContaining(why) });
  });

  it('is not judged while its app may still be ending', () => {
    expect(verdict({ atMs: OVER_MS - 1 })).toEqual({ do: 'wait', untilMs: OVER_MS });
    expect(verdict({ atMs: DELIVERED_MS })).toEqual({ do: 'wait', untilMs: OVER_MS });
  });

  it('is not judged by the sockets of an app that may still be ending: they may be those that it drains with', () => {
    expect(verdict({ otherLife: otherSocket, atMs: OVER_MS - 1 })).toEqual({ do: 'wait', untilMs: OVER_MS });
    const terminated = { ...run, stop: stopped('termination') };
    expect(verdict({ otherLife: otherSocket, run: terminated }).do).toBe('leave');
  });

  it('is judged at once by a clock that was set back', () => {
    expect(verdict({ atMs: DELIVERED_MS - 1 }).do).toBe('leave');
  });

  it('waits for an app that is gone where no postStart would come', () => {
    expect(verdict({ presence: gone })).toEqual({ do: 'wait', untilMs: undefined });
    expect(verdict({ presence: gone, pod: pod(), run: { ...run, stop: stopped('termination') } })).toEqual({
      do: 'wait',
      untilMs: undefined,
    });
  });
});
