/** One walk: a pod's life on a virtual clock, played by the simulated kubelet around the core, with what happens to it drawn. */
import type { PodEvent } from '../../src/rehearse/pod-event.ts';
import { MEASURED_TIMES } from '../../src/rehearse/pod-spec.ts';
import { createPod } from '../../src/rehearse/simulated-pod.ts';
import { type ApiManner, coreEvidence, type WalkEvidence } from './core-evidence.ts';
import { coreKubelet } from './core-kubelet.ts';
import { type Behaviour, type CoreSidecar, startCoreSidecar } from './core-sidecar.ts';
import { createDisk } from './disk.ts';
import { fakeChild } from './fake-child.ts';
import { virtualClock } from './virtual-clock.ts';
import { GRACE_MS, walkConfig } from './walk-config.ts';
import type { WalkRecord } from './walk-record.ts';

/** What happens to the pod. What can't happen just then does not. */
export type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | {
      readonly do: 'crash' | 'complete' | 'killKubelet' | 'startKubelet' | 'killSidecar' | 'stopSidecar' | 'curl';
    }
  | { readonly do: 'failProbe'; readonly graceMs: number }
  | End;

/** What ends the pod. */
export type End = { readonly do: 'delete'; readonly graceMs: number } | { readonly do: 'forceDelete' };

export interface Walk {
  readonly steps: readonly Step[];
  /** How the tasks go, one after the other; when they are used up, all go well at once. */
  readonly behaviours: readonly Behaviour[];
  readonly end: End;
  /** What happens while it ends. */
  readonly after: readonly Step[];
  readonly sidecar: 'native' | 'regular';
  /** From the preStop to the SIGTERM of a regular sidecar, in ms; negative: before it. */
  readonly raceMs: number;
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
  /** How the API server answers, one reading after the other; when they are used up, well. */
  readonly api: readonly ApiManner[];
  /** Whether the app ends when it is told to. */
  readonly heedsSigterm: boolean;
  readonly evidence: WalkEvidence;
}

/** What is left behind. */
export interface Walked extends WalkRecord {
  readonly walk: Walk;
  readonly events: readonly PodEvent[];
  readonly runs: ReturnType<ReturnType<typeof createDisk>['runs']>;
  /** From the deletion to the end of the pod, in ms; undefined: it never ended. */
  readonly endedAfterMs: number | undefined;
}

const configs = { native: walkConfig('native'), regular: walkConfig('regular') };
/** Longer than any pod takes to end: a postStart and its back-off before, a grace and a kubelet's start. */
const END_BOUND_MS = 600_000;
/** From the start of a sidecar to its first answer. */
export const READY_MS = 20;

