/** One rehearsed pod: the built program as its sidecar, the app, and all that happens, for a scenario to play with. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type ContainerConfig, HOOKS, type HookName } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import { type Clock, wait } from '../hooks/clock.ts';
import { journalFile } from '../journal/journal-file.ts';
import type { Mark } from '../observe/timeline/timeline.ts';
import type { Child } from './child.ts';
import { freePort } from './free-port.ts';
import type { HeaderField } from './go-http-request.ts';
import { holdOpen } from './held-connection.ts';
import type { PodEvent } from './pod-event.ts';
import { type ContainerSpec, MEASURED_TIMES, type SidecarKind } from './pod-spec.ts';
import { type RehearsedLife, SIDECAR } from './rehearsed-life.ts';
import { isListening, lastWords, startSidecar } from './sidecar.ts';
import { type LogEntry, parseLogLine } from './sidecar-log.ts';
import { createPod, type SimulatedPod } from './simulated-pod.ts';
import { killTasks } from './task-processes.ts';

export interface StageInput {
  /** The built program. */
  readonly program: string;
  /** Where this life may keep its files; made anew, and removed with the stage. */
  readonly parent: string;
  /** The config file of this life, by the path of its folder. */
  readonly configFile: (dir: string) => string;
  readonly containers: readonly ContainerConfig<ActionFacts>[];
  /** What Hookkeeper is in the pod. */
  readonly sidecar: SidecarKind;
  readonly graceMs: number;
  /** Beside what the kubelet sends by itself. */
  readonly headers: readonly HeaderField[];
  /** Starts the process of an app container. */
  readonly startApp: (container: string) => Child;
  /** The sidecar's environment. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborts when the rehearsal is broken off, or lasts too long. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: PodEvent) => void;
  readonly onEntry: (entry: LogEntry) => void;
  /** Told of each line that an app prints. */
  readonly onAppLine: (container: string, line: string) => void;
}

export interface Stage {
  readonly dir: string;
  readonly pod: SimulatedPod;
  readonly containers: readonly ContainerConfig<ActionFacts>[];
  readonly events: readonly PodEvent[];
  readonly log: readonly LogEntry[];
  /** Resolves with true as soon as it holds, with false when the scenario is over before. */
  until(holds: () => boolean): Promise<boolean>;
  pause(ms: number): Promise<boolean>;
  /** Ends the scenario: it can't be played on. The first reason counts. */
  fail(why: string): void;
  /** Why it could not be played to its end; undefined while it can. */
  problem(): string | undefined;
  mark(label: string, note?: string): void;
  /** Kills Hookkeeper and the processes of its tasks, as the end of a container does. */
  killSidecar(): Promise<void>;
  /** Whether the newest Hookkeeper listens. */
  serving(): boolean;
  /** Lets the postStart that was made to fail succeed from now on. */
  mend(): void;
  /** Opens a connection that is never closed to a port of 127.0.0.1; false where nobody takes it. */
  hold(port: number): Promise<boolean>;
  /** All that is known by now. */
  life(): Promise<RehearsedLife>;
  /** Ends what still runs and removes its files. */
  close(): Promise<void>;
}

/** The file whose being there mends the postStart that was made to fail. */
export const MENDED = 'mended';
const PROBE_EVERY_MS = 25;
/** A sidecar that is told twice ends at once and takes its children with it; this is for one that does not, in ms. */
const END_BOUND_MS = 1000;

