import { describe, expect, it } from 'vitest';
import type { ListedProcess } from '../../src/proc/process-table.ts';
import { putInLater } from '../../src/proc/put-in-later.ts';

const listed = (pid: number, parent: number, startTime = pid): ListedProcess => ({
  pid,
  parent,
  name: 'node',
  startTime,
});

const [app, worker] = [listed(10, 0), listed(11, 10)];
/** An exec probe by way of a shell, and what another one left behind. */
const [shell, probe, orphan] = [listed(20, 0), listed(21, 20), listed(22, 1)];
const otherApp = listed(30, 0);
const all = [app, worker, shell, probe, orphan, otherApp];

const [APP, OTHER, PAUSE] = ['a'.repeat(64), 'b'.repeat(64), '0'.repeat(64)];
const idOf = (pid: number | 'self') => (pid === 1 ? PAUSE : pid === otherApp.pid ? OTHER : APP);

/** The PIDs of those that are taken for put in. */
const putIn = (ids: (pid: number | 'self') => string | undefined, processes = all) =>
  processes.filter(putInLater(processes, ids)).map(({ pid }) => pid);

describe('what a runtime puts into a container that has begun', () => {
  it('is told from its first process, and from other containers, with all that came from it', () => {
    expect(putIn(idOf)).toEqual([shell.pid, probe.pid]);
  });

  it('is not known where no cgroup tells the containers apart', () => {
    expect(putIn(() => undefined)).toEqual([]);
    expect(putIn(() => APP)).toEqual([]);
  });

  it('is not what was started in the same tick as the first process, which may be that itself', () => {
    expect(putIn(idOf, [listed(10, 0, 7), listed(20, 0, 7)])).toEqual([]);
  });

  it('is told also where parents go round, as PIDs are used again', () => {
    expect(putIn(idOf, [listed(40, 41), listed(41, 40)])).toEqual([]);
  });
});
