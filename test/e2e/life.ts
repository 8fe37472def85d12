import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { HookName } from '../../src/config/config.ts';
import { systemClock } from '../../src/hooks/clock.ts';
import { startChild } from '../../src/rehearse/child.ts';
import { freePort } from '../../src/rehearse/free-port.ts';
import type { PodEvent } from '../../src/rehearse/pod-event.ts';
import { type ContainerSpec, type KubeletTimes, MEASURED_TIMES, type PodSpec } from '../../src/rehearse/pod-spec.ts';
import type { PodView } from '../../src/rehearse/pod-view.ts';
import { startSidecar } from '../../src/rehearse/sidecar.ts';
import { createPod, type SimulatedPod } from '../../src/rehearse/simulated-pod.ts';
import { PROGRAM } from '../helpers/program.ts';
import { within } from '../helpers/within.ts';
import { type Stage, stage, until } from './stage.ts';

const APP = join(import.meta.dirname, '..', '..', 'src', 'rehearse', 'scripted-app.ts');
const SIDECAR = 'hookkeeper';

export interface LifeOptions {
  /** The `containers` of the config, or the whole of it where it has a `version`. */
  readonly config: (on: Stage, ports: Ports) => object;
  /** Default: native, with a startupProbe. */
  readonly sidecar?: 'native' | 'regular';
  /** The first sidecar stands still from its start to its SIGCONT. Default: no. */
  readonly stopped?: boolean;
  /** The app containers and their environments; by default one `app` that listens. */
  readonly apps?: Readonly<Record<string, Readonly<NodeJS.ProcessEnv>>>;
  /** Which hooks the app containers have. Default: both. */
  readonly hooks?: readonly HookName[];
  readonly pod?: Partial<Pick<PodSpec, 'graceMs' | 'restartPolicy'>>;
  readonly times?: Partial<KubeletTimes>;
  /** Further environment and arguments of the sidecar. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly args?: readonly string[];
  readonly onView?: (view: PodView | undefined) => void;
}

export interface Ports {
  /** Where the app listens. */
  readonly app: number;
  readonly hooks: number;
  readonly ops: number;
}

type Event<T extends PodEvent['type']> = PodEvent & { readonly type: T };
type Wanted<T extends PodEvent['type']> = Partial<Omit<Event<T>, 'type' | 'atMs'>>;

/** A simulated pod around the built program, on the real clock. */
export interface Life {
  readonly on: Stage;
  readonly pod: SimulatedPod;
  readonly ports: Ports;
  readonly events: readonly PodEvent[];
  /** The lines that the newest sidecar logged, decoded. */
  log(): readonly Readonly<Record<string, unknown>>[];
  /** The next event of a type that nobody has asked for and that has these fields. */
  next<T extends PodEvent['type']>(type: T, wanted?: Wanted<T>): Promise<Event<T>>;
  /** Resolves when the newest sidecar has logged an event so many times. */
  logged(event: string, times?: number): Promise<void>;
  /** Resolves when the journal has a mark of a source for the newest life that holds. */
  learned(source: 'api' | 'sockets', holds: (mark: object) => boolean): Promise<void>;
  /** Resolves when the newest sidecar listens. */
  serves(): Promise<void>;
  /** Sends a signal to the newest process of a container. */
  signal(container: string, signal: NodeJS.Signals): void;
}

/** Sets the pod up, and starts its kubelet. All of it is gone when the test is. */
export async function live(options: LifeOptions): Promise<Life> {
  const on = await stage();
  const ports = {
    app: await freePort(Math.random),
    hooks: await freePort(Math.random),
    ops: await freePort(Math.random),
  };
  const config = options.config(on, ports);
  const lifecycle = { sidecar: options.sidecar ?? 'native' };
  await on.configure({ version: 1, lifecycle, ...('version' in config ? config : { containers: config }) });
  const events: PodEvent[] = [];
  const listeners = new Set<() => void>();
  const pod = createPod({
    spec: {
      name: 'web-0',
      namespace: 'shop',
      uid: '0b5c7f0a-0000-4000-8000-000000000001',
      graceMs: 30_000,
      restartPolicy: 'Always',
      ...options.pod,
      containers: [sidecarOf(on, ports, options), ...appsOf(ports, options)],
    },
    times: { ...MEASURED_TIMES, ...options.times },
    version: '1.36',
    clock: systemClock,
    onEvent(event) {
      events.push(event);
      for (const listener of listeners) listener();
    },
    ...(options.onView === undefined ? {} : { onView: options.onView }),
  });
  onTestFinished(pod.close);
  pod.startKubelet();
  const taken = new Set<PodEvent>();
  const log = () => (pod.instance(SIDECAR)?.child.lines() ?? []).map(decode);
  return {
    on,
    pod,
    ports,
    events,
    log,
    logged: (event, times = 1) =>
      until(`${event} ${times}`, () => log().filter((line) => line['event'] === event).length >= times),
    async next<T extends PodEvent['type']>(type: T, wanted: Wanted<T> = {}) {
      const found = Promise.withResolvers<Event<T>>();
      const look = () => {
        const event = events.find((one): one is Event<T> => one.type === type && !taken.has(one) && has(one, wanted));
        if (event !== undefined) found.resolve(event);
      };
      listeners.add(look);
      look();
      const event = await within(`${type} ${JSON.stringify(wanted)}`, found.promise, 45_000).finally(() =>
        listeners.delete(look),
      );
      taken.add(event);
      return event;
    },
    async learned(source, holds) {
      const lateMs = performance.now() + 20_000;
      for (;;) {
        const run = (await on.journal()).runs.at(-1);
        const mark = run?.incarnation.marks?.[source];
        if (mark !== undefined && holds(mark)) return;
        if (performance.now() > lateMs) throw new Error(`the journal learned nothing from ${source}`);
        await pause(20);
      }
    },
    serves: () => until('the ports of the sidecar', () => log().some((line) => line['opsPort'] !== undefined)),
    signal: (container, signal) => pod.instance(container)?.child.kill(signal),
  };
}

function sidecarOf(on: Stage, ports: Ports, options: LifeOptions): ContainerSpec {
  const kind = options.sidecar ?? 'native';
  const { configFile, journalDir } = on;
  let stopped = options.stopped === true;
  const run = () => {
    const child = startSidecar({
      program: PROGRAM,
      configFile,
      journalDir,
      port: ports.hooks,
      opsPort: ports.ops,
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.args === undefined ? {} : { args: options.args }),
    });
    if (stopped) child.kill('SIGSTOP');
    stopped = false;
    return child;
  };
  const startupProbe = { httpGet: { port: ports.ops, path: '/readyz' }, periodMs: 25 };
  return { name: SIDECAR, kind, run, startupProbe };
}

function appsOf(ports: Ports, options: LifeOptions): ContainerSpec[] {
  const { apps = { app: { PORT: String(ports.app) } }, hooks = ['postStart', 'preStop'] } = options;
  const hook = (wanted: HookName, name: string) =>
    hooks.includes(wanted) ? { [wanted]: { port: ports.hooks, path: `/${wanted.toLowerCase()}/${name}` } } : {};
  return Object.entries(apps).map(([name, env]) => ({
    name,
    kind: 'regular',
    run: () => startChild(process.execPath, [APP], env),
    ...hook('postStart', name),
    ...hook('preStop', name),
  }));
}

function has(event: object, wanted: object): boolean {
  const fields = new Map(Object.entries(event));
  return Object.entries(wanted).every(([name, value]) => fields.get(name) === value);
}

function decode(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : { msg: text };
  } catch {
    return { msg: text };
  }
}
