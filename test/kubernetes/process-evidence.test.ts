import { copyFile, mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lookAtProcesses, type ProcessView } from '../../src/kubernetes/process-evidence.ts';
import { containerIdOf } from '../../src/proc/container-id.ts';
import { processAt } from '../../src/proc/process-table.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { startStranger } from '../tasks/stranger.ts';

/** A hierarchy of cgroup v1 whose root takes new groups. */
const CGROUPS = '/sys/fs/cgroup/cpu';

/** As root in a container that was given its cgroups; elsewhere the texts of `container-id.test.ts` must do. */
async function mayMakeCgroups(): Promise<boolean> {
  const probe = join(CGROUPS, `hookkeeper-probe-${process.pid}`);
  try {
    await mkdir(probe);
    await rmdir(probe);
    return true;
  } catch {
    return false;
  }
}

const ownCgroups = await mayMakeCgroups();

const ids = { own: 'a'.repeat(64), pause: 'b'.repeat(64), app: 'c'.repeat(64), mesh: 'd'.repeat(64) };

/** A process of another container: its PID, its parent's, its name, when it was started, and where. */
type Process = readonly [pid: number, parent: number, name: string, startTime: number, containerId?: string];

/** A pod that shares its PID namespace; `inNamespace`: our own cgroup is the root, and tells no ID. */
function pod(processes: readonly Process[], inNamespace = false): ProcessView {
  const others = processes.map(([pid, parent, name, startTime]) => ({ pid, parent, name, startTime }));
  return {
    visible: () => ({ kind: 'visible', others }),
    matching: (all, { name }) => all.filter((one) => one.name === name),
    containerIdOf(pid) {
      if (pid === 'self') return inNamespace ? undefined : ids.own;
      return pid === 1 ? ids.pause : processes.find(([one]) => one === pid)?.[4];
    },
    ofOtherPods: () => () => false,
  };
}

const app: Process[] = [
  [20, 0, 'node', 500, ids.app],
  [21, 20, 'worker', 510, ids.app],
];
const seen = (containerId: string | null, startTicks: number) => ({ kind: 'seen', seen: { containerId, startTicks } });
const named = (name: string) => ({ process: { name } });

describe('the processes of a container', () => {
  it('are those of the one other container, whose oldest tells since when it runs', () => {
    expect(lookAtProcesses({ process: undefined }, true, pod(app))).toEqual(seen(ids.app, 500));
  });

  it('are not what was put into our own container by an exec, nor what is beside the pause process', () => {
    const debris: Process[] = [
      [30, 0, 'sh', 100, ids.own],
      [31, 1, 'orphan', 90, ids.pause],
    ];
    expect(lookAtProcesses({ process: undefined }, true, pod([...app, ...debris]))).toEqual(seen(ids.app, 500));
    const exec: Process = [30, 0, 'sh', 100];
    expect(lookAtProcesses({ process: undefined }, true, pod([...app, exec], true))).toEqual(seen(ids.app, 500));
  });

  it('are told apart by the process of the config, which may be any of the container', () => {
    const mesh: Process = [40, 0, 'envoy', 50, ids.mesh];
    const view = pod([...app, mesh]);
    expect(lookAtProcesses(named('worker'), true, view)).toEqual(seen(ids.app, 500));
    expect(lookAtProcesses(named('envoy'), false, view)).toEqual(seen(ids.mesh, 50));
  });

  it('are not those of other pods, which a pod with hostPID sees', () => {
    const neighbour: Process = [40, 0, 'node', 50, ids.mesh];
    const view = { ...pod([...app, neighbour]), ofOtherPods: () => (pid: number) => pid === 40 };
    expect(lookAtProcesses(named('node'), true, view)).toEqual(seen(ids.app, 500));
    const alone = { ...pod([neighbour]), ofOtherPods: () => () => true };
    expect(lookAtProcesses(named('node'), true, alone)).toMatchObject({ kind: 'nothing' });
  });

  it('are not guessed where two containers could be it', () => {
    const other: Process = [40, 0, 'node', 50, ids.mesh];
    const view = pod([...app, other]);
    const why = expect.stringContaining('any of 2 containers');
    expect(lookAtProcesses({ process: undefined }, true, view)).toMatchObject({ kind: 'blind', why });
    expect(lookAtProcesses(named('node'), true, view)).toMatchObject({ kind: 'blind', why });
  });

  it('are not guessed where the config has several containers, and no process of this one', () => {
    const remedy = expect.stringContaining('process: { name: … }');
    expect(lookAtProcesses({ process: undefined }, false, pod(app))).toMatchObject({ kind: 'blind', remedy });
  });

  it('may be none', () => {
    expect(lookAtProcesses({ process: undefined }, true, pod([]))).toMatchObject({ kind: 'nothing' });
    const containers = new Set([ids.app]);
    expect(lookAtProcesses(named('java'), true, pod(app))).toMatchObject({ kind: 'nothing', containers });
  });

  it('are found by what they came from, where no cgroup tells a container', () => {
    const bare = app.map(([pid, parent, name, start]): Process => [pid, parent, name, start]);
    const exec: Process = [60, 0, 'other', 700];
    const view = { ...pod([...bare, exec]), containerIdOf: () => undefined };
    expect(lookAtProcesses(named('worker'), true, view)).toEqual(seen(null, 500));
  });

  it('are not guessed of what came from a process of this namespace, as on a machine without containers', () => {
    const curl: Process = [60, 1, 'curl', 700];
    const view = { ...pod([curl]), containerIdOf: () => undefined };
    const remedy = expect.stringContaining('process: { name: … }');
    expect(lookAtProcesses({ process: undefined }, true, view)).toMatchObject({ kind: 'blind', remedy });
    expect(lookAtProcesses(named('curl'), true, view)).toEqual(seen(null, 700));
  });

  it('can not be seen without a shared PID namespace', () => {
    const view = { ...pod(app), visible: () => ({ kind: 'unreadable', reason: 'not shared' }) as const };
    expect(lookAtProcesses(named('node'), true, view)).toEqual({
      kind: 'blind',
      why: 'not shared',
      remedy: 'share the PID namespace (shareProcessNamespace: true)',
    });
  });
});

describe('the processes of this machine', () => {
  it('are seen, with the start of the oldest', async () => {
    const file = join(await temporaryFolder(), `evidence-${process.pid}`);
    await copyFile('/bin/sleep', file);
    const first = await startStranger(file);
    const mark = lookAtProcesses(named(`evidence-${process.pid}`), true);
    expect(mark).toEqual(seen(containerIdOf(first) ?? null, processAt(first)?.startTime ?? -1));
  });

  it.runIf(ownCgroups)('are in the container that their real cgroup names', async () => {
    const file = join(await temporaryFolder(), `grouped-${process.pid}`);
    await copyFile('/bin/sleep', file);
    const id = process.pid.toString(16).padStart(64, 'e');
    const cgroup = join(CGROUPS, id);
    await mkdir(cgroup);
    onTestFinished(() => rmdir(cgroup), 20_000);
    const pid = await startStranger(file);
    await writeFile(join(cgroup, 'cgroup.procs'), String(pid));
    expect(lookAtProcesses(named(`grouped-${process.pid}`), true)).toMatchObject(
      seen(id, processAt(pid)?.startTime ?? -1),
    );
    await writeFile(join(CGROUPS, 'cgroup.procs'), String(pid));
  });
});