export async function walkCore(walk: Walk): Promise<Walked> {
  const clock = virtualClock();
  const disk = createDisk();
  const record: WalkRecord = { executions: [], calls: [], told: [], broken: [] };
  const events: PodEvent[] = [];
  const behaviours = [...walk.behaviours];
  let sidecar: CoreSidecar | undefined;
  let processes = 0;
  const life = () => pod.instance('app')?.restartCount ?? 0;
  const key = (of: number) => (walk.evidence === 'key' ? `life-${of}` : undefined);

  const lives = new Map<string, number>();
  const manners = [...walk.api];
  const sees = coreEvidence(
    walk.evidence,
    clock,
    () => pod,
    () => manners.shift() ?? 'well',
  );

  function runSidecar() {
    processes += 1;
    const started = startCoreSidecar({
      config: configs[walk.sidecar],
      lives,
      clock,
      disk,
      record,
      process: processes,
      sees,
      nextBehaviour: () => behaviours.shift() ?? { end: 'succeed', ms: 0 },
    });
    // One that was killed before it was ready never is.
    const cancel = clock.after(READY_MS, () => {
      sidecar = started;
    });
    void started.child.exited.then(() => {
      cancel();
      if (sidecar === started) sidecar = undefined;
    });
    return started.child;
  }
  const runApp = () =>
    fakeChild((signal, exit) => {
      if (signal === 'SIGKILL') exit({ code: null, signal });
      else if (signal === 'SIGHUP') exit({ code: 0, signal: null });
      else if (walk.heedsSigterm) clock.after(5, () => exit({ code: 0, signal: null }));
    });
  const at = (path: string) => ({ port: 9740, path });
  const pod = createPod({
    spec: {
      name: 'web-0',
      namespace: 'shop',
      uid: 'uid-1',
      graceMs: GRACE_MS,
      restartPolicy: walk.restartPolicy,
      containers: [
        {
          name: 'hookkeeper',
          kind: walk.sidecar,
          run: runSidecar,
          startupProbe: { httpGet: at('/readyz'), periodMs: 25 },
        },
        { name: 'app', kind: 'regular', run: runApp, postStart: at('/poststart/app'), preStop: at('/prestop/app') },
      ],
    },
    times: { ...MEASURED_TIMES, sigtermRaceMs: walk.raceMs },
    version: '1.36',
    clock,
    onEvent: (event) => void events.push(event),
    connect: () => coreKubelet({ clock, sidecar: () => (sidecar?.serves() ? sidecar : undefined), life, key }),
  });

  /** Somebody calls the hook again that the kubelet called last for the life that goes on. */
  function curl(): void {
    const last = events.findLast((event) => event.type === 'hookSent');
    const app = pod.instance('app');
    if (last?.type !== 'hookSent' || app?.end !== undefined || last.restartCount !== life()) return;
    // Later, not all can tell it from a new life: people who do that are told so.
    const surely = walk.evidence === 'key' || walk.evidence === 'process';
    if (!surely && clock.epochMs() - last.atMs > 9000) return;
    const { hook } = last;
    if (!sidecar?.serves()) return;
    void sidecar.deliver({ hook, container: 'app', caller: 'other', key: key(life()), atMs: clock.epochMs() }, life());
  }

  /** As a probe of its own has it stopped: the runtime signals a stop once, also when the pod ends meanwhile. */
  function stopSidecar(): void {
    const running = pod.instance('hookkeeper');
    if (running === undefined || running.end !== undefined || running.signalled) return;
    running.signalled = true;
    running.child.kill('SIGTERM');
  }

  function take(step: Step): void {
    switch (step.do) {
      case 'wait':
        return;
      case 'crash':
        pod.instance('app')?.child.kill('SIGKILL');
        return;
      case 'complete':
        pod.instance('app')?.child.kill('SIGHUP');
        return;
      case 'killSidecar':
        pod.instance('hookkeeper')?.child.kill('SIGKILL');
        return;
      case 'stopSidecar':
        stopSidecar();
        return;
      case 'delete':
        pod.delete(step.graceMs);
        return;
      case 'forceDelete':
        pod.forceDelete();
        return;
      case 'failProbe':
        pod.failProbe('app', step.graceMs);
        return;
      case 'curl':
        curl();
        return;
      case 'killKubelet':
        pod.killKubelet();
        return;
      case 'startKubelet':
        pod.startKubelet();
        return;
    }
  }

  pod.startKubelet();
  const play = async (steps: readonly Step[]) => {
    for (const step of steps) {
      take(step);
      await clock.pass(step.do === 'wait' ? step.ms : 1);
    }
  };
  await play(walk.steps);
  take(walk.end);
  if (walk.after.length === 0) pod.startKubelet();
  const fromMs = clock.monotonicMs();
  let endedAfterMs: number | undefined;
  void pod.ended.then(() => {
    endedAfterMs = clock.monotonicMs() - fromMs;
  });
  await play(walk.after);
  pod.startKubelet();
  while (endedAfterMs === undefined && clock.monotonicMs() - fromMs < END_BOUND_MS) await clock.pass(1000);
  await pod.close();
  return { ...record, walk, events, runs: disk.runs(), endedAfterMs };
}