/** Sets the pod up and starts its kubelet. */
export async function openStage(input: StageInput): Promise<Stage> {
  const { clock, random, containers } = input;
  const dir = mkdtempSync(join(input.parent, 'life-'));
  const ports = { port: await freePort(random), opsPort: await freePort(random) };
  const events: PodEvent[] = [];
  const log: LogEntry[] = [];
  const marks: Mark[] = [];
  const sockets: Socket[] = [];
  const listeners = new Set<() => void>();
  const over = new AbortController();
  const signal = AbortSignal.any([input.signal, over.signal]);
  let problem: string | undefined;
  let closed = false;
  const changed = () => {
    for (const listener of listeners) listener();
  };

  const fail = (why: string) => {
    problem ??= why;
    over.abort();
    changed();
  };
  // A kubelet waits for the startupProbe of a native one alone.
  const startupProbe = input.sidecar === 'native' ? { startupProbe: probeOf(ports.opsPort) } : {};
  const sidecar = { name: SIDECAR, kind: input.sidecar, run, ...startupProbe };
  const pod = createPod({
    spec: {
      name: 'rehearsal',
      namespace: 'default',
      uid: '00000000-0000-4000-8000-000000000001',
      graceMs: input.graceMs,
      restartPolicy: 'Always',
      containers: [sidecar, ...containers.map(appOf)],
    },
    times: MEASURED_TIMES,
    version: '1.36',
    clock,
    onEvent(event) {
      // What is ended at the end is no part of the life.
      if (closed) return;
      events.push(event);
      input.onEvent(event);
      if (isFalseStart(event)) fail(`hookkeeper did not start: ${lastWords(pod.instance(SIDECAR)?.child)}`);
      changed();
    },
  });

  function run(): Child {
    mkdirSync(join(dir, 'journal'), { recursive: true });
    const child = startSidecar({
      program: input.program,
      configFile: input.configFile(dir),
      journalDir: join(dir, 'journal'),
      ...ports,
      env: input.env,
      // A rehearsal in a pod says nothing about that pod.
      args: ['--log-format=json', '--log-level=info', '--termination-log', join(dir, 'termination-log')],
      group: true,
    });
    child.onLine((text) => {
      const entry = parseLogLine(text);
      if (entry !== undefined) {
        log.push(entry);
        input.onEntry(entry);
      }
      changed();
    });
    return child;
  }

  function appOf({ name, ...hooks }: ContainerConfig<ActionFacts>): ContainerSpec {
    const called = HOOKS.flatMap((hook) => (hooks[hook] === undefined ? [] : [[hook, callOf(hook, name)] as const]));
    return { name, kind: 'regular', run: () => appProcess(name), ...Object.fromEntries(called) };
  }

  function appProcess(name: string): Child {
    const child = input.startApp(name);
    child.onLine((line) => input.onAppLine(name, line));
    return child;
  }

  function callOf(hook: HookName, name: string) {
    return { port: ports.port, path: `/${hook.toLowerCase()}/${name}`, httpHeaders: input.headers };
  }

  /** The first sidecar has to come up; later ones may be killed by the scenario. */
  function isFalseStart(event: PodEvent): boolean {
    if (event.type !== 'containerEnded' || event.container !== SIDECAR) return false;
    return !log.some((entry) => entry.event === 'journal.opened');
  }

  pod.startKubelet();
  return {
    dir,
    pod,
    containers,
    events,
    log,
    fail,
    problem: () => problem,
    until(holds) {
      return new Promise((resolve) => {
        const look = () => {
          const [held, ended] = [holds(), signal.aborted];
          if (!held && !ended) return;
          listeners.delete(look);
          signal.removeEventListener('abort', look);
          resolve(held && !ended);
        };
        listeners.add(look);
        signal.addEventListener('abort', look);
        look();
      });
    },
    pause: (ms) => wait(clock, ms, signal),
    mark: (label, note = '') => void marks.push({ label, atMs: clock.epochMs(), note }),
    async killSidecar() {
      const child = pod.instance(SIDECAR)?.child;
      child?.kill('SIGKILL');
      await child?.exited;
      killTasks(runsOf(log));
    },
    serving: () => isListening(pod.instance(SIDECAR)?.child),
    mend: () => writeFileSync(join(dir, MENDED), ''),
    hold: (port) => holdOpen(port, sockets),
    async life() {
      // Half of a write is never seen, and a journal that is not there yet has no runs.
      const data = await journalFile(join(dir, 'journal'))
        .read()
        .catch(() => null);
      return { events, log, runs: data?.runs ?? [], marks };
    },
    async close() {
      closed = true;
      over.abort();
      for (const socket of sockets) socket.destroy();
      pod.killKubelet();
      const child = pod.instance(SIDECAR)?.child;
      // Two signals, and two different ones, as equal ones can become one.
      child?.kill('SIGTERM');
      child?.kill('SIGINT');
      const late = new AbortController();
      await Promise.race([child?.exited, wait(clock, END_BOUND_MS, late.signal)]);
      late.abort();
      await pod.close();
      killTasks(runsOf(log));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function probeOf(port: number) {
  return { httpGet: { port, path: '/readyz' }, periodMs: PROBE_EVERY_MS };
}

function runsOf(log: readonly LogEntry[]): Set<string> {
  return new Set(log.flatMap(({ run }) => run ?? []));
}
